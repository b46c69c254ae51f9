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
