"""A browser that asks to be signed in by somebody's phone."""

from django.db import models

from tongban.identity.models.accounts import Account


class Pairing(models.Model):
    """Two minutes in which one browser waits; the code in the picture is made of that browser's cookie and not the reverse.

    `source`: the node that signed in the phone that answered, whom, and its own session. `opener`: where it goes the other way
    round, the session of the computer that shows the code; then `phone_hash` is of what the first phone keeps that opened it,
    and it is the computer that answers.
    """

    code_hash = models.CharField(max_length=64, primary_key=True)
    browser = models.CharField(max_length=40, blank=True)
    place = models.CharField(max_length=40)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    strength = models.SmallIntegerField(default=1)
    answered_at = models.DateTimeField(null=True)
    allowed = models.BooleanField(default=False)
    used_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=40, blank=True, db_default="")
    source_subject = models.CharField(max_length=32, blank=True, db_default="")
    source_sid = models.CharField(max_length=32, blank=True, db_default="")

    opener = models.CharField(max_length=64, blank=True, db_default="")
    phone_hash = models.CharField(max_length=64, blank=True, db_default="")
    phone_browser = models.CharField(max_length=40, blank=True, db_default="")
    phone_place = models.CharField(max_length=40, blank=True, db_default="")

    class Meta:
        db_table = "identity_pairing"
