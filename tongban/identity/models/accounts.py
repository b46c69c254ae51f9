"""Accounts, the posts of staff, sessions, wrong tries."""

from django.db import models

from tongban.authorities.models import Authority
from tongban.identity.models.parties import Party


class Account(models.Model):
    """A way to sign in; `display` is what the header shows, never a full name.

    The party of a member of staff is the person they are outside the office, so that they keep off their own cases.
    """

    kind = models.CharField(max_length=7, choices=[("CITIZEN", "CITIZEN"), ("OFFICER", "OFFICER")])
    login = models.CharField(max_length=60, unique=True)
    password = models.CharField(max_length=128)
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+")
    display = models.CharField(max_length=60)
    display_en = models.CharField(max_length=80, blank=True)
    proofing = models.SmallIntegerField()
    proofing_until = models.DateField(null=True)
    active = models.BooleanField(default=True)
    frozen_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    sample = models.BooleanField()

    class Meta:
        db_table = "identity_account"
        constraints = [models.CheckConstraint(
            condition=models.Q(kind="OFFICER") | models.Q(kind="CITIZEN", party__isnull=False),
            name="identity_account_kind")]


class Post(models.Model):
    """A role an account holds at an authority (IDN-14)."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        db_table = "identity_post"
        constraints = [models.UniqueConstraint(fields=["account", "authority", "role"], name="identity_post_once")]


class Session(models.Model):
    """A signed-in browser or a program's token; only the hash of the token is kept.

    `strength` and `proved_at` say how surely, and when last, its holder proved who they are (security design 5.8),
    `passkey_at` when last with a passkey, `faced_at` with their face; `device_hash` is that of the browser's own cookie.
    `source`: the node that signed them in, whom, and its own session.
    """

    token_hash = models.CharField(max_length=64, primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8)
    opened_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    idle = models.DurationField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    browser = models.CharField(max_length=40, blank=True)
    strength = models.SmallIntegerField()
    proved_at = models.DateTimeField()
    device_hash = models.CharField(max_length=64, blank=True)
    source = models.CharField(max_length=40, blank=True, db_default="")
    source_subject = models.CharField(max_length=32, blank=True, db_default="")
    source_sid = models.CharField(max_length=32, blank=True, db_default="")
    passkey_at = models.DateTimeField(null=True)
    faced_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_session"
        constraints = [models.CheckConstraint(condition=models.Q(strength__range=(1, 3)), name="identity_session_strength")]
        indexes = [models.Index(fields=["source", "source_subject"], condition=~models.Q(source=""), name="identity_session_source")]


class Attempt(models.Model):
    """A failed sign-in, counted by login and place (address or known device, hashed): nobody locks out someone else."""

    login_hash = models.CharField(max_length=64)
    address_hash = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "identity_attempt"
        indexes = [models.Index(fields=["login_hash", "address_hash", "at"], name="identity_attempt_recent")]
