"""Regions and authorities."""

from django.db import models


class Region(models.Model):
    """An administrative division (行政区划); `level` 1 province to 5 village."""

    code = models.CharField(max_length=12, primary_key=True)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=240, blank=True)
    full_name = models.CharField(max_length=160)
    level = models.SmallIntegerField()
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    pinyin = models.CharField(max_length=300)

    class Meta:
        db_table = "authorities_region"
        constraints = [models.CheckConstraint(condition=models.Q(level__range=(1, 5)), name="authorities_region_level")]


class Authority(models.Model):
    """A body that holds powers (部门); `sample` marks an invented credit code."""

    uscc = models.CharField(max_length=18, unique=True)
    name = models.JSONField()
    short_name = models.JSONField()
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    level = models.CharField(max_length=1)
    field = models.CharField(max_length=40)
    sample = models.BooleanField()
    source = models.CharField(max_length=200)

    class Meta:
        db_table = "authorities_authority"
        verbose_name_plural = "authorities"
