"""Registering by phone, codes for the counter, accounts that may be one person's, and how many people there are a day."""

from django.db import models

from tongban.identity.models.accounts import Account
from tongban.identity.models.parties import Party


class Enrolment(models.Model):
    """A phone that asked to register, for a way back into its account, or to become a person's at the counter.

    `leads_on`: to come back it has an account, else it has none; of another no code ever matches. `party` is who came
    back, `level` how surely they proved it.
    """

    key_hash = models.CharField(max_length=64, primary_key=True)
    code_hash = models.CharField(max_length=64)
    phone = models.TextField()
    phone_index = models.CharField(max_length=32)
    purpose = models.CharField(max_length=8)
    leads_on = models.BooleanField()
    tries = models.SmallIntegerField()
    expires_at = models.DateTimeField()
    typed_at = models.DateTimeField(null=True)
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+")
    level = models.SmallIntegerField(null=True)
    used_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=9)

    class Meta:
        db_table = "identity_enrolment"


class ProofingCode(models.Model):
    """What a person shows at the counter so that the clerk raises the level of the right account; used once."""

    party = models.OneToOneField(Party, primary_key=True, on_delete=models.PROTECT, related_name="+")
    code_hash = models.CharField(max_length=32, unique=True)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "identity_proofing_code"


class NewPhone(models.Model):
    """The number that a clerk entered for a person who lost their phone; on record once it is due, gone when stopped.

    `phone` is sealed as the person's own cell, to be copied there.
    """

    party = models.OneToOneField(Party, primary_key=True, on_delete=models.PROTECT, related_name="+")
    phone = models.TextField()
    due_at = models.DateTimeField()
    named_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "identity_new_phone"


class Conflict(models.Model):
    """Two accounts with one credential: `party` came later and waits, `holder` has it (IDN-13)."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    holder = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    way = models.CharField(max_length=7)
    level = models.SmallIntegerField()
    same_name = models.BooleanField()
    same_phone = models.BooleanField()
    state = models.CharField(max_length=7)
    reason = models.CharField(max_length=20, blank=True)
    raised_at = models.DateTimeField()
    raised_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_conflict"
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=["OPEN", "MERGED", "REFUSED"]), name="identity_conflict_state"),
            models.CheckConstraint(condition=models.Q(state="OPEN") | models.Q(decided_by__isnull=False),
                                   name="identity_conflict_decided"),
            models.UniqueConstraint(fields=["party"], condition=models.Q(state="OPEN"), name="identity_conflict_once")]


class Day(models.Model):
    """How many people were registered and came on a day (IDN-15); numbers only."""

    day = models.DateField(primary_key=True)
    registered = models.BigIntegerField()
    real_name = models.BigIntegerField()
    visits = models.BigIntegerField()

    class Meta:
        db_table = "identity_day"
