"""Items and what is published of them. Versions are closed to change by the database itself (migration 0002)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from tongban.authorities.models import Authority, Region


class FormVersion(models.Model):
    """A published form, as text because its order matters; a change is a next version."""

    code = models.CharField(max_length=60)
    version = models.IntegerField()
    definition = models.TextField()
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField()

    class Meta:
        db_table = "catalogue_form"
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="catalogue_form_once"),
                       models.CheckConstraint(condition=Q(version__gte=1), name="catalogue_form_version")]


class ProcessVersion(models.Model):
    """A published process: the drawing as it was published."""

    code = models.CharField(max_length=60)
    version = models.IntegerField()
    xml = models.TextField()
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField()

    class Meta:
        db_table = "catalogue_process"
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="catalogue_process_once"),
                       models.CheckConstraint(condition=Q(version__gte=1), name="catalogue_process_version")]


class Item(models.Model):
    """A service item (实施清单) and what lists show of its version in force; none before the first takes effect.

    The code is kept for good, a cancelled item included (CAT-06); its slug is free again for the item that replaces it.
    """

    code = models.CharField(max_length=31, unique=True)
    slug = models.CharField(max_length=60)
    basic_code = models.CharField(max_length=12, db_index=True)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    level = models.CharField(max_length=1)
    power_type = models.CharField(max_length=2)
    status = models.CharField(max_length=1, choices=[("1", "in use"), ("2", "suspended"), ("3", "cancelled")])
    current_version = models.IntegerField(null=True)
    name = models.JSONField()
    summary = models.JSONField()
    pinyin = models.CharField(max_length=400)
    pace = models.CharField(max_length=7)
    promised_limit = models.JSONField()
    visits = models.SmallIntegerField()
    objects_served = ArrayField(models.CharField(max_length=1))
    themes_person = ArrayField(models.CharField(max_length=3))
    themes_entity = ArrayField(models.CharField(max_length=3))
    life_stage = models.CharField(max_length=20)
    handling_forms = ArrayField(models.CharField(max_length=1))
    is_online = models.BooleanField()
    service_level = models.CharField(max_length=3)
    four_lists = models.CharField(max_length=20)
    demand = models.BigIntegerField(default=0)

    class Meta:
        db_table = "catalogue_item"
        constraints = [
            models.UniqueConstraint(fields=["slug"], condition=~Q(status="3"), name="catalogue_item_slug"),
            models.CheckConstraint(condition=Q(status__in=["1", "2", "3"]), name="catalogue_item_status"),
            models.CheckConstraint(condition=Q(pace__in=["INSTANT", "TERM", "OTHER"]), name="catalogue_item_pace"),
            models.CheckConstraint(condition=Q(code__regex="^[0-9A-Z]{31}$"), name="catalogue_item_code"),
        ]
        indexes = [models.Index(fields=["pinyin", "code"], name="catalogue_item_order"),
                   models.Index(fields=["-demand", "code"], name="catalogue_item_demand")]


class ItemVersion(models.Model):
    """One published version of an item with the form and process it was published with; never changes (CAT-43)."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    version = models.IntegerField()
    definition = models.JSONField()
    digest = models.CharField(max_length=64)
    form = models.ForeignKey(FormVersion, on_delete=models.PROTECT, related_name="+")
    process = models.ForeignKey(ProcessVersion, on_delete=models.PROTECT, related_name="+")
    effective_from = models.DateField()
    published_at = models.DateTimeField()

    class Meta:
        db_table = "catalogue_version"
        constraints = [models.UniqueConstraint(fields=["item", "version"], name="catalogue_version_once"),
                       models.CheckConstraint(condition=Q(version__gte=1), name="catalogue_version_number")]


class Edition(models.Model):
    """One row: a number that rises whenever the public part of the catalogue changes (migration 0003)."""

    id = models.SmallIntegerField(primary_key=True)
    number = models.BigIntegerField()

    class Meta:
        db_table = "catalogue_edition"


class Listed(models.Model):
    """An item that a list of another system names: one can read of it here, and not apply for it.

    `key` is what the list `source` knows it by; region and authority only where the list names them beyond doubt.
    """

    code = models.CharField(max_length=16, unique=True)
    source = models.CharField(max_length=120)
    key = models.CharField(max_length=200)
    name = models.CharField(max_length=300)
    department = models.CharField(max_length=300, blank=True)
    authority = models.ForeignKey(Authority, null=True, on_delete=models.PROTECT, related_name="+")
    region = models.ForeignKey(Region, null=True, on_delete=models.PROTECT, related_name="+")
    level = models.CharField(max_length=1, blank=True)
    power_type = models.CharField(max_length=2, blank=True)
    pinyin = models.CharField(max_length=2400)
    version = models.IntegerField()

    class Meta:
        db_table = "catalogue_listed"
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="catalogue_listed_once"),
                       models.CheckConstraint(condition=Q(code__regex="^L[0-9A-F]{15}$"), name="catalogue_listed_code"),
                       models.CheckConstraint(condition=Q(version__gte=1), name="catalogue_listed_number")]
        indexes = [models.Index(fields=["pinyin", "code"], name="catalogue_listed_order"),
                   models.Index(fields=["region", "department"], name="catalogue_listed_place")]


class ListedVersion(models.Model):
    """One record of a list as it was, what was understood of it and what was not; never changes.

    Text, not jsonb: the record stays as it was to the last sign. `digest` is of the record, `reading` of both others.
    """

    listed = models.ForeignKey(Listed, on_delete=models.PROTECT, related_name="+")
    version = models.IntegerField()
    file = models.CharField(max_length=200)
    number = models.IntegerField()
    raw = models.TextField()
    digest = models.CharField(max_length=64)
    listing = models.TextField()
    unread = models.TextField()
    reading = models.CharField(max_length=64)
    taken_at = models.DateTimeField()

    class Meta:
        db_table = "catalogue_listed_version"
        constraints = [models.UniqueConstraint(fields=["listed", "version"], name="catalogue_listed_version_once"),
                       models.CheckConstraint(condition=Q(version__gte=1), name="catalogue_listed_version_number")]
