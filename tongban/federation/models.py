"""Other nodes, what they sent, this node's incidents and those of others."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Peer(models.Model):
    """Another node; two administrators let it in. `keys` are public, `networks` where it calls from."""

    key = models.CharField(max_length=40, primary_key=True)
    code = models.CharField(max_length=18)
    site = models.CharField(max_length=300)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80)
    networks = ArrayField(models.CharField(max_length=50))
    keys = models.JSONField()
    basis = models.CharField(max_length=200)
    superior = models.BooleanField()
    private = models.BooleanField()
    proposed_by = models.BigIntegerField()
    expires_at = models.DateTimeField()
    confirmed_by = models.BigIntegerField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "federation_peer"
        constraints = [
            models.CheckConstraint(condition=models.Q(confirmed_by=None) | ~models.Q(confirmed_by=models.F("proposed_by")),
                                   name="federation_peer_two_people"),
            models.UniqueConstraint(fields=["code"], condition=models.Q(confirmed_at__isnull=False, closed_at=None),
                                    name="federation_peer_code"),
            models.UniqueConstraint(fields=["site"], condition=models.Q(confirmed_at__isnull=False, closed_at=None),
                                    name="federation_peer_site"),
            models.UniqueConstraint(fields=["superior"], name="federation_peer_one_superior",
                                    condition=models.Q(superior=True, confirmed_at__isnull=False, closed_at=None)),
        ]


class Envelope(models.Model):
    """An envelope that was opened: it is not opened again while it would still be believed."""

    peer = models.ForeignKey(Peer, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "federation_envelope"
        constraints = [models.UniqueConstraint(fields=["peer", "name"], name="federation_envelope_once")]


class Incident(models.Model):
    """An incident of this node. What is told of it is sealed; `cause`: the rule that noted it, once while it is open."""

    key = models.CharField(max_length=40, unique=True)
    cause = models.CharField(max_length=100)
    kind = models.CharField(max_length=13)
    severity = models.CharField(max_length=8)
    rehearsal = models.CharField(max_length=8)
    what = models.TextField()
    measures = models.TextField()
    people = models.IntegerField(null=True)
    version = models.SmallIntegerField(default=1)
    known_at = models.DateTimeField()
    due_at = models.DateTimeField()
    overdue_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)
    reported_version = models.SmallIntegerField(default=0)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "federation_incident"
        constraints = [
            models.UniqueConstraint(fields=["cause"], condition=models.Q(closed_at=None) & ~models.Q(cause=""),
                                    name="federation_incident_cause"),
            models.CheckConstraint(condition=models.Q(reported_version__lte=models.F("version")),
                                   name="federation_incident_version"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(reported_at=None), name="federation_incident_due")]


class Heard(models.Model):
    """An incident that another node reported: the newest version, sealed, and when the first one came.

    It belongs to the node's `code`, which outlives its keys; `peer` is who brought the newest version.
    """

    code = models.CharField(max_length=18)
    peer = models.ForeignKey(Peer, on_delete=models.PROTECT, related_name="+")
    incident = models.CharField(max_length=64)
    version = models.SmallIntegerField()
    report = models.TextField()
    received_at = models.DateTimeField()

    class Meta:
        db_table = "federation_heard"
        constraints = [models.UniqueConstraint(fields=["code", "incident"], name="federation_heard_once")]
