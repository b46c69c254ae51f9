"""Parties: people, legal entities, who may act for a firm."""

from django.db import models

from tongban.kernel.rotating import indexed


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
    former_phone = models.TextField(blank=True, db_default="")
    address = models.TextField(blank=True)
    region = models.CharField(max_length=12)
    proofing = models.SmallIntegerField()
    sample = models.BooleanField()

    class Meta:
        db_table = "identity_person"
        constraints = [models.CheckConstraint(condition=models.Q(proofing__range=(0, 3)),
                                              name="identity_person_proofing")]


class LegalEntity(models.Model):
    """A firm or other organisation, known by its unified social credit code; what may be a person's is ciphertext."""

    party = models.OneToOneField(Party, primary_key=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    uscc = models.TextField()
    uscc_index = models.CharField(max_length=32, unique=True)
    representative = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    phone = models.TextField()
    address = models.TextField()
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


indexed("identity_person", "party_id", "id_number", "id_number_index", "id_number")
indexed("identity_person", "party_id", "phone", "phone_index", "phone")
indexed("identity_entity", "party_id", "uscc", "uscc_index", "uscc")
