"""The committed calendar and short ways to write instants and clocks."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from tongban.calendars.types import SHANGHAI, Calendar, Clock, DayKind, Limit, Suspension, Unit
from tongban.kernel.types import Channel

FILE = Path(__file__).parents[2] / "data" / "calendar.yaml"


def years() -> list[dict[str, Any]]:
    """The notices as they stand in the file."""
    found: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["years"]
    return found


CALENDAR = Calendar(
    days={row["date"]: DayKind(row["kind"]) for year in years() for row in year["days"]},
    noticed=frozenset(year["year"] for year in years() if year["noticed"]),
)


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    """An instant in Asia/Shanghai: "2026-03-02 10:00" or, for 10:00, the date alone."""
    moment = datetime.fromisoformat(text)
    return (moment if len(text) > len("2026-03-02") else moment.replace(hour=10)).replace(tzinfo=SHANGHAI)


def limit(count: int, unit: Unit = Unit.WORKDAY) -> Limit:
    return Limit(count=count, unit=unit)


def stop(start: str, end: str | None, name: str = "testing", announced: str = "2026-12-31") -> Suspension:
    return Suspension(name=name, started_at=at(start), ended_at=at(end) if end else None, announced_end=day(announced))


def clock(start: str, count: int, unit: Unit = Unit.WORKDAY, *stops: Suspension, **more: Any) -> Clock:
    values: dict[str, Any] = {"channel": Channel.WEB, **more}
    return Clock(start=at(start), limit=limit(count, unit), suspensions=stops, **values)
