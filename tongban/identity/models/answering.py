"""Who answers for this node, for what it keeps, and above it."""

from django.db import models
from django.db.models import F, Q

from tongban.identity.models.accounts import Account
from tongban.identity.types import Charge

NODES = [Charge.SUPERIOR.value, Charge.NODE.value]


class Responsibility(models.Model):
    """A unit and a person who answer for something from a day on; said by two people, never written over."""

    charge = models.CharField(max_length=12)
    name = models.JSONField(null=True)
    unit = models.JSONField()
    person = models.JSONField()
    post = models.JSONField()
    line = models.CharField(max_length=20)
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    effective_from = models.DateField()
    sample = models.BooleanField()
    proposed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_responsibility"
        constraints = [
            models.CheckConstraint(condition=Q(charge__in=[each.value for each in Charge]), name="identity_responsibility_charge"),
            models.CheckConstraint(condition=Q(charge__in=NODES, name__isnull=False) | (~Q(charge__in=NODES) & Q(name=None)),
                                   name="identity_responsibility_name"),
            models.CheckConstraint(condition=Q(sample=True, proposed_by=None, confirmed_by=None, confirmed_at__isnull=False)
                                   | Q(sample=False, proposed_by__isnull=False), name="identity_responsibility_said"),
            models.CheckConstraint(condition=Q(sample=True) | Q(confirmed_by=None, confirmed_at=None)
                                   | (Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=F("proposed_by"))),
                                   name="identity_responsibility_two_people")]
