"""Verbs of reviews: invite, review, follow up; open, assign, look into, put right, answer, revisit and close."""

import secrets

import msgspec
from psycopg.types.json import Jsonb

from tongban.calendars import queries as calendars
from tongban.cases import queries as cases
from tongban.cases.rules import commitment
from tongban.cases.types import State
from tongban.identity.types import Actor
from tongban.kernel import clock, database, events, parameters
from tongban.kernel.codes import conceal
from tongban.kernel.types import Who
from tongban.reviews.access import rectification_by_rule, rectification_for_update
from tongban.reviews.errors import (
    AlreadyExtended,
    AlreadyFollowedUp,
    AlreadyReviewed,
    CaseNotFinished,
    GradeMissing,
    NotFedBack,
    NothingToExtend,
    NotReviewedYet,
    RectificationMoveNotAllowed,
    ReviewWindowClosed,
    StaffUnknown,
)
from tongban.reviews.events import (
    RectificationExtended,
    RectificationMoved,
    RectificationOpened,
    RectificationOverdue,
    ReviewFollowedUp,
    ReviewGiven,
    ReviewInvited,
    ReviewTextErased,
)
from tongban.reviews.models import Rectification
from tongban.reviews.queries import assignable, invitation, options, token_for
from tongban.reviews.rules import (
    LONGEST_ANSWER,
    SHORTEST_REASON,
    check_review,
    clean,
    days_for,
    due_on,
    duty_of,
    expires_at,
    is_in_time,
    is_real_name,
    masked,
    masked_answer,
    may_move,
    token_hash,
)
from tongban.reviews.types import Duty, Finding, Grade, RectificationState, Remedy


def invite(who: Who, *, case_number: str) -> str | None:
    """Ask for one review of a finished case; returns the token of the link, None if it was asked before (EVA-05).

    Only the hash of the token is kept.
    """
    with database.atomic():
        case = cases.by_number(case_number)
        if case is None or case.state not in (State.COMPLETED, State.DELIVERED):
            raise CaseNotFinished
        now = clock.now()
        expires = expires_at(now, parameters.value("reviews.window_days", now.date()))
        drawn = database.row("select nextval('reviews_invitation_id_seq')")
        key = int(drawn[0]) if drawn else 0
        token = token_for(key)
        made = database.execute(
            "insert into reviews_invitation (id, token_hash, case_number, item_code, item_name, authority_id, "
            "party_id, invited_at, expires_at) values (%s, %s, %s, %s, %s, %s, %s, kernel_now(), %s) "
            "on conflict (case_number) do nothing",
            [key, token_hash(token), case_number, case.item_code, Jsonb(msgspec.to_builtins(case.item_name)),
             case.authority, case.applicant, expires])
        if not made:
            return None
        events.record(who, ReviewInvited(invitation=key, case_number=case_number, item_code=case.item_code,
                                         expires_at=expires.isoformat()),
                      subject=f"review:{key}", party=case.applicant, authority=case.authority)
    return token


def submit_review(who: Who, *, token: str, grade: int, options_ticked: tuple[str, ...] = (), text: str = "") -> int:
    """Review a finished case by the token of its link, once and within the window; returns the review.

    Whoever holds the token may; signed in as the party the case was for, the review is a real-name one.
    """
    typed = clean(text)
    words = conceal(typed)
    with database.atomic():
        asked = invitation(token)
        signed_in = is_real_name(who, asked.party)
        now = clock.now()
        offered = options(on=now.date())
        refusals = check_review(now=now, expires=asked.expires_at, earlier=asked.grade, grade=grade,
                                options=options_ticked, offered=offered)
        if refusals:
            raise refusals[0]
        salt = secrets.token_hex(16)
        made = database.row(
            "select reviews_give(%s, %s::int, %s::text[], %s::int, %s, %s, %s, %s, %s)",
            [token_hash(token), grade, list(options_ticked), offered.version, words, masked(typed), salt, signed_in,
             str(who.channel)])
        if made is None or made[0] is None:
            raise AlreadyReviewed if now < asked.expires_at else ReviewWindowClosed
        events.record(who, ReviewGiven(
            review=made[0], case_number=asked.case_number, item_code=asked.item_code, grade=int(grade),
            options=list(options_ticked), options_version=offered.version, signed_in=signed_in,
            text_hash=commitment(salt, words)),
            subject=f"review:{asked.id}", party=asked.party, authority=asked.authority)
    return int(made[0])


def follow_up(who: Who, *, token: str, text: str) -> None:
    """Add the one comment a review may have later (EVA-09)."""
    typed = clean(text, shortest=1)
    words = conceal(typed)
    with database.atomic():
        asked = invitation(token)
        is_real_name(who, asked.party)
        if asked.grade is None:
            raise NotReviewedYet
        salt = secrets.token_hex(16)
        made = database.row("select reviews_add_follow_up(%s, %s, %s, %s)",
                            [token_hash(token), words, masked(typed), salt])
        if made is None or made[0] is None:
            raise AlreadyFollowedUp
        events.record(who, ReviewFollowedUp(case_number=asked.case_number, text_hash=commitment(salt, words)),
                      subject=f"review:{asked.id}", party=asked.party, authority=asked.authority)


def erase_text(who: Who, *, token: str) -> None:
    """Take back the words of one's own review for good; grade, reasons ticked and the fact of it stay.

    Numbers are covered without being asked, names cannot be: this is for who wrote one. Nobody else can do it.
    """
    with database.atomic():
        asked = invitation(token)
        is_real_name(who, asked.party)
        found = database.row("select reviews_erase(%s)", [token_hash(token)])
        if found and found[0] is not None:
            events.record(who, ReviewTextErased(review=found[0]), subject=f"review:{asked.id}", party=asked.party,
                          authority=asked.authority)


def open_rectification(who: Who, *, review: int) -> int | None:
    """Open the answer to a poor review, to be contacted within a working day (EVA-11); None if it is open already."""
    with database.atomic():
        found = database.row("select case_number, authority_id, party_id, grade, "
                             "(at at time zone 'Asia/Shanghai')::date from reviews_review where id = %s", [review])
        if found is None or not Grade(found[3]).is_poor:
            return None
        number, authority, party, _, day = found
        due = due_on(day, parameters.value("reviews.contact_days", day), calendars.calendar())
        made = database.row(
            "insert into reviews_rectification (review_id, case_number, authority_id, party_id, state, opened_on, "
            "due_on, finding, finding_reason, finding_salt, remedy, remedy_text, remedy_salt, extended, extension_reason, "
            "extension_salt, answer, answer_salt) "
            "values (%s, %s, %s, %s, 'RECEIVED', %s, %s, '', '', '', '', '', '', false, '', '', '', '') "
            "on conflict do nothing returning id",
            [review, number, authority, party, day, due])
        if made is None:
            return None
        events.record(who, RectificationOpened(rectification=made[0], case_number=number, due_on=due.isoformat()),
                      subject=f"rectification:{made[0]}", party=party, authority=authority)
    return int(made[0])


def assign_rectification(actor: Actor, *, rectification: int, account: int) -> None:
    """Say who answers: whoever handled the matter is responsible (EVA-10). May be changed until it is looked into.

    It must be someone whose post at the authority of the review lets them answer.
    """
    with database.atomic():
        case = rectification_for_update(actor, rectification, Duty.ASSIGN)
        if account not in assignable(case.authority_id, [account]):
            raise StaffUnknown
        case.assigned_to_id = account
        _move(actor, case, RectificationState.ASSIGNED, "assigned", detail=f"account:{account}")


def verify_rectification(actor: Actor, *, rectification: int, finding: Finding, reason: str = "") -> None:
    """Say what contacting the reviewer and looking into it showed.

    Mistaken or malicious: not counted, so only a supervisor may find so, with a reason that is published.
    """
    words = masked_answer(clean(reason, longest=LONGEST_ANSWER,
                                shortest=0 if finding is Finding.TRUE else SHORTEST_REASON))
    with database.atomic():
        case = rectification_for_update(actor, rectification, duty_of(finding))
        case.finding, case.finding_reason, case.finding_salt = finding, words, secrets.token_hex(16)
        case.due_on = due_on(case.opened_on, parameters.value("reviews.simple_days", case.opened_on),
                             calendars.calendar())
        _move(actor, case, RectificationState.VERIFIED, "verified", detail=finding,
              text_hash=commitment(case.finding_salt, words) if words else "")


def rectify(actor: Actor, *, rectification: int, remedy: Remedy, done: str) -> None:
    """Say how a true complaint is put right and what was done; a complex one gets its longer limit (EVA-11).

    The reviewer and the supervisors read what was done.
    """
    words = masked_answer(clean(done, longest=LONGEST_ANSWER, shortest=SHORTEST_REASON))
    with database.atomic():
        case = rectification_for_update(actor, rectification, Duty.WORK)
        if case.state == RectificationState.VERIFIED and case.finding != Finding.TRUE:
            raise RectificationMoveNotAllowed(state=f"{case.state}, {case.finding}", act="rectified")
        case.remedy, case.remedy_text, case.remedy_salt = remedy, words, secrets.token_hex(16)
        days = days_for(remedy, simple=parameters.value("reviews.simple_days", case.opened_on),
                        complex_=parameters.value("reviews.complex_days", case.opened_on))
        case.due_on = due_on(case.opened_on, days, calendars.calendar())
        _move(actor, case, RectificationState.RECTIFYING, "rectified", detail=remedy,
              text_hash=commitment(case.remedy_salt, words))


def extend_rectification(actor: Actor, *, rectification: int, reason: str) -> None:
    """Give a complex rectification its one extension before its due day has passed; only a supervisor (EVA-11).

    The reviewer reads the reason.
    """
    words = masked_answer(clean(reason, longest=LONGEST_ANSWER, shortest=SHORTEST_REASON))
    with database.atomic():
        case = rectification_for_update(actor, rectification, Duty.OVERSEE)
        if case.extended:
            raise AlreadyExtended
        if case.state != RectificationState.RECTIFYING or case.remedy != Remedy.LIMITED or (
                case.due_on < clock.today()):
            raise NothingToExtend
        days = parameters.value("reviews.extension_days", case.opened_on)
        case.extended, case.due_on = True, due_on(case.due_on, days, calendars.calendar())
        case.extension_reason, case.extension_salt = words, secrets.token_hex(16)
        case.save(update_fields=["extended", "due_on", "extension_reason", "extension_salt"])
        events.record(actor, RectificationExtended(
            rectification=case.id, case_number=case.case_number, due_on=case.due_on.isoformat(),
            reason_hash=commitment(case.extension_salt, words)),
            subject=f"rectification:{case.id}", party=case.party_id, authority=case.authority_id)


def feed_back(actor: Actor, *, rectification: int, answer: str) -> None:
    """Answer the reviewer; the answer is published beside the review (EVA-13)."""
    words = masked_answer(clean(answer, longest=LONGEST_ANSWER, shortest=SHORTEST_REASON))
    with database.atomic():
        case = rectification_for_update(actor, rectification, Duty.WORK)
        if case.state == RectificationState.VERIFIED and case.finding == Finding.TRUE:
            raise RectificationMoveNotAllowed(state=f"{case.state}, {case.finding}", act="answered")
        now = clock.now()
        case.answer, case.answer_salt, case.answered_at = words, secrets.token_hex(16), now
        case.in_time = is_in_time(now.date(), case.due_on)
        _move(actor, case, RectificationState.FED_BACK, "answered", text_hash=commitment(case.answer_salt, words))


def revisit(who: Who, *, token: str, grade: int) -> None:
    """The reviewer says, once, how satisfied they are with what was done (回访); the first grade stays."""
    if grade not in set(Grade):
        raise GradeMissing
    with database.atomic():
        asked = invitation(token)
        is_real_name(who, asked.party)
        found = database.row("select reviews_revisit(%s, %s::int)", [token_hash(token), int(grade)])
        if found is None or found[0] is None:
            raise NotFedBack
        events.record(who, RectificationMoved(
            rectification=found[0], case_number=asked.case_number, before=RectificationState.FED_BACK,
            after=RectificationState.REVISITED, detail=str(int(grade)), due_on="", text_hash=""),
            subject=f"rectification:{found[0]}", party=asked.party, authority=asked.authority)


def revisit_by_call(actor: Actor, *, rectification: int, grade: int | None) -> None:
    """Note a call-back by a supervisor who did not do the work; no grade: nobody could be reached."""
    if grade is not None and grade not in set(Grade):
        raise GradeMissing
    with database.atomic():
        case = rectification_for_update(actor, rectification, Duty.OVERSEE)
        case.revisit_grade = grade
        _move(actor, case, RectificationState.REVISITED, "revisited", detail="" if grade is None else str(int(grade)))


def close_rectification(actor: Actor, *, rectification: int) -> None:
    """End a rectification after the revisit; only a supervisor who did not do the work."""
    with database.atomic():
        case = rectification_for_update(actor, rectification, Duty.OVERSEE)
        _move(actor, case, RectificationState.CLOSED, "closed")


def note_overdue(who: Who, *, rectification: int) -> bool:
    """Announce, once for each due day, that it passed without the step it was for; False if there is nothing to say."""
    with database.atomic():
        case = rectification_by_rule(who, rectification)
        if case is None or not RectificationState(case.state).is_due or case.due_on >= clock.today() or (
                case.overdue_of == case.due_on):
            return False
        case.overdue_of = case.due_on
        case.save(update_fields=["overdue_of"])
        events.record(who, RectificationOverdue(rectification=case.id, case_number=case.case_number,
                                                state=case.state, due_on=case.due_on.isoformat()),
                      subject=f"rectification:{case.id}", party=case.party_id, authority=case.authority_id)
    return True


def _move(actor: Actor, case: Rectification, to: RectificationState, act: str, *, detail: str = "",
          text_hash: str = "") -> None:
    """Move a locked rectification and record it, or refuse naming state and act."""
    before = RectificationState(case.state)
    if not may_move(before, to):
        raise RectificationMoveNotAllowed(state=before, act=act)
    case.state, case.moved_by_id = to, actor.account
    case.save()
    events.record(actor, RectificationMoved(
        rectification=case.id, case_number=case.case_number, before=before, after=to, detail=detail,
        due_on=case.due_on.isoformat(), text_hash=text_hash),
        subject=f"rectification:{case.id}", party=case.party_id, authority=case.authority_id)
