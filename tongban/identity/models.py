"""Parties, accounts, posts, sessions."""

from django.db import models

from tongban.authorities.models import Authority


class Party(models.Model):
    """Whoever can apply or be concerned (当事人): a person or a legal entity."""

    kind = models.CharField(max_length=6, choices=[("PERSON", "PERSON"), ("ENTITY", "ENTITY")])

    class Meta:
        db_table = "identity_party"
        verbose_name_plural = "parties"


class Person(models.Model):
    """A natural person; number and phone are ciphertext beside a blind index."""

    party = models.OneToOneField(Party, primary_key=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    id_number = models.TextField()
    id_number_index = models.CharField(max_length=32, unique=True)
    phone = models.TextField()
    phone_index = models.CharField(max_length=32, db_index=True)
    address = models.TextField(blank=True)
    region = models.CharField(max_length=12)
    proofing = models.SmallIntegerField()
    sample = models.BooleanField()

    class Meta:
        db_table = "identity_person"
        constraints = [models.CheckConstraint(condition=models.Q(proofing__range=(0, 3)),
                                              name="identity_person_proofing")]


class LegalEntity(models.Model):
    """A firm or other organisation, known by its unified social credit code."""

    party = models.OneToOneField(Party, primary_key=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    uscc = models.CharField(max_length=18, unique=True)
    representative = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    phone = models.TextField()
    address = models.CharField(max_length=200)
    region = models.CharField(max_length=12)
    sample = models.BooleanField()

    class Meta:
        db_table = "identity_entity"


class Agency(models.Model):
    """A person may act for a firm (经办人), as its legal representative or by appointment (IDN-10)."""

    agent = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    entity = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    representative = models.BooleanField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        db_table = "identity_agency"
        verbose_name_plural = "agencies"
        constraints = [models.UniqueConstraint(fields=["agent", "entity", "valid_from"], name="identity_agency_once")]


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
    active = models.BooleanField(default=True)
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
    """A signed-in browser or a program's token; only the hash of the token is kept."""

    token_hash = models.CharField(max_length=64, primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8)
    opened_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    idle = models.DurationField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    browser = models.CharField(max_length=40, blank=True)

    class Meta:
        db_table = "identity_session"


class Attempt(models.Model):
    """A failed sign-in, counted by login and place (address or known device, hashed): nobody locks out someone else."""

    login_hash = models.CharField(max_length=64)
    address_hash = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "identity_attempt"
        indexes = [models.Index(fields=["login_hash", "address_hash", "at"], name="identity_attempt_recent")]


class Founder(models.Model):
    """One of the three named people who make the first administrators; the last round counts."""

    round = models.BigIntegerField()
    duty = models.CharField(max_length=8)
    login = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    secret_hash = models.CharField(max_length=64)
    password = models.CharField(max_length=128, blank=True)
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_founder"
        constraints = [models.UniqueConstraint(fields=["round", "duty"], name="identity_founder_duty"),
                       models.UniqueConstraint(fields=["round", "login"], name="identity_founder_login"),
                       models.UniqueConstraint(fields=["round", "name"], name="identity_founder_name")]


class Administrator(models.Model):
    """An account with one of the three separated duties; the key is the account, so none holds two."""

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.PROTECT, related_name="+")
    duty = models.CharField(max_length=8)

    class Meta:
        db_table = "identity_administrator"
        constraints = [models.CheckConstraint(condition=models.Q(duty__in=["SYSTEM", "SECURITY", "AUDIT"]),
                                              name="identity_administrator_duty")]


class Proposal(models.Model):
    """A post for a member of staff, proposed by the system administrator for the security administrator to confirm."""

    login = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    role = models.CharField(max_length=20)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_proposal"
