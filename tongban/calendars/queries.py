"""The working days, as an immutable value."""

from datetime import date
from fractions import Fraction
from functools import lru_cache
from time import monotonic
from types import MappingProxyType

from tongban.calendars.types import Calendar, DayKind, WarningThreshold
from tongban.kernel import database, parameters

FRESH_SECONDS = 60


def calendar() -> Calendar:
    """The calendar; a change by another process is seen within a minute."""
    return _calendar(int(monotonic() / FRESH_SECONDS))


def warning_threshold(on: date) -> WarningThreshold:
    """What is left of a promise on a day that deserves a warning (TIM-R7)."""
    return WarningThreshold(share=Fraction(parameters.value("calendars.warning_percent", on), 100),
                            working_days=Fraction(parameters.value("calendars.warning_days", on)))


def forget() -> None:
    """Drop what this process remembers."""
    _calendar.cache_clear()


@lru_cache(maxsize=1)
def _calendar(moment: int) -> Calendar:
    days = {day: DayKind(kind) for day, kind in database.rows("select day, kind from calendars_day order by day")}
    years = database.rows("select year from calendars_year where noticed order by year")
    return Calendar(days=MappingProxyType(days), noticed=frozenset(year for (year,) in years))
