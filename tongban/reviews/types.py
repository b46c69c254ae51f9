"""Words of reviews: grades, options, findings, and the way from a poor review to its answer."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum

import msgspec

from tongban.kernel.types import Channel, Text


class Grade(IntEnum):
    """How satisfied someone was (GB/T 39046 A.8); there is no default and no answer is not a grade."""

    VERY_SATISFIED = 1
    SATISFIED = 2
    BASICALLY_SATISFIED = 3
    DISSATISFIED = 4
    VERY_DISSATISFIED = 5

    @property
    def is_poor(self) -> bool:
        """差评: grades 4 and 5 (EVA-03)."""
        return self >= Grade.DISSATISFIED


class RectificationState(StrEnum):
    """Where the answer to a poor review stands (EVA-10)."""

    RECEIVED = "RECEIVED"
    ASSIGNED = "ASSIGNED"
    VERIFIED = "VERIFIED"
    RECTIFYING = "RECTIFYING"
    FED_BACK = "FED_BACK"
    REVISITED = "REVISITED"
    CLOSED = "CLOSED"

    @property
    def is_due(self) -> bool:
        """Is the reviewer still waiting for an answer?"""
        return self in AWAITED


AWAITED = frozenset({RectificationState.RECEIVED, RectificationState.ASSIGNED, RectificationState.VERIFIED,
                     RectificationState.RECTIFYING})
MOVES: frozenset[tuple[RectificationState, RectificationState]] = frozenset({
    (RectificationState.RECEIVED, RectificationState.ASSIGNED),
    (RectificationState.ASSIGNED, RectificationState.ASSIGNED),
    (RectificationState.ASSIGNED, RectificationState.VERIFIED),
    (RectificationState.VERIFIED, RectificationState.RECTIFYING),
    (RectificationState.VERIFIED, RectificationState.FED_BACK),
    (RectificationState.RECTIFYING, RectificationState.FED_BACK),
    (RectificationState.FED_BACK, RectificationState.REVISITED),
    (RectificationState.REVISITED, RectificationState.CLOSED),
})
"""Allowed moves; a review found mistaken or malicious is answered without a remedy."""


class Finding(StrEnum):
    """What looking into a poor review showed (EVA-10); only a true one counts."""

    TRUE = "TRUE"
    MISTAKEN = "MISTAKEN"
    MALICIOUS = "MALICIOUS"


class Remedy(StrEnum):
    """How it is put right: at once, in a longer limit because it is complex, or explained for want of a legal basis."""

    IMMEDIATE = "IMMEDIATE"
    LIMITED = "LIMITED"
    EXPLAINED = "EXPLAINED"


class Duty(StrEnum):
    """What a member of staff may want to do to a rectification."""

    ASSIGN = "ASSIGN"
    WORK = "WORK"
    OVERSEE = "OVERSEE"


class Option(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reason someone can tick with a grade."""

    code: str
    label: Text


class OptionSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The unified options of every grade in one version (EVA-08); authorities may not add to them."""

    version: int
    effective_from: date
    source: str
    grades: dict[int, tuple[Option, ...]]

    def of(self, grade: Grade) -> tuple[Option, ...]:
        """The options offered with a grade."""
        return self.grades[int(grade)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenHolder:
    """Whoever holds a review link without having signed in."""

    channel: Channel = Channel.WEB
    actor_id: str = "review-link"
    on_behalf_of: str = ""
    role: str = "REVIEWER"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRow:
    """An invitation as the holder of its link sees it, with what came of it."""

    id: int
    case_number: str
    item_code: str
    item_name: Text
    authority: int
    party: int
    invited_at: datetime
    expires_at: datetime
    grade: Grade | None
    given_at: datetime | None
    followed_up: bool
    rectification: RectificationState | None
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicReview:
    """A review as everyone may read it: no name, no case, numbers in the text masked."""

    id: int
    item_code: str
    authority: int
    grade: Grade
    options: tuple[str, ...]
    options_version: int
    text: str
    follow_up: str
    erased: bool
    given_on: date
    state: RectificationState | None
    finding: Finding | None
    finding_reason: str
    answer: str
    answered_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnReview:
    """A review as the holder of its link sees it: as everyone reads it, and what else became of it."""

    shown: PublicReview
    followed_up: bool
    due_on: date | None
    extension_reason: str
    revisit_grade: Grade | None
    remedy_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """A review as the authority concerned reads it."""

    id: int
    case_number: str
    item_code: str
    authority: int
    grade: Grade
    options: tuple[str, ...]
    options_version: int
    text: str
    follow_up: str
    signed_in: bool
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RectificationRow:
    """A rectification in a list, with the review it answers."""

    id: int
    review: ReviewRow
    state: RectificationState
    finding: Finding | None
    finding_reason: str
    remedy: Remedy | None
    assigned_to: int | None
    opened_on: date
    due_on: date | None
    extended: bool
    extension_reason: str
    answer: str
    answered_at: datetime | None
    in_time: bool | None
    revisit_grade: Grade | None
    is_overdue: bool
    remedy_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One move of a rectification: from where to where, when, by whom (no account: by rule or by the reviewer)."""

    before: RectificationState | None
    after: RectificationState
    at: datetime
    by: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Reviews per grade, without those found mistaken or malicious, which `not_counted` tells."""

    grades: dict[Grade, int]
    not_counted: int

    @property
    def total(self) -> int:
        return sum(self.grades.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The indicators of EVA-17 as numerators and denominators; a rate is None where nothing is to be counted."""

    authority: int
    invited: int
    reviewed: int
    counted: int
    good: int
    poor: int
    signed_in: int
    rectifications_due: int
    rectified_in_time: int
    revisited: int
    revisited_satisfied: int
    items_asked: int
    items_reviewed: int

    @property
    def participation(self) -> float | None:
        return share(self.reviewed, self.invited)

    @property
    def good_rate(self) -> float | None:
        return share(self.good, self.counted)

    @property
    def poor_rate(self) -> float | None:
        return share(self.poor, self.counted)

    @property
    def in_time_rate(self) -> float | None:
        return share(self.rectified_in_time, self.rectifications_due)

    @property
    def real_name_rate(self) -> float | None:
        return share(self.signed_in, self.reviewed)

    @property
    def coverage(self) -> float | None:
        """Of the items with finished cases, the share that anybody reviewed."""
        return share(self.items_reviewed, self.items_asked)

    @property
    def revisit_satisfaction(self) -> float | None:
        return share(self.revisited_satisfied, self.revisited)


def share(part: int, whole: int) -> float | None:
    """Part of a whole; None of nothing."""
    return part / whole if whole else None
