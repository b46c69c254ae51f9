"""Tables of licences. What names a person is ciphertext sealed to the licence's code; only `Verifiable` is public."""

from django.db import models
from django.db.models import F, Q

from tongban.authorities.models import Authority
from tongban.documents.models import Document
from tongban.identity.models import Party
from tongban.kernel.rotating import indexed
from tongban.licences.types import LicenceState, TrustLevel


class LicenceType(models.Model):
    """A published version of a licence type (LIC-01); it never changes, it gets a next version."""

    code = models.CharField(max_length=21)
    version = models.IntegerField()
    definition = models.JSONField()
    single = models.BooleanField()
    active = models.BooleanField(default=True)
    published_at = models.DateTimeField()

    class Meta:
        db_table = "licences_type"
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="licences_type_once"),
                       models.CheckConstraint(condition=Q(code__regex=r"^[0-9A-Z]{18}[0-9]{3}$"),
                                              name="licences_type_code")]


class Licence(models.Model):
    """One version of one licence. `single` repeats the type's rule so that the database can hold it (LIC-14)."""

    code = models.CharField(max_length=22, unique=True)
    identifier = models.CharField(max_length=120, unique=True)
    stem = models.CharField(max_length=110)
    version = models.SmallIntegerField()
    type = models.ForeignKey(LicenceType, on_delete=models.PROTECT, related_name="+")
    type_code = models.CharField(max_length=21)
    single = models.BooleanField()
    holder = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    holder_name = models.TextField()
    holder_code = models.TextField()
    holder_code_type = models.CharField(max_length=3)
    number = models.TextField()
    number_index = models.CharField(max_length=32)
    fields = models.TextField()
    issuer = models.ForeignKey(Authority, null=True, on_delete=models.PROTECT, related_name="+")
    issuer_uscc = models.CharField(max_length=18)
    issuer_name = models.JSONField()
    issued_on = models.DateField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    state = models.CharField(max_length=10)
    changed_at = models.DateTimeField()
    reminded_days = models.SmallIntegerField(null=True)
    check_on = models.DateField(null=True)
    check_days = models.SmallIntegerField(null=True)
    case_number = models.CharField(max_length=50, blank=True)
    trust = models.CharField(max_length=1)
    document = models.ForeignKey(Document, null=True, on_delete=models.PROTECT, related_name="+")
    sample = models.BooleanField()

    class Meta:
        db_table = "licences_licence"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[str(each) for each in LicenceState]),
                                   name="licences_licence_state"),
            models.CheckConstraint(condition=Q(trust__in=[str(each) for each in TrustLevel]),
                                   name="licences_licence_trust"),
            models.CheckConstraint(condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                                   name="licences_licence_period"),
            models.CheckConstraint(condition=Q(version__range=(1, 999)), name="licences_licence_version"),
            models.UniqueConstraint(fields=["case_number", "type_code"], condition=~Q(case_number=""),
                                    name="licences_licence_once_a_case"),
            models.UniqueConstraint(fields=["stem", "version"], name="licences_licence_version_once"),
            models.UniqueConstraint(fields=["type_code", "holder", "number_index"], condition=Q(case_number=""),
                                    name="licences_licence_registered_once"),
            models.UniqueConstraint(fields=["type_code", "holder"],
                                    condition=Q(single=True, state__in=["ISSUED", "SUSPENDED"]),
                                    name="licences_licence_single"),
            models.CheckConstraint(condition=Q(case_number="") | Q(state="DRAFT") | Q(document__isnull=False),
                                   name="licences_licence_rendered"),
        ]
        indexes = [
            models.Index(fields=["holder", "-id"], name="licences_licence_holder"),
            models.Index(fields=["number_index"], name="licences_licence_number"),
            models.Index(fields=["valid_to"], name="licences_licence_due",
                         condition=Q(valid_to__isnull=False, state__in=["ISSUED", "SUSPENDED"])),
        ]


class Change(models.Model):
    """Why a licence changed, in words; the event keeps the salted hash."""

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="+")
    holder = models.BigIntegerField()
    issuer = models.BigIntegerField(null=True)
    old = models.CharField(max_length=10)
    new = models.CharField(max_length=10)
    reason = models.TextField()
    salt = models.CharField(max_length=32)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "licences_change"


class Verifiable(models.Model):
    """What anyone with the code may see: signed payload, signatures, state. It is shown from the payload alone."""

    code = models.CharField(max_length=22, primary_key=True)
    identifier = models.CharField(max_length=120, unique=True)
    issuer = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10)
    changed_at = models.DateTimeField()
    payload = models.BinaryField()
    signatures = models.JSONField()

    class Meta:
        db_table = "licences_verifiable"
        constraints = [models.CheckConstraint(condition=~Q(state__in=["DRAFT", "SIGNED"]),
                                              name="licences_verifiable_state")]


class Serial(models.Model):
    """The last running number of an issuer, a type and a year; gap-free, as it is taken in the ordering transaction."""

    issuer_uscc = models.CharField(max_length=18)
    type_code = models.CharField(max_length=21)
    year = models.SmallIntegerField()
    last = models.IntegerField()

    class Meta:
        db_table = "licences_serial"
        constraints = [models.UniqueConstraint(fields=["issuer_uscc", "type_code", "year"],
                                               name="licences_serial_once")]


indexed("licences_licence", "code", "number", "number_index", "licences.number")
