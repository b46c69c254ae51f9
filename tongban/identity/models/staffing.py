"""Which person a member of staff is outside the office."""

from django.db import models

from tongban.identity.models.accounts import Account
from tongban.kernel.rotating import indexed


class StaffIdentity(models.Model):
    """The identity number of a member of staff: one account each, and their own cases are known whenever they come."""

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.PROTECT, related_name="+")
    id_number = models.TextField()
    id_number_index = models.CharField(max_length=32, unique=True)

    class Meta:
        db_table = "identity_staff"


indexed("identity_staff", "account_id", "id_number", "id_number_index", "id_number")
