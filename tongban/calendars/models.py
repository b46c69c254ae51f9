"""Working days: the yearly notices and the days they name."""

from django.db import models


class Year(models.Model):
    """A year and the State Council's notice on its holidays; until there is one only weekends are off (TIM-R13)."""

    year = models.SmallIntegerField(primary_key=True)
    noticed = models.BooleanField()
    notice = models.CharField(max_length=60, blank=True)
    noticed_on = models.DateField(null=True)
    source = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "calendars_year"
        constraints = [models.CheckConstraint(condition=models.Q(noticed=False) | ~models.Q(notice=""),
                                              name="calendars_year_notice")]


class Day(models.Model):
    """A day that differs from its weekday; a make-up workday bears the name of the holiday it makes up for."""

    day = models.DateField(primary_key=True)
    year = models.ForeignKey(Year, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=15)
    name = models.JSONField()

    class Meta:
        db_table = "calendars_day"
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=["workday", "weekend", "holiday", "make_up_workday"]),
                                   name="calendars_day_kind"),
            models.CheckConstraint(condition=models.Q(day__year=models.F("year_id")), name="calendars_day_year"),
        ]
