"""What oversight says: figures and how they are worked out, states of signals, findings, refusals."""

from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from math import ceil, floor

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongban.calendars import queries as calendars
from tongban.calendars.rules import working_days_between
from tongban.cases.queries import Figure
from tongban.kernel import clock
from tongban.kernel.errors import HouseError
from tongban.reviews.types import Finding, RectificationState, Remedy
from tongban.supervision.types import ExportState, SignalState
from tongban.web.jinja import date_short
from tongban.web.words import STATES, Words, amount

FIGURES: Mapping[Figure, tuple[Words, Words]] = {
    Figure.RECEIVED: (_("Cases received"), _("Applications sent from {since} to {until}.")),
    Figure.ACCEPTED: (_("Cases accepted"), _("Applications accepted from {since} to {until}, by law included.")),
    Figure.DECIDED: (_("Cases decided"), _("Cases granted or refused from {since} to {until}.")),
    Figure.FINISHED: (_("Cases finished"), _("Cases whose result was ready from {since} to {until}.")),
    Figure.EARLY: (_("Finished early"),
                   _("Of the cases finished from {since} to {until}, those ready on a day before the last day promised.")),
    Figure.ON_TIME: (_("Finished on time"),
                     _("Of the cases finished from {since} to {until}, those ready before the promise ended. Time for "
                       "which the law stops the clock is left out.")),
    Figure.LATE: (_("Finished late"),
                  _("Of the cases finished from {since} to {until}, those ready only when the promise had ended.")),
    Figure.BEYOND_LAW: (_("Decided beyond the legal limit"),
                        _("Cases decided from {since} to {until} when the limit of the law had ended.")),
    Figure.OPEN: (_("Cases open"), _("Cases that wait for acceptance, for the applicant or for a decision now.")),
    Figure.OVERDUE: (_("Cases overdue"), _("Accepted cases without a result whose promise has ended by now.")),
    Figure.OVERDUE_BY_LAW: (_("Overdue by law"),
                            _("Accepted cases without a decision whose legal limit has ended by now.")),
}
DECISIONS: Mapping[str, Words] = {
    "GRANTED": _("Granted by the authority"), "REFUSED": _("Refused by the authority"),
    "DECLINED": _("Not accepted"),
}
SIGNAL_STATES: Mapping[SignalState, tuple[Words, str]] = {
    SignalState.RAISED: (_("Raised, not yet sent"), "info"),
    SignalState.NOTIFIED: (_("Before the authority"), "info"),
    SignalState.EXPLAINED: (_("Explained, to be judged"), "wait"),
    SignalState.CONFIRMED: (_("Confirmed, to be corrected"), "late"),
    SignalState.CANCELLED: (_("Cancelled, to be closed"), "plain"),
    SignalState.CORRECTED: (_("Corrected, to be closed"), "wait"),
    SignalState.CLOSED: (_("Closed for good"), "done"),
}
RECTIFICATION_STATES: Mapping[RectificationState, tuple[Words, str]] = {
    RectificationState.RECEIVED: (_("To be assigned"), "wait"),
    RectificationState.ASSIGNED: (_("Assigned, to be looked into"), "info"),
    RectificationState.VERIFIED: (_("Looked into"), "info"),
    RectificationState.RECTIFYING: (_("Being put right"), "info"),
    RectificationState.FED_BACK: (_("Answered, to be called back"), "wait"),
    RectificationState.REVISITED: (_("Called back, to be closed"), "wait"),
    RectificationState.CLOSED: (_("Closed for good"), "done"),
}
FINDINGS: Mapping[Finding, Words] = {
    Finding.TRUE: _("The complaint is true"), Finding.MISTAKEN: _("The reviewer was mistaken"),
    Finding.MALICIOUS: _("The review is malicious"),
}
REMEDIES: Mapping[Remedy, Words] = {
    Remedy.IMMEDIATE: _("Put right at once"), Remedy.LIMITED: _("Complex: put right within the longer limit"),
    Remedy.EXPLAINED: _("Explained: the law does not allow what was asked for"),
}
EXPORT_STATES: Mapping[ExportState, tuple[Words, str]] = {
    ExportState.AWAITING: (_("Waits for a second supervisor"), "wait"), ExportState.MAKING: (_("Being made"), "info"),
    ExportState.READY: (_("Ready to take"), "done"), ExportState.REFUSED: (_("Not approved"), "late"),
    ExportState.LAPSED: (_("Time ran out"), "plain"), ExportState.ERASED: (_("Erased"), "plain"),
}
DONE: Mapping[str, Words] = {
    "voided": _("voided"), "confirmed": _("confirmed"), "cancelled": _("cancelled"), "closed": _("closed"),
    "ordered": _("made the ground of an order"), "assigned": _("assigned"), "verified": _("looked into"),
    "rectified": _("put right"), "answered": _("answered"), "revisited": _("called back about"),
}


def said(error: HouseError) -> str:
    """The message of a refusal, its facts in words too."""
    return gettext(error.message).format_map({key: _fact(key, value) for key, value in error.facts.items()})


def _fact(key: str, value: object) -> str:
    if isinstance(value, date):
        return date_short(value)
    if key == "act":
        return str(DONE.get(str(value), value))
    known = {str(code): words for states in (STATES, SIGNAL_STATES, RECTIFICATION_STATES)
             for code, (words, _tone) in states.items()}
    findings = {str(code): words for code, words in FINDINGS.items()}
    parts = [str({**known, **findings}.get(part, part)) for part in str(value).split(", ")]
    return gettext(", ").join(parts) if key == "state" else str(value)


def over(count: int, unit: str = "workday") -> str:
    """2 working days over; less than a whole unit is just overdue."""
    return gettext("{amount} over").format(amount=amount(count, unit)) if count else gettext("Overdue")


def over_since(due_at: datetime) -> str:
    """How far a promise is over now, in working days."""
    last = clock.local(due_at - due_at.resolution).date()
    return over(working_days_between(last, clock.today(), calendars.calendar()))


def percent(part: int, whole: int) -> str:
    """A share to one decimal; a dash of nothing."""
    return share_words(Fraction(part, whole)) if whole else "–"


def share_words(share: Fraction | float | None) -> str:
    """A share in per cent to one decimal, half of one rounded up; 100 % means all and 0 % nothing."""
    if share is None:
        return "–"
    exact = Fraction(share)
    tenths = floor(exact * 1000 + Fraction(1, 2))
    if exact < 1:
        tenths = min(tenths, 999)
    if exact > 0:
        tenths = max(tenths, 1)
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}%"


def whole(value: Fraction) -> int:
    """A begun unit counts as one."""
    return ceil(value)
