"""Tables of the ledger. Leaves and checkpoints are only ever added; tiles are files that can be made of them anew."""

from django.db import models


class Leaf(models.Model):
    """What the event at a position commits to."""

    position = models.BigIntegerField(primary_key=True)
    salt = models.BinaryField()
    sha256 = models.BinaryField()
    sm3 = models.BinaryField()

    class Meta:
        db_table = "ledger_leaf"


class Checkpoint(models.Model):
    """A signed root; an idle record is signed again, so that the newest one is never old."""

    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "ledger_checkpoint"
        indexes = [models.Index(fields=["-size", "-id"], name="ledger_checkpoint_size")]


class State(models.Model):
    """Whose record this is and how far it has come; one row."""

    id = models.SmallIntegerField(primary_key=True)
    origin = models.CharField(max_length=120)
    entered = models.BigIntegerField()
    sealed_at = models.DateTimeField()
    reads_until = models.DateTimeField()

    class Meta:
        db_table = "ledger_state"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="ledger_state_one")]


class Witness(models.Model):
    """Somebody elsewhere who cosigns our checkpoints; `size` is what it saw last, by its own word.

    Where it refuses, `agreed` is the largest tree it cosigned that is still the beginning of ours, and `disagreed` the
    smallest that is not; 0 where there is none.
    """

    name = models.CharField(max_length=200, primary_key=True)
    url = models.CharField(max_length=300)
    key = models.CharField(max_length=300)
    size = models.BigIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)
    cosigned_at = models.DateTimeField(null=True)
    refused = models.CharField(max_length=12, blank=True)
    refused_at = models.DateTimeField(null=True)
    agreed = models.BigIntegerField(default=0)
    disagreed = models.BigIntegerField(default=0)
    failures = models.SmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_witness"


class Cosignature(models.Model):
    """A witness's line under a checkpoint; `nth` counts them as they came."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="+")
    witness = models.CharField(max_length=200)
    nth = models.SmallIntegerField()
    line = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "ledger_cosignature"
        constraints = [models.UniqueConstraint(fields=["checkpoint", "witness"], name="ledger_cosignature_once")]
        indexes = [models.Index(fields=["nth", "-checkpoint"], name="ledger_cosignature_nth")]


class Log(models.Model):
    """A record of others that this node witnesses: their keys, one a line, and the tree it saw last."""

    origin = models.CharField(max_length=200, primary_key=True)
    keys = models.TextField()
    size = models.BigIntegerField(default=0)
    root = models.BinaryField()
    note = models.TextField(blank=True)
    at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_log"


class Evidence(models.Model):
    """Two checkpoints of one log that cannot both be true, each signed by it."""

    origin = models.CharField(max_length=200)
    verdict = models.CharField(max_length=12)
    seen = models.TextField()
    shown = models.TextField()
    size = models.BigIntegerField()
    root = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        db_table = "ledger_evidence"
        constraints = [models.UniqueConstraint(fields=["origin", "size", "root"], name="ledger_evidence_once")]


class Restoration(models.Model):
    """The database was restored: entries after `kept` are given anew."""

    kept = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "ledger_restoration"


class Leave(models.Model):
    """A supervisor allowed one act on one subject although nothing is sealed; used once, or not in time."""

    subject = models.CharField(max_length=80)
    act = models.CharField(max_length=8)
    at = models.DateTimeField()
    until = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_leave"
        indexes = [models.Index(fields=["subject", "act"], name="ledger_leave_subject")]
