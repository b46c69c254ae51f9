"""Which person a member of staff is outside the office, and the secret with which they choose a password."""

from django.db import models

from tongban.identity.models.accounts import Account
from tongban.kernel.rotating import indexed


class StaffIdentity(models.Model):
    """The identity number of a member of staff: one account each, and their own cases are known whenever they come.

    `brought_by`: the provisioning system that said so, if it was no administrators. `doubted_by`: the
    administrator who proposes to take it back, until when the other may agree.
    """

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.PROTECT, related_name="+")
    id_number = models.TextField()
    id_number_index = models.CharField(max_length=32, unique=True)
    brought_by = models.CharField(max_length=40, blank=True, db_default="")
    doubted_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    doubted_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_staff"


class StaffTakenBack(models.Model):
    """That an account of staff is a person's was taken back by two administrators: no system says it again.

    `number_hash` is one of account and number, and leads to neither.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    number_hash = models.CharField(max_length=32, primary_key=True)

    class Meta:
        db_table = "identity_staff_taken_back"


class FirstSecret(models.Model):
    """A secret that opens an account of staff once, to choose a password.

    `reset_until`: one of two administrators proposed that its holder begins anew; the other may agree until then.
    """

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.PROTECT, related_name="+")
    secret_hash = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField()
    reset_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_first_secret"


indexed("identity_staff", "account_id", "id_number", "id_number_index", "id_number")
