"""The words of time: days, calendars, office hours, limits, suspensions, clocks and how a clock stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from tongban.kernel.types import Channel

SHANGHAI = ZoneInfo("Asia/Shanghai")
SATURDAY = 5


def local(moment: datetime) -> datetime:
    """`moment` as people in Asia/Shanghai read it; a naive one is a bug."""
    if moment.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    return moment.astimezone(SHANGHAI)


class DayKind(StrEnum):
    """What a date is in the notice of the State Council."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP_WORKDAY = "make_up_workday"

    @property
    def is_working(self) -> bool:
        return self in (DayKind.WORKDAY, DayKind.MAKE_UP_WORKDAY)


class Unit(StrEnum):
    """Unit of a time limit (TIM-02)."""

    WORKDAY = "workday"
    DAY = "day"
    HOUR = "hour"
    MONTH = "month"
    YEAR = "year"

    @property
    def code(self) -> int:
        """Number of the unit in exchanged records: 1 working day, 2 day, 3 hour, 4 month, 5 year."""
        return list(Unit).index(self) + 1

    @property
    def shown(self) -> "Unit":
        """Unit in which used and remaining time are told: months and years in calendar days (TIM-R6)."""
        return Unit.DAY if self in (Unit.MONTH, Unit.YEAR) else self


class SpecialProcedure(StrEnum):
    """Procedures whose time is not counted (Administrative Licensing Law, art. 45)."""

    HEARING = "hearing"
    BIDDING = "bidding"
    AUCTION = "auction"
    INSPECTION = "inspection"
    TESTING = "testing"
    QUARANTINE = "quarantine"
    APPRAISAL = "appraisal"
    EXPERT_REVIEW = "expert_review"


CORRECTIONS = "corrections"
"""What stops a clock while the applicant puts things right, where the service says so (TIM-09)."""


class Colour(StrEnum):
    """How urgently a clock asks for attention (TIM-R7)."""

    NONE = "none"
    WARNING = "warning"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Days that differ from their weekday, and the years for which the State Council has given notice.

    In a year without notice only weekends are off, whatever rows there are (TIM-R13).
    """

    days: Mapping[date, DayKind]
    noticed: frozenset[int]

    def is_noticed(self, year: int) -> bool:
        return year in self.noticed

    def kind_of(self, day: date) -> DayKind:
        plain = DayKind.WEEKEND if day.weekday() >= SATURDAY else DayKind.WORKDAY
        return self.days.get(day, plain) if self.is_noticed(day.year) else plain

    def is_working(self, day: date) -> bool:
        return self.kind_of(day).is_working


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of office hours; the closing instant is already closed."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHours:
    """The office hours of a hall on a working day, in order and apart."""

    spans: tuple[Span, ...]

    def __post_init__(self) -> None:
        edges = [edge for span in self.spans for edge in (span.opens, span.closes)]
        if not edges or any(edge.tzinfo for edge in edges):
            raise ValueError("office hours need at least one span of local times")
        if any(span.opens >= span.closes for span in self.spans) or edges != sorted(edges):
            raise ValueError("office hours must be in order and may not overlap")

    @property
    def opens(self) -> time:
        return self.spans[0].opens

    @property
    def closes(self) -> time:
        return self.spans[-1].closes

    @property
    def length(self) -> timedelta:
        """Time the office is open on one working day."""
        day = date.min
        parts = (datetime.combine(day, span.closes) - datetime.combine(day, span.opens) for span in self.spans)
        return sum(parts, timedelta())


OFFICE_HOURS = OfficeHours(
    spans=(Span(opens=time(9), closes=time(12)), Span(opens=time(13, 30), closes=time(17, 30))),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A length of time in its own unit, at least one."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError("a time limit is at least one unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProcedure:
    """A procedure that an item version lists, with the article of law that stops the clock for it (TIM-R2)."""

    name: str
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """A special procedure that stops a clock; the applicant was told `announced_end` in writing when it began."""

    name: str
    started_at: datetime
    announced_end: date
    ended_at: datetime | None = None

    def __post_init__(self) -> None:
        started = local(self.started_at)
        if self.ended_at is not None and local(self.ended_at) < started:
            raise ValueError("a suspension cannot end before it began")

    @property
    def is_void(self) -> bool:
        """Ended at the instant it began: it stops nothing (TIM-R9)."""
        return self.ended_at == self.started_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A suspension as it acts on a clock: local instants; an open one reaches to the present."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Everything that decides when one limit of one case ends, besides the calendar.

    `start` is the instant of acceptance (or of whatever the limit runs from), `hours` are those of the hall of the
    deciding authority, `channel` is that of the submission (TIM-R12). An hour limit is extended by hours only.
    """

    start: datetime
    limit: Limit
    channel: Channel
    hours: OfficeHours = OFFICE_HOURS
    suspensions: tuple[Suspension, ...] = ()
    extension: Limit | None = None

    def __post_init__(self) -> None:
        local(self.start)
        if self.extension and (self.limit.unit is Unit.HOUR) is not (self.extension.unit is Unit.HOUR):
            raise ValueError("hours and days do not extend each other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When a clock ends. An act at `at` is late; 24:00 of a day is 00:00 of the next.

    `stops` are the suspensions that moved it, `announced_end` the promised end of one still open, `missing_years`
    the years without a notice on which it depends: show a warning for each.
    """

    at: datetime
    stops: tuple[Stop, ...] = ()
    announced_end: date | None = None
    missing_years: tuple[int, ...] = ()

    @property
    def on(self) -> date:
        """The day to show: the last day on which an act is in time."""
        return (local(self.at) - timedelta(microseconds=1)).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a clock stands at an instant. Amounts are in `unit`; a begun day is used (TIM-R6).

    `total` is the period as rolled and capped; past the end `used` grows beyond it and `remaining` stays nought.
    """

    at: datetime
    due: Due
    unit: Unit
    total: Fraction
    used: Fraction
    remaining: Fraction
    working_days_left: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningThreshold:
    """What is left of a promise when the warning comes: a share of the period or a number of working days."""

    share: Fraction
    working_days: Fraction

