"""Other nodes whose sign-in is believed here, and which accounts they open."""

from django.db import models

from tongban.identity.models.accounts import Account
from tongban.identity.models.parties import Party


class Source(models.Model):
    """A node or province whose people may sign in here with its identity; two people let it in; its secret is sealed."""

    key = models.CharField(max_length=40, primary_key=True)
    issuer = models.CharField(max_length=300)
    client_id = models.CharField(max_length=200)
    secret = models.TextField()
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80)
    basis = models.CharField(max_length=200)
    private = models.BooleanField()
    strength = models.SmallIntegerField()
    proposed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    assessment = models.ForeignKey("identity.Assessment", null=True, db_constraint=False, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "identity_source"
        constraints = [
            models.CheckConstraint(condition=models.Q(confirmed_at=None) | models.Q(assessment__isnull=False)
                                   | models.Q(closed_at__isnull=False), name="identity_source_is_assessed"),
            models.CheckConstraint(condition=models.Q(confirmed_by=None) | ~models.Q(confirmed_by=models.F("proposed_by")),
                                   name="identity_source_two_people")]


class Link(models.Model):
    """Somebody known to a source under `subject_hash` opens this account with it, since its holder said so here."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    subject_hash = models.CharField(max_length=32)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    linked_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_link"
        constraints = [models.UniqueConstraint(fields=["source", "subject_hash"], condition=models.Q(ended_at=None),
                                               name="identity_link_once")]
        indexes = [models.Index(fields=["account"], name="identity_link_account")]
