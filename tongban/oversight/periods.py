"""The period whose figures are shown: this month, the last thirty days, this year."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tongban.kernel import clock
from tongban.web.words import Words

LAST_DAYS = 30


class Span(StrEnum):
    """What a link names; the code stands in the address."""

    MONTH = "month"
    DAYS = "days"
    YEAR = "year"


LABELS: Mapping[Span, Words] = {
    Span.MONTH: _("This month"), Span.DAYS: _("Last 30 days"), Span.YEAR: _("This year"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days from `since` to `until`, both counted."""

    span: Span
    since: date
    until: date


def period_of(request: HttpRequest) -> Period:
    """The period a link names; this month for anything else."""
    asked = request.GET.get("period", "")
    span = Span(asked) if asked in set(Span) else Span.MONTH
    today = clock.today()
    since = {Span.MONTH: today.replace(day=1), Span.DAYS: today - timedelta(days=LAST_DAYS - 1),
             Span.YEAR: today.replace(month=1, day=1)}[span]
    return Period(span=span, since=since, until=today)
