"""One-time codes, second factors, and the browsers an account is known on."""

from django.db import models

from tongban.identity.models.accounts import Account


class Code(models.Model):
    """A one-time code of one session; the digits follow from `nonce` and a key that is not in the database.

    `number_hash` stands for the telephone, so that all that is sent to one number is counted together.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    session_hash = models.CharField(max_length=64)
    purpose = models.CharField(max_length=20)
    nonce = models.CharField(max_length=32)
    number_hash = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, blank=True)

    class Meta:
        db_table = "identity_code"
        indexes = [models.Index(fields=["number_hash", "asked_at"], name="identity_code_number"),
                   models.Index(fields=["session_hash"], name="identity_code_session"),
                   models.Index(fields=["asked_at"], name="identity_code_asked")]


class Device(models.Model):
    """A browser on which an account was proved with two factors; only the hash of its cookie is kept."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    device_hash = models.CharField(max_length=64)
    browser = models.CharField(max_length=40, blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_device"
        constraints = [models.UniqueConstraint(fields=["account", "device_hash"], name="identity_device_once")]


class Factor(models.Model):
    """An app (`sealed` is its secret, encrypted) or a passkey (`sealed` is its public key, `count` its uses).

    `step` is the last half-minute whose code was taken: none is taken twice.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=60)
    credential = models.TextField(blank=True)
    sealed = models.TextField()
    count = models.BigIntegerField()
    step = models.BigIntegerField()
    added_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_factor"
        indexes = [models.Index(fields=["account"], name="identity_factor_account")]
        constraints = [models.CheckConstraint(condition=models.Q(kind__in=["TOTP", "PASSKEY"]), name="identity_factor_kind"),
                       models.UniqueConstraint(fields=["credential"], condition=~models.Q(credential=""),
                                               name="identity_factor_credential")]


class RecoveryCode(models.Model):
    """A code for the day the other factors are lost; the index needs a key that is not here."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    code_index = models.CharField(max_length=32)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_recovery"
        constraints = [models.UniqueConstraint(fields=["account", "code_index"], name="identity_recovery_once")]


class UsedChallenge(models.Model):
    """A challenge some passkey has answered: it is good once."""

    challenge_hash = models.CharField(max_length=64, primary_key=True)
    used_at = models.DateTimeField()

    class Meta:
        db_table = "identity_used"
