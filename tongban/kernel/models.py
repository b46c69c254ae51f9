"""Tables of the kernel that the ORM knows; the event log itself is plain SQL (migration 0002)."""

from django.db import models


class Parameter(models.Model):
    """A policy figure: typed, effective-dated, with its source (OPS-02)."""

    name = models.CharField(max_length=80)
    value = models.JSONField()
    effective_from = models.DateField()
    source = models.CharField(max_length=200)
    confirmed = models.BooleanField(default=False)

    class Meta:
        db_table = "kernel_parameter"
        constraints = [models.UniqueConstraint(fields=["name", "effective_from"], name="kernel_parameter_once")]


class Disclosure(models.Model):
    """Who read which personal fields of whom, when and why; append-only, readable by the person."""

    at = models.DateTimeField()
    party = models.BigIntegerField()
    actor = models.CharField(max_length=80)
    role = models.CharField(max_length=20)
    authority = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200)
    fields = models.JSONField()
    subject = models.CharField(max_length=80)

    class Meta:
        db_table = "kernel_disclosure"
        indexes = [models.Index(fields=["party", "-at"], name="kernel_disclosure_party"),
                   models.Index(fields=["actor", "-at"], name="kernel_disclosure_actor")]
        constraints = [models.CheckConstraint(condition=~models.Q(reason="") & ~models.Q(subject=""), name="kernel_disclosure_purpose")]
