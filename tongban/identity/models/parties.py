"""Parties: people, legal entities, who may act for a firm."""

from django.db import models

from tongban.kernel.rotating import indexed


class Party(models.Model):
    """Whoever can apply or be concerned (当事人): a person or a legal entity.

    `merged_into`: the same person's party that goes on; what happened to this one stays under it and is theirs to see.
    """

    kind = models.CharField(max_length=6, choices=[("PERSON", "PERSON"), ("ENTITY", "ENTITY")])
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "identity_party"
        verbose_name_plural = "parties"


class Person(models.Model):
    """A natural person (IDN-02); number, phone and e-mail are ciphertext, found by a blind index.

    Without a proof of who they are (L1) they have no number. Codes: GA/T 2000.156, GB/T 2261.1, GB/T 3304.
    """

    party = models.OneToOneField(Party, primary_key=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    credential_type = models.CharField(max_length=3, blank=True)
    id_number = models.TextField(blank=True)
    id_number_index = models.CharField(max_length=32, unique=True, null=True)  # noqa: DJ001 - unique among those there are
    credential_from = models.DateField(null=True)
    credential_to = models.DateField(null=True)
    sex = models.CharField(max_length=1, blank=True)
    ethnicity = models.CharField(max_length=2, blank=True)
    email = models.TextField(blank=True)
    phone = models.TextField()
    phone_index = models.CharField(max_length=32, db_index=True)
    former_phone = models.TextField(blank=True, db_default="")
    address = models.TextField(blank=True)
    region = models.CharField(max_length=12)
    proofing = models.SmallIntegerField()
    registered_on = models.DateField(null=True)
    sample = models.BooleanField()

    class Meta:
        db_table = "identity_person"
        constraints = [
            models.CheckConstraint(condition=models.Q(proofing__range=(0, 3)), name="identity_person_proofing"),
            models.CheckConstraint(condition=models.Q(proofing__lt=2) | models.Q(id_number_index__isnull=False),
                                   name="identity_person_real_name")]


class LegalEntity(models.Model):
    """A firm or other organisation, known by its unified social credit code (IDN-04); what may be a person's is ciphertext."""

    party = models.OneToOneField(Party, primary_key=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    uscc = models.TextField()
    uscc_index = models.CharField(max_length=32, unique=True)
    representative = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    phone = models.TextField()
    address = models.TextField()
    region = models.CharField(max_length=12)
    kind = models.CharField(max_length=12)
    status = models.CharField(max_length=9)
    registered_on = models.DateField(null=True)
    business_scope = models.TextField(blank=True)
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
