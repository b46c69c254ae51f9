"""Words of a case: states, rights, outcomes, ways a material was given."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import msgspec

from tongban.kernel.types import Text


class State(StrEnum):
    """Where a case stands; the code is the one exchanged (CASE-11)."""

    SUBMITTED = "SUBMITTED"
    SUPPLEMENT_BEFORE = "SUPPLEMENT_BEFORE"
    ACCEPTED = "ACCEPTED"
    UNDER_REVIEW = "UNDER_REVIEW"
    SUPPLEMENT_AFTER = "SUPPLEMENT_AFTER"
    SUSPENDED = "SUSPENDED"
    DECIDED = "DECIDED"
    COMPLETED = "COMPLETED"
    DELIVERED = "DELIVERED"
    NOT_ACCEPTED = "NOT_ACCEPTED"
    WITHDRAWN = "WITHDRAWN"
    CLOSED_NO_SUPPLEMENT = "CLOSED_NO_SUPPLEMENT"
    TRANSFERRED = "TRANSFERRED"
    VOID = "VOID"

    @property
    def code(self) -> str:
        return CODES[self]

    @property
    def is_open(self) -> bool:
        """Is someone still expected to act before a decision?"""
        return self in OPEN


CODES = {
    State.SUBMITTED: "10", State.SUPPLEMENT_BEFORE: "12", State.ACCEPTED: "20", State.UNDER_REVIEW: "30",
    State.SUPPLEMENT_AFTER: "31", State.SUSPENDED: "32", State.DECIDED: "40", State.COMPLETED: "50",
    State.DELIVERED: "60", State.NOT_ACCEPTED: "90", State.WITHDRAWN: "91", State.CLOSED_NO_SUPPLEMENT: "92",
    State.TRANSFERRED: "93", State.VOID: "94",
}
OPEN = frozenset({State.SUBMITTED, State.SUPPLEMENT_BEFORE, State.ACCEPTED, State.UNDER_REVIEW,
                  State.SUPPLEMENT_AFTER, State.SUSPENDED})
MOVES: frozenset[tuple[State, State]] = frozenset({
    (State.SUBMITTED, State.SUPPLEMENT_BEFORE), (State.SUBMITTED, State.ACCEPTED),
    (State.SUBMITTED, State.NOT_ACCEPTED), (State.SUBMITTED, State.WITHDRAWN), (State.SUBMITTED, State.TRANSFERRED),
    (State.SUPPLEMENT_BEFORE, State.SUBMITTED), (State.SUPPLEMENT_BEFORE, State.CLOSED_NO_SUPPLEMENT),
    (State.SUPPLEMENT_BEFORE, State.WITHDRAWN), (State.ACCEPTED, State.UNDER_REVIEW),
    (State.ACCEPTED, State.DECIDED), (State.ACCEPTED, State.WITHDRAWN), (State.ACCEPTED, State.VOID),
    (State.UNDER_REVIEW, State.SUPPLEMENT_AFTER), (State.UNDER_REVIEW, State.SUSPENDED),
    (State.UNDER_REVIEW, State.DECIDED), (State.UNDER_REVIEW, State.TRANSFERRED),
    (State.UNDER_REVIEW, State.WITHDRAWN), (State.UNDER_REVIEW, State.VOID),
    (State.SUPPLEMENT_AFTER, State.UNDER_REVIEW), (State.SUPPLEMENT_AFTER, State.CLOSED_NO_SUPPLEMENT),
    (State.SUSPENDED, State.UNDER_REVIEW), (State.DECIDED, State.COMPLETED), (State.COMPLETED, State.DELIVERED),
})
"""Allowed moves (CASE-12); an instant case goes from acceptance straight to the decision."""


class Right(StrEnum):
    """What an actor may want to do to a case (permissions matrix, 27.1)."""

    READ = "READ"
    ACCEPT = "ACCEPT"
    EXAMINE = "EXAMINE"
    DECIDE = "DECIDE"
    VOID = "VOID"
    APPLY = "APPLY"


class Outcome(StrEnum):
    """What was decided: 准予 or 不予."""

    GRANTED = "GRANTED"
    REFUSED = "REFUSED"


class DeclineGround(StrEnum):
    """The only grounds for not accepting an application (LAL art. 32)."""

    NO_PERMIT_NEEDED = "NO_PERMIT_NEEDED"
    NOT_OUR_POWER = "NOT_OUR_POWER"
    BARRED = "BARRED"


class Way(StrEnum):
    """How a material came (CASE-08)."""

    FORM = "FORM"
    UPLOAD = "UPLOAD"
    LATER = "LATER"
    LICENCE = "LICENCE"


class TrustLevel(StrEnum):
    """How far a material may be relied on (MAT-01)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class GivenMaterial(msgspec.Struct, frozen=True, kw_only=True):
    """One material as handed in: the file, the licence that stands for it, or the promise to bring it later."""

    code: str
    name: Text
    way: Way
    trust: TrustLevel
    document: int | None = None
    file_name: str = ""
    media_type: str = ""
    size: int = 0
    licence: str = ""
    source: Text | None = None
    due_on: date | None = None


class CorrectionItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to put right: a material or a field of the form, and what is wrong with it."""

    target: str
    name: Text
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The result of a submission; `again` if this very application had been received before."""

    number: str
    again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """The instants a case must not miss; 24:00 of a day is 00:00 of the next."""

    intake: datetime | None = None
    promised: datetime | None = None
    statutory: datetime | None = None
