"""The law of reviews: who may review what until when, what may be written, and how a poor review is put right.

The Office of the State Council's opinions of 2019 on the review system (国办发〔2019〕51号); figures are parameters.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from tongban.calendars.rules import add_working_days
from tongban.calendars.types import SHANGHAI, Calendar, local
from tongban.identity.types import Actor, ActorKind, Role
from tongban.kernel.errors import Refusal
from tongban.kernel.secrecy import mark_in
from tongban.reviews.errors import (
    AlreadyReviewed,
    GradeMissing,
    OptionNotOffered,
    ReviewWindowClosed,
    StaffMayNotReview,
    TextMarkedSecret,
    TextMissing,
    TextTooLong,
)
from tongban.reviews.types import MOVES, Duty, Finding, Grade, OptionSet, RectificationState, Remedy

LONGEST_TEXT = 500
LONGEST_ANSWER = 2000
SHORTEST_REASON = 5
STAFF = frozenset({Role.RECEPTIONIST, Role.REVIEWER, Role.DECIDER, Role.ISSUER, Role.SUPERVISOR})
DUTIES: Mapping[Duty, frozenset[Role]] = {
    Duty.ASSIGN: frozenset({Role.DECIDER, Role.SUPERVISOR}),
    Duty.WORK: STAFF,
    Duty.OVERSEE: frozenset({Role.SUPERVISOR}),
}
"""Which posts give which duty; only a supervisor may find a review mistaken, extend, call back and close."""
DAY = r"(?:19|20)\d\d[-./](?:0?[1-9]|1[0-2])[-./]\d{1,2}(?!\d)"
LONG_NUMBER = re.compile(rf"(?<!\d)(?!{DAY})[A-Za-z]{{0,3}}[+(]{{0,2}}\d(?:[ ()./\-_·]{{0,2}}\d){{6,}}[Xx]?", re.ASCII)
CODE = re.compile(r"(?<![0-9A-Za-z])(?=[A-Za-z]*[0-9])[0-9A-Za-z]{15,}")
PERSONAL = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|\d{17}[\dXx]|\d{15})(?!\d)", re.ASCII)
MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
MASK = "***"


def expires_at(invited_at: datetime, window_days: int) -> datetime:
    """End of the window: 24:00 of the last of its days (EVA-09)."""
    last = local(invited_at).date() + timedelta(days=window_days)
    return datetime.combine(last + timedelta(days=1), time(), SHANGHAI)


def check_review(*, now: datetime, expires: datetime, earlier: Grade | None, grade: int, options: Sequence[str],
                 offered: OptionSet) -> tuple[Refusal, ...]:
    """Why a review may not be given: too late, given before, no grade, or reasons not offered with it (EVA-08, 09)."""
    if earlier is not None:
        return (AlreadyReviewed(),)
    if now >= expires:
        return (ReviewWindowClosed(),)
    if grade not in set(Grade):
        return (GradeMissing(),)
    known = {option.code for option in offered.of(Grade(grade))}
    if not set(options) <= known or len(set(options)) != len(options):
        return (OptionNotOffered(),)
    return ()


def is_real_name(who: object, party: int) -> bool:
    """Is the reviewer signed in as whom the case was for (实名)? Staff are refused (EVA-16)."""
    if not isinstance(who, Actor):
        return False
    if who.kind is ActorKind.OFFICER:
        raise StaffMayNotReview
    return party in who.parties


def clean(text: str, *, longest: int = LONGEST_TEXT, shortest: int = 0) -> str:
    """The text as it is kept: no control or direction characters, line ends alike; refused when secret, too long or short."""
    kept = "".join(letter for letter in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
                   if letter in "\n\t" or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co"}).strip()
    if mark_in(text):
        raise TextMarkedSecret
    if len(kept) > longest:
        raise TextTooLong(limit=longest, over=len(kept) - longest)
    if len(kept) < shortest:
        raise TextMissing(least=shortest)
    return kept


def masked(text: str) -> str:
    """The text as everyone may read it: identity, phone, card and case numbers and addresses for mail are blotted out.

    Full-width digits count as digits; dates stay. Names cannot be told from other words; erasing is for those.
    """
    return LONG_NUMBER.sub(MASK, CODE.sub(MASK, MAIL.sub(MASK, _plain_digits(text))))


def masked_answer(text: str) -> str:
    """An answer as it is published: mobile and identity numbers are blotted out, the office's telephone stays."""
    return PERSONAL.sub(MASK, _plain_digits(text))


def token_hash(token: str) -> str:
    """What the table keeps of the token in a review link."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def may_move(state: RectificationState, to: RectificationState) -> bool:
    """Is the move allowed (EVA-10)?"""
    return (state, to) in MOVES


def may(actor: Actor, duty: Duty, authority: int) -> bool:
    """Does one of the actor's posts at the authority give this duty?"""
    return any(actor.holds(role, authority) for role in DUTIES[duty])


def duty_of(finding: Finding) -> Duty:
    """A poor review counts less only by a supervisor's word."""
    return Duty.WORK if finding is Finding.TRUE else Duty.OVERSEE


def due_on(opened_on: date, days: int, calendar: Calendar) -> date:
    """The last day in time, counted in working days from the day of the review (EVA-11)."""
    return add_working_days(opened_on, days, calendar)


def days_for(remedy: Remedy, *, simple: int, complex_: int) -> int:
    """Working days a remedy may take from the day of the review."""
    return complex_ if remedy is Remedy.LIMITED else simple


def is_in_time(answered_on: date, due: date) -> bool:
    """Was the reviewer answered by the due day?"""
    return answered_on <= due


def option_labels(codes: Iterable[str], offered: OptionSet, language: str) -> tuple[str, ...]:
    """The words of ticked options."""
    labels = {option.code: option.label for options in offered.grades.values() for option in options}
    return tuple(labels[code].in_(language) for code in codes if code in labels)


def _plain_digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(letter)) if unicodedata.category(letter) == "Nd" else letter
                   for letter in text)
