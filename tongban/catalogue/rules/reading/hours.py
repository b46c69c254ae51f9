"""Opening hours as people write them: seasons, days of the week, spans of the day."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from tongban.catalogue.rules.reading.words import plain
from tongban.catalogue.types.listings import ReadHours

WEEK = {character: place for place, character in enumerate("一二三四五六日", 1)} | {"天": 7}
TO = "(?:-|~|至|到)"
DAY = "[0-9]{1,2}月[0-9]{1,2}日"
TOKENS = re.compile(rf"""
  (?P<span>[0-9]{{1,2}}:[0-9]{{2}}\s*{TO}\s*[0-9]{{1,2}}:[0-9]{{2}})
 |(?P<dates>{DAY}\s*{TO}\s*(?:次年)?{DAY}) |(?P<months>[0-9]{{1,2}}月?\s*{TO}\s*(?:次年)?[0-9]{{1,2}}月(?![0-9]))
 |(?P<season>[春夏秋冬]{{1,4}}季)
 |(?P<workdays>(?:法定)?工作日) |(?P<daily>每天|每日)
 |(?P<week>(?:周|星期)[一二三四五六日天](?:\s*{TO}\s*(?:周|星期)?[一二三四五六日天])?)
 |(?P<holidays>(?:法定|国家法定)?节假日(?:除外|不办公)) |(?P<nothing>全年|[\s,;.:()])
""", re.VERBOSE)


@dataclass(slots=True, kw_only=True)
class Line:
    """What has been read of one line so far."""

    days: str = ""
    season: str = ""
    since: str = ""
    until: str = ""
    spans: list[tuple[str, str]] = field(default_factory=list)


class NotPlain(Exception):
    """The words do not say when the counter is open."""


def read_hours(text: str) -> tuple[ReadHours, ...] | None:
    """Opening hours by season and day; whatever contains a word that is not known is not read at all."""
    try:
        lines, except_holidays = _lines(_tokens(plain(text)))
    except NotPlain:
        return None
    return tuple(ReadHours(spans=tuple(line.spans), days=line.days, season=line.season, since=line.since,
                           until=line.until, except_holidays=except_holidays) for line in lines)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(text):
        found = TOKENS.match(text, place)
        if found is None or not found.lastgroup:
            raise NotPlain
        if found.lastgroup != "nothing":
            yield found.lastgroup, re.sub(r"\s+", "", found.group())
        place = found.end()


def _lines(tokens: Iterator[tuple[str, str]]) -> tuple[list[Line], bool]:
    """A word about season or days that follows a span begins the next line, which keeps what it does not change."""
    lines, line, except_holidays = [], Line(), False
    for kind, words in tokens:
        if kind == "holidays":
            except_holidays = True
            continue
        if kind != "span" and line.spans:
            lines.append(line)
            line = Line(days=line.days, season=line.season, since=line.since, until=line.until)
        _take(line, kind, words)
    if not line.spans:
        raise NotPlain
    return [*lines, line], except_holidays


def _take(line: Line, kind: str, words: str) -> None:
    if kind == "span":
        start, end = (_time(each) for each in re.split(TO, words))
        if start >= end or (line.spans and line.spans[-1][1] > start):
            raise NotPlain
        line.spans.append((start, end))
    elif kind == "season":
        line.season, line.since, line.until = words, "", ""
    elif kind in ("dates", "months"):
        first, last = re.split(TO, words.replace("次年", ""))
        line.since, line.until = _day(first, last=False), _day(last, last=True)
    else:
        line.days = {"workdays": "WORKDAYS", "daily": "DAILY"}.get(kind) or _week(words)


def _time(written: str) -> str:
    hour, minute = (int(each) for each in written.split(":"))
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        raise NotPlain
    return f"{hour:02}:{minute:02}"


def _day(written: str, *, last: bool) -> str:
    """MM-DD of a day, or of the first or last day of a month."""
    month, _, rest = written.partition("月")
    if not 1 <= int(month) <= 12:
        raise NotPlain
    day = int(rest.removesuffix("日")) if rest else 1
    if last and not rest:
        day = (date(2001, int(month) % 12 + 1, 1) - date.resolution).day if int(month) < 12 else 31
    try:
        return f"{date(2000, int(month), day):%m-%d}"
    except ValueError as error:
        raise NotPlain from error


def _week(words: str) -> str:
    days = [WEEK[each] for each in words if each in WEEK]
    if len(days) == 2 and days[0] >= days[1]:
        raise NotPlain
    return "-".join(str(day) for day in days)
