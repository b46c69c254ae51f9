"""What it means for people to let somebody know who they are, assessed before that begins."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from tongban.identity.models.accounts import Account


class Assessment(models.Model):
    """An assessment of one sharing as it was proposed: `released` is what it speaks of. A later one takes its place, none is changed."""

    client = models.ForeignKey("identity.Client", null=True, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey("identity.Source", null=True, on_delete=models.PROTECT, related_name="+")
    released = ArrayField(models.CharField(max_length=20))
    purpose = models.CharField(max_length=2000)
    effect = models.CharField(max_length=2000)
    measures = models.CharField(max_length=2000)
    assessor = models.CharField(max_length=60)
    assessed_on = models.DateField()
    next_look = models.DateField()
    proposed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_assessment"
        constraints = [
            models.CheckConstraint(condition=Q(client=None, source__isnull=False) | Q(client__isnull=False, source=None),
                                   name="identity_assessment_one_sharing"),
            models.CheckConstraint(condition=~Q(purpose="") & ~Q(effect="") & ~Q(measures="") & ~Q(assessor=""),
                                   name="identity_assessment_whole"),
            models.CheckConstraint(condition=Q(next_look__gt=F("assessed_on")), name="identity_assessment_next_look"),
            models.CheckConstraint(condition=Q(confirmed_by=None, confirmed_at=None)
                                   | (Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=F("proposed_by"))),
                                   name="identity_assessment_two_people")]
