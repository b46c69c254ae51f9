"""The register of seals and the record of every stamping."""

from django.db import models
from django.db.models import F, Q

from tongban.authorities.models import Authority
from tongban.seals.types import SealKind, SealState


class Seal(models.Model):
    """A seal of an authority (SEAL-02); one of a kind is in use at a time."""

    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    version = models.SmallIntegerField()
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=30)
    owner_uscc = models.CharField(max_length=18)
    maker = models.CharField(max_length=80)
    made_on = models.DateField()
    issued_on = models.DateField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    picture = models.TextField()
    certificates = models.JSONField()
    state = models.CharField(max_length=10)
    activated_by = models.JSONField(default=list)

    class Meta:
        db_table = "seals_seal"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[str(each) for each in SealState]), name="seals_seal_state"),
            models.CheckConstraint(condition=Q(kind__in=[str(each) for each in SealKind]), name="seals_seal_kind"),
            models.CheckConstraint(condition=Q(valid_to__gt=F("valid_from")), name="seals_seal_period"),
            models.UniqueConstraint(fields=["authority", "kind", "version"], name="seals_seal_version_once"),
            models.UniqueConstraint(fields=["authority", "kind"], condition=Q(state="active"),
                                    name="seals_seal_one_in_use"),
        ]


class Stamp(models.Model):
    """One stamping (SEAL-04), append-only."""

    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="+")
    authority = models.BigIntegerField()
    seal_version = models.SmallIntegerField()
    signer = models.CharField(max_length=80)
    stamped_at = models.DateTimeField()
    document_hash = models.CharField(max_length=64)
    algorithm = models.CharField(max_length=40)
    key_id = models.CharField(max_length=80)
    case_number = models.CharField(max_length=50)
    page = models.SmallIntegerField()
    position = models.CharField(max_length=20)

    class Meta:
        db_table = "seals_stamp"
        constraints = [
            models.CheckConstraint(condition=~Q(case_number="") & ~Q(document_hash=""), name="seals_stamp_for_a_case"),
            models.UniqueConstraint(fields=["seal", "document_hash", "case_number"], name="seals_stamp_once"),
        ]
