"""Systems that people sign in to with their account here, what each of them was allowed, and the tokens of that."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tongban.identity.models.accounts import Account
from tongban.identity.models.parties import Party


class Client(models.Model):
    """A system registered by two people, proposed and then confirmed; of its secret only the hash is kept."""

    key = models.CharField(max_length=40, primary_key=True)
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80)
    purpose = models.CharField(max_length=200)
    purpose_en = models.CharField(max_length=200)
    basis = models.CharField(max_length=200)
    redirects = ArrayField(models.CharField(max_length=300))
    returns = ArrayField(models.CharField(max_length=300))
    scopes = ArrayField(models.CharField(max_length=20))
    sector = models.CharField(max_length=80)
    logout_uri = models.CharField(max_length=300, blank=True)
    confidential = models.BooleanField()
    secret_hash = models.CharField(max_length=64, blank=True)
    authorities = ArrayField(models.CharField(max_length=18), default=list)
    proofing = models.SmallIntegerField()
    strength = models.SmallIntegerField()
    proposed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    assessment = models.ForeignKey("identity.Assessment", null=True, db_constraint=False, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "identity_client"
        constraints = [
            models.CheckConstraint(condition=models.Q(confirmed_at=None) | models.Q(assessment__isnull=False)
                                   | models.Q(closed_at__isnull=False), name="identity_client_is_assessed"),
            models.CheckConstraint(condition=models.Q(kind__in=["SIGN_IN", "PROVISIONING"]), name="identity_client_kind"),
            models.CheckConstraint(condition=models.Q(confirmed_by=None) | ~models.Q(confirmed_by=models.F("proposed_by")),
                                   name="identity_client_two_people")]


class Grant(models.Model):
    """What a person lets a system know of them; `subject` is what that system (its sector) calls the person."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    scopes = ArrayField(models.CharField(max_length=20))
    subject = models.CharField(max_length=64)
    given_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_grant"
        constraints = [models.UniqueConstraint(fields=["account", "client"], condition=models.Q(withdrawn_at=None),
                                               name="identity_grant_in_force")]


class GrantCode(models.Model):
    """A code on its way through the browser: one minute, one use, bound to address and verifier; only its hash is kept."""

    code_hash = models.CharField(max_length=64, primary_key=True)
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    session_hash = models.CharField(max_length=64)
    redirect = models.CharField(max_length=300)
    scopes = ArrayField(models.CharField(max_length=20))
    nonce = models.CharField(max_length=200, blank=True)
    challenge = models.CharField(max_length=43)
    acr = models.CharField(max_length=40)
    proved_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_grant_code"


class GrantToken(models.Model):
    """A token that came of a code; works while the code's session lasts and the grant stands. Only its hash is kept."""

    token_hash = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=7)
    code = models.ForeignKey(GrantCode, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    scopes = ArrayField(models.CharField(max_length=20))
    expires_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_grant_token"
        constraints = [models.CheckConstraint(condition=models.Q(kind__in=["ACCESS", "REFRESH"]),
                                              name="identity_grant_token_kind")]


class SignOn(models.Model):
    """A system that a session of ours signed someone in to, to be told when the session ends."""

    sid = models.CharField(max_length=32, unique=True)
    session_hash = models.CharField(max_length=64, db_index=True)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=64)
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_sign_on"


class Provisioned(models.Model):
    """An account of staff that a provisioning system brought; `key` is what that system calls it by."""

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=40, unique=True)
    external_id = models.CharField(max_length=100, blank=True)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_provisioned"
