"""One case to read: its course, its clocks, what was said and decided. A supervisor may void it or raise a signal."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongban.authorities import queries as authorities
from tongban.calendars import queries as calendars
from tongban.calendars.rules import is_late, promised_standing, standing
from tongban.calendars.types import Calendar, Standing, local
from tongban.cases import actions, queries, rules
from tongban.cases.access import case_to_read
from tongban.cases.errors import CaseNotFound, RightMissing
from tongban.cases.queries import CaseRow, ClockRow
from tongban.cases.rules import may_move
from tongban.cases.types import UNSEALED, State
from tongban.catalogue import queries as catalogue
from tongban.identity import actions as reading
from tongban.identity import queries as identity
from tongban.identity.types import Role
from tongban.kernel import clock, parameters
from tongban.ledger import queries as ledger
from tongban.ledger.types import StoppedAct
from tongban.oversight.acts import Act, Ask, choice, kept, perform
from tongban.oversight.frame import draw, link, supervised
from tongban.oversight.history import history, steps
from tongban.oversight.signals import line
from tongban.oversight.words import DECISIONS, over, whole
from tongban.reviews.rules import masked
from tongban.supervision import actions as supervision
from tongban.supervision import queries as signals
from tongban.supervision.types import BY_HAND, Rule
from tongban.web.gate import actor_of, proved_lately, staff
from tongban.web.jinja import datetime_short, due_date, say
from tongban.web.pages import see_other
from tongban.web.signals import RULES
from tongban.web.words import GROUNDS, STATES, amount, procedures_of, typed

NUMBER = re.compile(r"[0-9A-Za-z-]{1,50}", re.ASCII)
FIELDS = ("name_masked", "steps", "opinions_masked")
REASON = "supervision"
WITHOUT_CLOCK = frozenset({State.NOT_ACCEPTED, State.WITHDRAWN, State.CLOSED_NO_SUPPLEMENT, State.TRANSFERRED,
                           State.VOID})
VOID = Act(
    name="void", title=_("Void this case"), danger=True,
    consequence=_("The case ends without a decision and cannot be opened again. The record keeps everything."),
    asks=(Ask(name="reason", label=_("Reason"), hint=_("Say why this case should not exist. The applicant can read "
                                                       "that it was voided.")),))
ALLOW = Act(
    name="allow", title=_("Allow a second notice"),
    consequence=_("The desk may tell the applicant once more what is missing. It counts as a yellow card."),
    asks=(Ask(name="why", label=_("Reason"), hint=_("Say why one notice was not enough.")),))
UNSEALED_WORDS = {
    StoppedAct.DECIDE: (_("Allow the decision without a seal"),
                        _("One decision on this case may be made within {minutes} minutes although the public record is not "
                          "being sealed. It is counted, and the applicant can read that you allowed it.")),
    StoppedAct.ISSUE: (_("Allow the licence without a seal"),
                       _("The licence of this case may be issued within {minutes} minutes although the public record is not "
                         "being sealed. It is counted, and the applicant can read that you allowed it.")),
}
AGAIN = Act(
    name="again", title=_("Allow the clock to be stopped again"),
    consequence=_("The desk may stop the clock once more for this procedure. The applicant can read that you allowed it."),
    asks=(Ask(name="procedure", label=_("Which procedure?"), kind="choice"),
          Ask(name="again_why", label=_("Reason"), hint=_("Say why once was not enough."))))
RAISE = Act(
    name="raise", title=_("Raise a signal"),
    consequence=_("The authority is told at once and must explain it."),
    asks=(Ask(name="rule", label=_("What is wrong"), kind="choice",
              options=tuple((str(rule), RULES[rule]) for rule in Rule if rule in BY_HAND)),
          Ask(name="description", label=_("What you found"), hint=_("Please do not write names or phone numbers."))))


@proved_lately
@staff(Role.SUPERVISOR)
def case(request: HttpRequest, number: str) -> HttpResponse:
    """Where a case stands and how it came there; reading it is recorded for the applicant to see."""
    actor = actor_of(request)
    row = _read(request, number)
    acts = _acts(row)
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        problems = perform(request, acts, {
            "void": lambda: actions.void_case(actor, number=number, reason=typed(request, "reason")),
            "allow": lambda: actions.allow_second_notice(actor, number=number, reason=typed(request, "why")),
            "again": lambda: actions.allow_second_stop(actor, number=number, reason=typed(request, "again_why"), procedure=choice(
                request, "procedure", tuple(queries.stops_used(row.id)))),
            "unsealed": lambda: actions.allow_unsealed(actor, number=number, act=_stopped(row) or StoppedAct.DECIDE,
                                                       reason=typed(request, "unsealed_reason")),
            "raise": lambda: _raise(request, number)})
        if not problems:
            return see_other(link("case", number))
    reading.read_subject(actor, party=row.applicant, fields=FIELDS, reason=REASON, subject=number,
                         authority=row.authority)
    words, tone = STATES[row.state]
    found = queries.steps_of(row.id)
    decision = queries.decision_of(row.id)
    accounts = [each.done_by for each in found if each.done_by] + ([decision.by] if decision else [])
    names = identity.staff_names(accounts)
    return draw(
        request, "case", section="cases", case=row, status_words=words, tone=tone, clocks=_clocks(row),
        summary=_summary(row), history=history(number), steps=steps(found, names),
        sample=identity.is_sample(row.applicant),
        decision=_decision(decision, names) if decision else (), materials=queries.materials_of(row.id),
        signals=[line(each) for each in signals.signals_of_case(number)], acts=acts, typed=kept(request),
        problems=problems)


def _read(request: HttpRequest, number: str) -> CaseRow:
    """The case, if it is one of an authority the actor supervises."""
    actor = actor_of(request)
    if not NUMBER.fullmatch(number):
        raise CaseNotFound
    found = case_to_read(actor, number)
    row = queries.by_number(number)
    if row is None:
        raise CaseNotFound
    if found.authority_id not in supervised(actor):
        raise RightMissing
    return row


def _acts(row: CaseRow) -> list[Act]:
    phase = {State.SUBMITTED: "BEFORE", State.UNDER_REVIEW: "AFTER"}.get(row.state)
    sent = [each.again_allowed for each in queries.corrections_of(row.id) if each.phase == phase]
    stopped = _stopped(row)
    return [*([_unsealed(stopped)] if stopped and not ledger.is_sealing() else []), RAISE,
            *([ALLOW] if sent == [False] else []), *_again(row), *([VOID] if may_move(row.state, State.VOID) else [])]


def _again(row: CaseRow) -> list[Act]:
    """Leave to stop the clock once more, for each procedure that stopped it and may not do so again."""
    if row.state is not State.UNDER_REVIEW:
        return []
    version = next(each.item_version for each in queries.clocks([row.number]))
    names = procedures_of(catalogue.guide(row.item_code, version))
    used = [(name, names.get(name, name)) for name, allowed in queries.stops_used(row.id).items() if not allowed]
    return [replace(AGAIN, asks=(replace(AGAIN.asks[0], options=used), *AGAIN.asks[1:]))] if used else []


def _stopped(row: CaseRow) -> StoppedAct | None:
    """What of this case stops while nothing is sealed."""
    return next((act for act, states in UNSEALED.items() if row.state in states), None)


def _unsealed(act: StoppedAct) -> Act:
    title, consequence = UNSEALED_WORDS[act]
    minutes = parameters.value("ledger.override_minutes", clock.today())
    return Act(name="unsealed", title=title, consequence=str(consequence).format(minutes=minutes), asks=(
        Ask(name="unsealed_reason", label=_("Reason"), hint=_("Say why this case cannot wait until the record is sealed again.")),))


def _raise(request: HttpRequest, number: str) -> None:
    rule = Rule(choice(request, "rule", [str(rule) for rule in Rule if rule in BY_HAND]))
    supervision.raise_signal(actor_of(request), case_number=number, rule=rule,
                             description=typed(request, "description"))


def _summary(row: CaseRow) -> list[dict[str, Any]]:
    deemed = gettext("Accepted by law: nobody answered in time") if row.deemed else ""
    moments = ((gettext("Sent on"), row.submitted_at, ""), (gettext("Accepted on"), row.accepted_at, deemed),
               (gettext("Decided on"), row.decided_at, ""), (gettext("Ended on"), row.completed_at, ""))
    return [{"label": gettext("Applicant"), "value": row.applicant_name},
            {"label": gettext("Authority"), "value": say(authorities.authority(row.authority).name)},
            *({"label": label, "value": datetime_short(moment), "note": note}
              for label, moment, note in moments if moment)]


def _decision(found: queries.DecisionRow, names: dict[int, str]) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = [
        {"label": gettext("Decision"), "value": DECISIONS[found.kind]},
        {"label": gettext("Decided by"), "value": names.get(found.by, "–")}]
    if found.ground:
        lines.append({"label": gettext("Ground"), "value": GROUNDS.get(found.ground, found.ground)})
    lines.append({"label": gettext("Reason"), "value": masked(found.reason) or "–"})
    return lines


def _clocks(row: CaseRow) -> list[dict[str, Any]]:
    """The promise, judged when the result is ready, and the law, judged at the decision (TIM-R1)."""
    found = next(iter(queries.clocks([row.number])), None)
    if found is None or found.accepted_at is None or row.state in WITHOUT_CLOCK:
        return []
    now, calendar = clock.now(), calendars.calendar()
    guide = catalogue.guide(found.item_code, found.item_version)
    promised, statutory = rules.clocks(guide, accepted_at=found.accepted_at, channel=found.channel,
                                       suspensions=found.suspensions, extension_days=found.extension_days)
    promise = promised_standing(promised, statutory, calendar=calendar, now=found.completed_at or now)
    law = standing(statutory, calendar=calendar, now=found.decided_at or now)
    stopped = any(each.ended_at is None for each in found.suspensions)
    return [_clock(gettext("Promised time"), promise, due_at=row.promised_due_at, ended_at=found.completed_at,
                   stopped=stopped),
            _clock(gettext("Limit of the law"), law, due_at=row.statutory_due_at, ended_at=found.decided_at,
                   stopped=stopped), *_delivery(found, calendar, now)]


def _delivery(found: ClockRow, calendar: Calendar, now: datetime) -> list[dict[str, Any]]:
    """The time to issue the result, once it was decided (CASE-22)."""
    if found.decided_at is None:
        return []
    days = parameters.value("cases.delivery_days", local(found.decided_at).date())
    stands = standing(rules.delivery_clock(found.decided_at, found.channel, days), calendar=calendar,
                      now=found.completed_at or now)
    return [_clock(gettext("Time to issue the result"), stands, due_at=None, ended_at=found.completed_at, stopped=False)]


def _clock(title: str, stands: Standing, *, due_at: datetime | None, ended_at: datetime | None,
           stopped: bool) -> dict[str, Any]:
    unit = str(stands.unit)
    late = is_late(stands.at, due_at or stands.due.at)
    if late:
        left = over(whole(stands.used - stands.total), unit)
    elif ended_at:
        left = gettext("{amount} used").format(amount=amount(whole(stands.used), unit))
    else:
        left = gettext("{amount} left").format(amount=amount(whole(stands.remaining), unit))
    return {"title": title, "left": left, "due": gettext("Until {day}").format(day=due_date(due_at or stands.due.at)),
            "used": whole(stands.used), "promised": max(1, whole(stands.total)),
            "note": gettext("{used} of {total} used").format(used=whole(stands.used),
                                                             total=amount(whole(stands.total), unit))
            + (gettext("; the clock stands still") if stopped else ""),
            "state": "late" if late else "done" if ended_at else "stopped" if stopped else ""}


