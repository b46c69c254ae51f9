"""The law of a case: values in, values out."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from tongban.calendars.rules import due, intake_due, promised_due, received_on, working_days_between
from tongban.calendars.types import OFFICE_HOURS, Calendar, Clock, Limit, Suspension, Unit, local
from tongban.cases.errors import ApplicantNotServed, ItemNotOpen, NotOnline
from tongban.cases.types import CODES, MOVES, DeclineGround, GivenMaterial, Right, State, TrustLevel, Visit, Way
from tongban.catalogue.types import Guide, LimitSpec, Material, Necessity
from tongban.forms import rules as forms
from tongban.forms.types import CompiledForm
from tongban.identity.types import Actor, ActorKind, Extent, Post, Role
from tongban.kernel.errors import Problem, Refusal
from tongban.kernel.secrecy import mark_in
from tongban.kernel.types import Channel, letters
from tongban.workflows.types import Verb

RIGHTS: Mapping[Right, frozenset[Role]] = {
    Right.READ: frozenset({Role.RECEPTIONIST, Role.REVIEWER, Role.DECIDER, Role.ISSUER, Role.SUPERVISOR}),
    Right.ACCEPT: frozenset({Role.RECEPTIONIST, Role.REVIEWER}),
    Right.EXAMINE: frozenset({Role.REVIEWER, Role.DECIDER}),
    Right.DECIDE: frozenset({Role.DECIDER}),
    Right.VOID: frozenset({Role.SUPERVISOR}),
    Right.ALLOW: frozenset({Role.SUPERVISOR}),
}
"""Which posts give which right (27.1)."""

EXAMINATION = frozenset({"examine", "inspect"})
"""Verbs of the steps whose officers may not decide (LAL art. 48 in spirit; T12)."""
VISITORS = frozenset({Role.RECEPTIONIST, Role.REVIEWER, Role.DECIDER})
"""Posts whose holders may go along on a visit to the site (CASE-19)."""

LAPSED = "The licence that stood for this is no longer valid. Attach the paper itself: {name}"
UNPROMISED = "Attach this, or choose to hand it in later: {name}"
LONGEST_WORD = 60
LONGEST_VIEW_NAME, MOST_VIEWS = 30, 8
MARKED = ("This bears a mark of state secrets or secrets of work, so nothing of it was kept. Take it out; such papers go their own "
          "way by the laws on secrecy.")
SHORTEST, LONGEST = 5, 2000
READ_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
WORD = re.compile(r"[0-9a-z]+|[\u4e00-\u9fff]")


EXTENTS = {Right.READ: Extent.READ, Right.APPLY: Extent.SIGN}
"""How far someone who acts for another must be allowed to go for each right."""


def may(actor: Actor, right: Right, *, applicant: int, authority: int, item: str) -> bool:
    """May the actor do this to a case of this applicant, in this item, at this authority?"""
    if actor.kind is ActorKind.CITIZEN:
        return right in EXTENTS and (actor.extent_for(applicant, item) or 0) >= EXTENTS[right]
    return any(actor.holds(role, authority) for role in RIGHTS.get(right, frozenset()))


def steps_for(posts: Iterable[Post]) -> list[tuple[int, str, str]]:
    """Which steps wait for these posts, by authority, post and verb: one's own, and to a reviewer also acceptance."""
    found = {(post.authority, str(post.role), str(verb)) for post in posts for verb in Verb}
    found |= {(post.authority, str(role), str(Verb.ACCEPT)) for post in posts if post.role in RIGHTS[Right.ACCEPT]
              for role in RIGHTS[Right.ACCEPT]}
    return sorted(found)


def leaves_a_decider(deciders: Collection[int], *, examining: Collection[int], before: Collection[int] = ()) -> bool:
    """Is somebody with the deciding post left if these officers, of whom one may hold it, examine the case too?"""
    return not set(examining) & set(deciders) or bool(set(deciders) - set(examining) - set(before))


def may_move(state: State, to: State) -> bool:
    """Is the move allowed (CASE-12)?"""
    return (state, to) in MOVES


def code_of(state: State) -> str:
    """The exchanged code of a state."""
    return CODES[state]


def serves(guide: Guide, *, is_legal: bool) -> bool:
    """Is the service meant for persons, or for legal persons and other organisations (CAT-11)?"""
    return any(each.is_legal == is_legal for each in guide.objects)


def check_item(guide: Guide, *, is_legal: bool) -> tuple[Refusal, ...]:
    """Why the service cannot be applied for here, whatever the application says."""
    found: list[Refusal] = []
    if not guide.is_open:
        found.append(ItemNotOpen())
    if not guide.is_online:
        found.append(NotOnline())
    if not serves(guide, is_legal=is_legal):
        found.append(ApplicantNotServed())
    return tuple(found)


def check_materials(guide: Guide, situation: str, given: Iterable[GivenMaterial], *,
                    lapsed: Collection[str] = ()) -> tuple[Problem, ...]:
    """What is missing of the materials; deferrable ones may come later (MAT-06), exempt ones need not come.

    `lapsed`: those a licence stood for that no longer does.
    """
    have = {material.code: material for material in given}
    problems = []
    for material in guide.materials_for(situation):
        if material.from_form:
            continue
        gone = material.code in lapsed
        found = None if gone else have.get(material.code)
        if found is not None and (found.way is not Way.LATER or material.necessity is Necessity.DEFERRABLE):
            continue
        if material.necessity is Necessity.REQUIRED or (
                found is None and material.necessity is Necessity.DEFERRABLE):
            problems.append(Problem(
                code="licence_lapsed" if gone else "material_missing", field=f"m-{material.code}",
                message=LAPSED if gone else "Attach: {name}" if material.necessity is Necessity.REQUIRED else UNPROMISED,
                facts={"name": material.name}))
    return tuple(problems)


def check_promises(given: Iterable[GivenMaterial]) -> tuple[Problem, ...]:
    """Whoever still owes a promised paper may promise no other (MAT-07)."""
    return tuple(Problem(code="promise_broken", field=f"m-{each.code}", facts={"name": each.name},
                         message="A paper you promised earlier is overdue. Hand that one in first, or attach this one now: {name}")
                 for each in given if each.way is Way.LATER)


def check_answers(form: CompiledForm, answers: dict[str, Any], today: date) -> tuple[Problem, ...]:
    """What is missing or wrong of the answers handed in on a day."""
    return tuple(Problem(code=each.code, field=each.input_id, message=each.message,
                         facts={**each.facts, "label": each.label}) for each in forms.check(form, answers, today=today))


def with_form(guide: Guide, situation: str, given: Iterable[GivenMaterial]) -> tuple[GivenMaterial, ...]:
    """The materials, once each, with the form itself: made by the applicant, who answers for it (MAT-01 D)."""
    wanted = {material.code: material for material in guide.materials_for(situation)}
    brought = {each.code: each for each in given}
    form = tuple(GivenMaterial(code=material.code, name=material.name, way=Way.FORM, trust=TrustLevel.D)
                 for material in wanted.values() if material.from_form)
    return (*form, *(each for each in brought.values() if each.code in wanted and not wanted[each.code].from_form))


def papers_by_licence(guide: Guide) -> dict[str, Material]:
    """Which paper a licence of a type stands for (CAT-40): the first of its type, a second one is somebody else's."""
    found: dict[str, Material] = {}
    for material in guide.materials:
        if material.exempt_by:
            found.setdefault(material.exempt_by.licence_type, material)
    return found


def check_situation(guide: Guide, situation: str) -> tuple[Problem, ...]:
    """The situation must be one the guide offers."""
    offered = {option.code for option in guide.situation.options} if guide.situation else {""}
    if situation in offered:
        return ()
    return (Problem(code="situation_missing", field="situation", message="Say which of these is your situation."),)


def check_reason(text: str, *, field: str = "reason") -> tuple[Problem, ...]:
    """A reason must say something: at least five letters or figures, at most two thousand (CASE-05)."""
    if letters(text) < SHORTEST:
        return (Problem(code="reason_missing", field=field,
                        message="Give the reason in words the applicant can understand."),)
    return check_length(text, field=field)


def check_opinion(text: str, *, passed: bool, visited: bool = False) -> tuple[Problem, ...]:
    """An opinion is for colleagues: free where a document check is passed, in words where not, or of a visit (CASE-19)."""
    if (passed and not visited) or letters(text) >= SHORTEST:
        return check_length(text, field="opinion")
    message = ("Write down what was found on site, in at least five characters." if visited
               else "Say for your colleagues what was not met, in at least five characters.")
    return (Problem(code="reason_missing", field="opinion", message=message),)


def check_visit(visit: Visit | None, *, accepted_on: date, today: date, officer: int,
                colleagues: Collection[int]) -> tuple[Problem, ...]:
    """A visit was made since the acceptance, by the officer and a colleague with a post there (CASE-19)."""
    problems = []
    if visit is None or visit.on is None:
        problems.append(Problem(code="visit_day_missing", field="visited", message="Give the day of the visit."))
    elif not accepted_on <= visit.on <= today:
        problems.append(Problem(
            code="visit_day_wrong", field="visited", facts={"first": accepted_on, "last": today},
            message="The visit was made after the acceptance and not in the future: from {first} to {last}."))
    if visit is None or visit.companion == officer or visit.companion not in colleagues:
        problems.append(Problem(code="companion_missing", field="companion",
                                message="Choose the colleague who was there with you: it takes two."))
    return tuple(problems)


def check_grant(reason: str) -> tuple[Problem, ...]:
    """Granting although a check was not passed says why."""
    if letters(reason) < SHORTEST:
        return (Problem(code="reason_missing", field="reason", message="A check was not passed. Say in at least five "
                        "characters why it is granted all the same."),)
    return check_length(reason, field="reason")


def check_return(reason: str) -> tuple[Problem, ...]:
    """Whoever examines once more is told what for."""
    if letters(reason) < SHORTEST:
        return (Problem(code="reason_missing", field="reason",
                        message="Say in at least five characters what is to be examined again."),)
    return check_length(reason, field="reason")


def check_view_name(name: str) -> tuple[Problem, ...]:
    """What is wrong with the name of a saved queue."""
    if not name:
        return (Problem(code="name_missing", field="name", message="Give the list a name"),)
    if len(name) > LONGEST_VIEW_NAME:
        return (Problem(code="name_too_long", field="name", facts={"most": LONGEST_VIEW_NAME},
                        message="Keep the name to {most} characters."),)
    return ()


def check_length(text: str, *, field: str) -> tuple[Problem, ...]:
    """Words that are kept with a case have an end, and none of them is a secret (SEC-14)."""
    if len(text.strip()) > LONGEST:
        return (Problem(code="reason_too_long", field=field, message="Keep the reason under 2,000 characters."),)
    return (Problem(code="secret", field=field, message=MARKED),) if mark_in(text) else ()


def next_notice(sent: Sequence[bool]) -> int:
    """Which notice of a phase may be sent now: the first, the second if a supervisor allowed it, none (0) (CASE-17).

    `sent`: the notices so far, and of each whether another one was allowed after it.
    """
    return 1 if not sent else 2 if list(sent) == [True] else 0


def check_decline(ground: DeclineGround | None, reason: str, right_organ: str) -> tuple[Problem, ...]:
    """Not accepting needs one of three grounds; the wrong organ must name the right one (LAL art. 32)."""
    problems = [*check_reason(reason), *check_length(right_organ, field="right_organ")]
    if ground is None:
        problems.append(Problem(code="ground_missing", field="ground",
                                message="Choose a ground. Missing materials are never a ground: ask for them."))
    if ground is DeclineGround.NOT_OUR_POWER and not right_organ.strip():
        problems.append(Problem(code="right_organ_missing", field="right_organ",
                                message="Name the authority that is competent."))
    return tuple(problems)


def limit_of(spec: LimitSpec) -> Limit:
    """A limit of the catalogue as the calendar reads it; an instant promise ends on the next working day at most."""
    return spec.limit or Limit(count=1, unit=Unit.WORKDAY)


def clocks(guide: Guide, *, accepted_at: datetime, channel: Channel, suspensions: Sequence[Suspension] = (),
           extension_days: int = 0) -> tuple[Clock, Clock]:
    """The promised and the statutory clock of a case (TIM-10)."""
    extension = Limit(count=extension_days, unit=Unit.WORKDAY) if extension_days else None
    promised = Clock(start=accepted_at, limit=limit_of(guide.promised_limit), channel=channel, hours=OFFICE_HOURS,
                     suspensions=tuple(suspensions))
    statutory = Clock(start=accepted_at, limit=limit_of(guide.statutory_limit), channel=channel, hours=OFFICE_HOURS,
                      suspensions=tuple(suspensions), extension=extension)
    return promised, statutory


def delivery_clock(decided_at: datetime, channel: Channel, days: int) -> Clock:
    """The time to issue and serve what was decided (LAL art. 44, TIM-R1)."""
    return Clock(start=decided_at, limit=Limit(count=days, unit=Unit.WORKDAY), channel=channel, hours=OFFICE_HOURS)


def due_instants(promised: Clock, statutory: Clock, calendar: Calendar, now: datetime) -> tuple[datetime, datetime]:
    """When the promise and the law's limit end."""
    return (promised_due(promised, statutory, calendar=calendar, now=now).at,
            due(statutory, calendar=calendar, now=now).at)


def days_left(due_at: datetime | None, *, state: State, now: datetime, calendar: Calendar,
              received_on: date) -> int | None:
    """Working days until the next act is due, today not counted (TIM-R6); below nought once it is late.

    Before the day on which an application counts as received nothing of its time is used (TIM-R5). None while nothing
    is due or the clock stands still.
    """
    if due_at is None or state is State.SUSPENDED:
        return None
    last, today = local(due_at - due_at.resolution).date(), local(now).date()
    if now >= due_at:
        return -working_days_between(last, today, calendar) or -1
    return working_days_between(max(today, received_on) if state is State.SUBMITTED else today, last, calendar)


def as_heard(code: str) -> str:
    """A query code as it is made, however it was read aloud and typed."""
    return "".join(code.split()).replace("-", "").upper().translate(READ_ALIKE)


def receipt(submitted_at: datetime, channel: Channel, calendar: Calendar, limit_days: int) -> tuple[date, datetime]:
    """The day of receipt and the end of the time to accept or ask (LAL art. 32, TIM-R5)."""
    day = received_on(submitted_at, calendar, OFFICE_HOURS)
    ends = intake_due(day, calendar=calendar, channel=channel, limit=Limit(count=limit_days, unit=Unit.WORKDAY))
    return day, ends.at


def words_of(*texts: str) -> tuple[str, ...]:
    """The words under which a case is found: Latin words and digits, Chinese single and paired characters."""
    words: set[str] = set()
    for text in " ".join(texts).lower().split():
        parts = WORD.findall(text)
        words.update(parts)
        words.update(a + b for a, b in pairwise(parts) if len(a) == len(b) == 1)
    return tuple(sorted(word[:LONGEST_WORD] for word in words))


def commitment(salt: str, text: str) -> str:
    """Salted hash of free text: the event keeps it, the text itself can be erased."""
    return hashlib.sha256(f"{salt}|{text}".encode()).hexdigest()


def licence_fields(guide: Guide, answers: Mapping[str, Any], applicant: Mapping[str, str]) -> dict[str, str]:
    """What a licence says, taken from the answers and the applicant by the item's map."""
    found = {}
    for name, path in guide.result.field_map.items():
        value = applicant.get(path.split(".", 1)[1], "") if path.startswith("applicant.") else answers.get(path, "")
        found[name] = "、".join(str(each) for each in value) if isinstance(value, list) else str(value)
    return found
