"""Mandates of people and firms, and who is helped at a counter; names are kept so that each side knows the other."""

from django.db import models
from django.db.models import F, Q

from tongban.identity.models.accounts import Account
from tongban.identity.models.parties import Party


class Mandate(models.Model):
    """The right to act for someone (授权委托): offered or asked for by one side, in force once the other took it up.

    `items` are codes with spaces between, none for all; the code of an invitation is kept as a hash.
    """

    key = models.CharField(max_length=32, unique=True)
    principal = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+")
    principal_name = models.CharField(max_length=120)
    agent = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+")
    agent_name = models.CharField(max_length=120)
    firm = models.BooleanField()
    extent = models.SmallIntegerField()
    items = models.TextField(blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField()
    started_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    phone_token = models.CharField(max_length=32)
    code_hash = models.CharField(max_length=64, blank=True)
    offered_until = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "identity_mandate"
        constraints = [
            models.CheckConstraint(condition=Q(extent__range=(1, 3)), name="identity_mandate_extent"),
            models.CheckConstraint(condition=Q(valid_to__gte=F("valid_from")), name="identity_mandate_dates"),
            models.CheckConstraint(condition=Q(accepted_at__isnull=True) | Q(principal__isnull=False, agent__isnull=False),
                                   name="identity_mandate_two_sides"),
            models.CheckConstraint(condition=Q(principal__isnull=True) | Q(agent__isnull=True) | ~Q(principal=F("agent")),
                                   name="identity_mandate_not_self"),
        ]
        indexes = [models.Index(fields=["agent"], name="identity_mandate_of_agent"),
                   models.Index(fields=["principal"], name="identity_mandate_of_principal"),
                   models.Index(fields=["code_hash"], name="identity_mandate_code", condition=~Q(code_hash=""))]


class Helping(models.Model):
    """A person lets a clerk help them at the counter (帮办): asked for with a code, then bound to one session."""

    principal = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    principal_name = models.CharField(max_length=60)
    code_hash = models.CharField(max_length=64, blank=True)
    offered_until = models.DateTimeField()
    helper = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    session = models.CharField(max_length=64, blank=True)
    idle = models.DurationField()
    started_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_helping"
        constraints = [
            models.UniqueConstraint(fields=["session"], condition=Q(ended_at__isnull=True) & ~Q(session=""),
                                    name="identity_helping_one_at_a_time"),
            models.UniqueConstraint(fields=["code_hash"], condition=~Q(code_hash=""), name="identity_helping_code"),
        ]
        indexes = [models.Index(fields=["principal"], name="identity_helping_of_principal")]
