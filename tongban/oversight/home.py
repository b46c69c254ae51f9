"""The overview: one sentence, figures, a chart and a table by authority; every number opens into its records."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from tongban.cases import queries as cases
from tongban.cases.queries import Figure
from tongban.identity.types import Role
from tongban.kernel import clock
from tongban.oversight.frame import draw, link, linked, offices, supervised
from tongban.oversight.periods import LABELS, Period, Span, period_of
from tongban.oversight.words import FIGURES, over_since, percent, share_words
from tongban.reviews import queries as reviews
from tongban.reviews.types import Figures
from tongban.supervision import queries as supervision
from tongban.supervision.queries import OversightRow
from tongban.supervision.types import Kind
from tongban.web.gate import actor_of, staff
from tongban.web.jinja import date_short, datetime_short, language, say
from tongban.web.signals import KINDS
from tongban.web.words import STATES

DRAWN = 10
"""So many authorities at most are drawn, those with most late; the table has all."""
URGENT = 6
"""So many overdue cases are named, those that wait longest; the list behind the number has all."""
COUNTED_TO = 500
"""Open rectifications are counted up to this many; beyond it the page says "more than"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The figures of one authority."""

    authority: int
    name: str
    row: OversightRow | None
    reviews: Figures | None

    def count(self, figure: Figure) -> int:
        return self.row.cases.counts[figure] if self.row else 0

    def signals(self, kind: Kind | None = None) -> int:
        known = self.row.open_signals if self.row else {}
        return sum(known.values()) if kind is None else known.get(kind, 0)

    @property
    def is_quiet(self) -> bool:
        """Is there nothing to show: no case in the period or now, no signal, no review?"""
        return not (any(self.row.cases.counts.values()) if self.row else False) and not self.signals() and not (
            self.reviews.invited if self.reviews else 0)

    @property
    def good(self) -> int:
        return self.reviews.good if self.reviews else 0

    @property
    def poor(self) -> int:
        """Poor reviews as given, those found mistaken or malicious among them."""
        return self.reviews.reviewed - self.reviews.good if self.reviews else 0

    @property
    def counted(self) -> int:
        return self.reviews.counted if self.reviews else 0

    @property
    def not_counted(self) -> int:
        return self.reviews.reviewed - self.reviews.counted if self.reviews else 0


@staff(Role.SUPERVISOR)
def home(request: HttpRequest) -> HttpResponse:
    """How the authorities someone supervises stand (ANA-01, TIM-12, EVA-17)."""
    keys = supervised(actor_of(request))
    period = period_of(request)
    every = _lines(keys, period)
    lines = sorted((line for line in every if not line.is_quiet), key=lambda line: (
        -line.count(Figure.OVERDUE), -line.signals(), -line.count(Figure.RECEIVED), line.authority))
    bars = _bars(lines, period)
    being_put_right = len(reviews.rectifications(authorities=keys, limit=COUNTED_TO + 1))
    return draw(
        request, "home", section="home", period=period,
        periods=[{"label": label, "href": link("home", period=span), "current": span is period.span}
                 for span, label in LABELS.items()],
        sentence=_sentence(lines, period, being_put_right), figures=_figures(lines, period),
        urgent=_urgent(lines, period), overdue=_total(lines, Figure.OVERDUE), overdue_href=_behind(Figure.OVERDUE, period),
        bars=bars[:DRAWN], chart_note=_chart_note(lines, bars), quiet=len(every) - len(lines),
        rows=[_cells(line, period) for line in lines], foot=_all(lines, period)["cells"] if len(lines) > 1 else (),
        meanings=[(title, _meaning(figure, period)) for figure, (title, _words) in FIGURES.items()])


def _lines(keys: Sequence[int], period: Period) -> list[Line]:
    counted = {row.authority: row for row in supervision.figures(since=period.since, until=period.until,
                                                                 authorities=keys)}
    heard = {row.authority: row for row in reviews.figures(since=period.since, until=period.until, authorities=keys)}
    return [Line(authority=key, name=name, row=counted.get(key), reviews=heard.get(key))
            for key, name in offices(keys).items()]


def _total(lines: Sequence[Line], figure: Figure) -> int:
    return sum(line.count(figure) for line in lines)


def _behind(figure: Figure, period: Period, authority: int | None = None) -> str:
    return link("cases", show=f"figure-{figure.lower()}", authority=authority, period=period.span)


def _sentence(lines: Sequence[Line], period: Period, being_put_right: int) -> list[SafeString]:
    received, finished, on_time, overdue = (_total(lines, figure) for figure in (
        Figure.RECEIVED, Figure.FINISHED, Figure.ON_TIME, Figure.OVERDUE))
    came = {
        Span.MONTH: ngettext("This month {count} case came in.", "This month {count} cases came in.", received),
        Span.DAYS: ngettext("In the last 30 days {count} case came in.", "In the last 30 days {count} cases came in.",
                            received),
        Span.YEAR: ngettext("This year {count} case came in.", "This year {count} cases came in.", received),
    }[period.span]
    parts = [format_html(came, count=_bold(received, _behind(Figure.RECEIVED, period)))]
    if finished:
        parts.append(format_html(
            ngettext("{rate} of the {count} case finished was on time.", "{rate} of the {count} cases finished were on "
                     "time.", finished),
            rate=_bold(percent(on_time, finished), _behind(Figure.ON_TIME, period)),
            count=_bold(finished, _behind(Figure.FINISHED, period))))
    else:
        parts.append(format_html("{}", gettext("None was finished.")))
    parts.append(format_html(ngettext("{count} case is overdue,", "{count} cases are overdue,", overdue),
                             count=_bold(overdue, _behind(Figure.OVERDUE, period))))
    parts.append(format_html(
        ngettext("and {count} poor review is being put right.", "and {count} poor reviews are being put right.",
                 being_put_right), count=_bold(_at_most(being_put_right), link("rectifications"))))
    return parts


def _bold(value: object, href: str) -> SafeString:
    return format_html("<b>{}</b>", linked(value, href))


def _at_most(number: int) -> int | str:
    return gettext("more than {count}").format(count=COUNTED_TO) if number > COUNTED_TO else number


def _figures(lines: Sequence[Line], period: Period) -> list[dict[str, Any]]:
    """What the sentence does not say yet: what is in hand, how it stands now, and what people think of it."""
    now = gettext("Case records, counted {at}").format(at=datetime_short(clock.now()))
    heard = gettext("Reviews asked for, {since} to {until}").format(since=date_short(period.since),
                                                                    until=date_short(period.until))
    kinds = [(kind, sum(line.signals(kind) for line in lines)) for kind in reversed(Kind)]
    good, said = sum(line.good for line in lines), sum(line.counted for line in lines)
    waiting = _total(lines, Figure.OPEN)
    return [
        {"title": FIGURES[Figure.OPEN][0], "value": f"{waiting:,}", "unit": gettext("cases"), "source": now,
         "href": _behind(Figure.OPEN, period)},
        {"title": FIGURES[Figure.OVERDUE][0], "value": f"{_total(lines, Figure.OVERDUE):,}", "unit": gettext("cases"),
         "href": _behind(Figure.OVERDUE, period), "source": now,
         "note": format_html(gettext("{count} beyond the legal limit"), count=linked(
             _total(lines, Figure.OVERDUE_BY_LAW), _behind(Figure.OVERDUE_BY_LAW, period)))},
        {"title": gettext("Signals open"), "value": f"{sum(number for _kind, number in kinds):,}",
         "unit": gettext("signals"), "href": link("signals"), "source": gettext("Supervision records, now"),
         "note": format_html_join(gettext(", "), "{} {}", (
             (KINDS[kind][0], linked(number, link("signals", kind=int(kind)))) for kind, number in kinds if number))},
        {"title": gettext("Share of good reviews"), "value": percent(good, said), "unit": "", "source": heard,
         "href": _heard("good", period), "note": format_html(gettext("{part} of {whole} reviews counted"), whole=f"{said:,}",
                                                             part=linked(good, _heard("good", period)))},
    ]


def _urgent(lines: Sequence[Line], period: Period) -> list[dict[str, Any]]:
    """The overdue cases that wait longest, with how long they are over."""
    now = clock.now()
    found = sorted((row for line in lines if line.count(Figure.OVERDUE) for row in cases.cases_behind(
        Figure.OVERDUE, authority=line.authority, since=period.since, until=period.until, limit=COUNTED_TO)
        if row.promised_due_at), key=lambda row: (row.promised_due_at or now, row.id))[:URGENT]
    names = {line.authority: line.name for line in lines}
    shown = []
    for row in found:
        last = clock.local((row.promised_due_at or now) - row.submitted_at.resolution).date()
        words, tone = STATES[row.state]
        shown.append({"href": link("case", row.number), "item": say(row.item_name), "number": row.number[-12:],
                      "office": names[row.authority], "state": words, "tone": tone, "due": date_short(last),
                      "over": over_since(row.promised_due_at or now)})
    return shown


def _bars(lines: Sequence[Line], period: Period) -> list[dict[str, Any]]:
    """On time by authority, most late first; those without a late case are told in words."""
    drawn = [(line, line.count(Figure.ON_TIME), line.count(Figure.FINISHED)) for line in lines]
    return [{"label": line.name, "share": round(on_time / finished * 100, 1), "rest": True,
             "href": _behind(Figure.LATE, period, line.authority),
             "value": gettext("{part} of {whole} on time").format(part=f"{on_time:,}", whole=f"{finished:,}")}
            for line, on_time, finished in sorted(drawn, key=lambda each: (each[1] - each[2], each[0].authority))
            if on_time < finished]


def _chart_note(lines: Sequence[Line], bars: Sequence[Any]) -> str:
    """What the chart leaves out."""
    sound = sum(line.count(Figure.FINISHED) > 0 for line in lines) - len(bars)
    parts = [gettext("The {shown} with most late cases of {count}.").format(shown=DRAWN, count=len(bars))] if len(
        bars) > DRAWN else []
    if sound:
        parts.append((ngettext("{count} other authority finished everything on time.",
                               "{count} other authorities finished everything on time.", sound) if bars else
                      ngettext("{count} authority finished everything on time.",
                               "All {count} authorities finished everything on time.", sound)).format(count=sound))
    return (" " if language() == "en" else "").join(parts)


COLUMNS = (Figure.RECEIVED, Figure.OPEN, Figure.OVERDUE, Figure.FINISHED, Figure.ON_TIME)


def _cells(line: Line, period: Period) -> dict[str, Any]:
    used = line.row.cases.promise_used if line.row else None
    return {"cells": [
        line.name, *(_number(line.count(figure), _behind(figure, period, line.authority)) for figure in COLUMNS),
        _number(line.signals(), link("signals", authority=line.authority)),
        linked(share_words(used), _behind(Figure.FINISHED, period, line.authority)) if used is not None else NOTHING,
        _number(line.good, _heard("good", period, line.authority)), _poor(line, period)]}


NOTHING = format_html('<span class="none">{}</span>', "–")


def _number(value: int, href: str) -> SafeString:
    """A number that opens into its records; nought has none."""
    return linked(value, href) if value else format_html('<span class="none">{}</span>', 0)


def _all(lines: Sequence[Line], period: Period) -> dict[str, Any]:
    return {"cells": [
        gettext("All my authorities"), *(linked(_total(lines, figure), _behind(figure, period)) for figure in COLUMNS),
        linked(sum(line.signals() for line in lines), link("signals")), "–",
        linked(sum(line.good for line in lines), _heard("good", period)),
        linked(sum(line.poor for line in lines), _heard("poor", period))]}


def _heard(show: str, period: Period, authority: int | None = None) -> str:
    return link("reviews", show=show, authority=authority, period=period.span)


def _poor(line: Line, period: Period) -> SafeString:
    """Poor reviews as given; how many of them do not count is said beside the number."""
    number = _number(line.poor, _heard("poor", period, line.authority))
    if not line.not_counted:
        return number
    words = ngettext("{count} not counted", "{count} not counted", line.not_counted)
    left_out = linked(line.not_counted, _heard("uncounted", period, line.authority))
    return format_html('{} <small class="meta">{}</small>', number, format_html(words, count=left_out))


def _meaning(figure: Figure, period: Period) -> str:
    return str(FIGURES[figure][1]).format(since=date_short(period.since), until=date_short(period.until))
