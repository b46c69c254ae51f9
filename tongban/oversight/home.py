"""The overview: one sentence, figures, a chart and a table by authority; every number opens into its records."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from tongban.cases.queries import Figure
from tongban.identity.types import Role
from tongban.kernel import clock
from tongban.oversight.frame import draw, link, linked, offices, supervised
from tongban.oversight.periods import LABELS, Period, Span, period_of
from tongban.oversight.words import FIGURES, percent, share_words
from tongban.reviews import queries as reviews
from tongban.reviews.types import Figures
from tongban.supervision import queries as supervision
from tongban.supervision.queries import OversightRow
from tongban.supervision.types import Kind
from tongban.web.gate import actor_of, staff
from tongban.web.jinja import date_short, datetime_short
from tongban.web.signals import KINDS

DRAWN = 12
"""So many authorities at most are drawn, those with the lowest shares; the table has all."""
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
    def not_counted(self) -> int:
        return self.reviews.reviewed - self.reviews.counted if self.reviews else 0


@staff(Role.SUPERVISOR)
def home(request: HttpRequest) -> HttpResponse:
    """How the authorities someone supervises stand (ANA-01, TIM-12, EVA-17)."""
    keys = supervised(actor_of(request))
    period = period_of(request)
    every = _lines(keys, period)
    lines = [line for line in every if not line.is_quiet]
    bars = _bars(lines, period)
    being_put_right = len(reviews.rectifications(authorities=keys, limit=COUNTED_TO + 1))
    return draw(
        request, "home", section="home", period=period,
        periods=[{"label": label, "href": link("home", period=span), "current": span is period.span}
                 for span, label in LABELS.items()],
        sentence=_sentence(lines, period, being_put_right), figures=_figures(lines, period),
        bars=bars[:DRAWN], drawn_of=len(bars), quiet=len(every) - len(lines),
        rows=[*(_cells(line, period) for line in lines), *([_all(lines, period)] if len(lines) > 1 else [])],
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
    now = gettext("Case records, counted {at}").format(at=datetime_short(clock.now()))
    of_period = gettext("Case records, {since} to {until}").format(since=date_short(period.since),
                                                                   until=date_short(period.until))
    finished, on_time = _total(lines, Figure.FINISHED), _total(lines, Figure.ON_TIME)
    kinds = [(kind, sum(line.signals(kind) for line in lines)) for kind in reversed(Kind)]
    shown = {figure: {"title": FIGURES[figure][0], "value": f"{_total(lines, figure):,}", "unit": gettext("cases"),
                      "href": _behind(figure, period)}
             for figure in (Figure.RECEIVED, Figure.OPEN, Figure.OVERDUE)}
    part = linked(on_time, _behind(Figure.ON_TIME, period))
    return [
        {**shown[Figure.RECEIVED], "source": of_period},
        {"title": FIGURES[Figure.ON_TIME][0], "value": percent(on_time, finished), "unit": "", "source": of_period,
         "href": _behind(Figure.ON_TIME, period),
         "note": format_html(gettext("{part} of {whole} finished"), part=part,
                             whole=linked(finished, _behind(Figure.FINISHED, period)))},
        {**shown[Figure.OPEN], "source": now},
        {**shown[Figure.OVERDUE], "source": now,
         "note": format_html(gettext("{count} beyond the legal limit"), count=linked(
             _total(lines, Figure.OVERDUE_BY_LAW), _behind(Figure.OVERDUE_BY_LAW, period)))},
        {"title": gettext("Signals open"), "value": f"{sum(number for _kind, number in kinds):,}",
         "unit": gettext("signals"), "href": link("signals"), "source": gettext("Supervision records, now"),
         "note": format_html_join(gettext(", "), "{} {}", (
             (KINDS[kind][0], linked(number, link("signals", kind=int(kind)))) for kind, number in kinds if number))},
    ]


def _bars(lines: Sequence[Line], period: Period) -> list[dict[str, Any]]:
    """On time by authority, the lowest share first."""
    drawn = [(line, line.count(Figure.ON_TIME) / line.count(Figure.FINISHED)) for line in lines
             if line.count(Figure.FINISHED)]
    return [{"label": line.name, "share": round(share * 100, 1),
             "href": _behind(Figure.FINISHED, period, line.authority),
             "value": percent(line.count(Figure.ON_TIME), line.count(Figure.FINISHED)),
             "tone": "done" if share == 1 else ""}
            for line, share in sorted(drawn, key=lambda pair: (pair[1], pair[0].authority))]


COLUMNS = (Figure.RECEIVED, Figure.OPEN, Figure.DECIDED, Figure.FINISHED, Figure.ON_TIME, Figure.OVERDUE)


def _cells(line: Line, period: Period) -> dict[str, Any]:
    used = line.row.cases.promise_used if line.row else None
    return {"cells": [
        line.name, *(linked(line.count(figure), _behind(figure, period, line.authority)) for figure in COLUMNS),
        linked(line.signals(), link("signals", authority=line.authority)),
        linked(share_words(used), _behind(Figure.FINISHED, period, line.authority)),
        linked(line.good, _heard("good", period, line.authority)), _poor(line, period)]}


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
    number = linked(line.poor, _heard("poor", period, line.authority))
    if not line.not_counted:
        return number
    words = ngettext("{count} not counted", "{count} not counted", line.not_counted)
    left_out = linked(line.not_counted, _heard("uncounted", period, line.authority))
    return format_html('{} <small class="meta">{}</small>', number, format_html(words, count=left_out))


def _meaning(figure: Figure, period: Period) -> str:
    return str(FIGURES[figure][1]).format(since=date_short(period.since), until=date_short(period.until))


