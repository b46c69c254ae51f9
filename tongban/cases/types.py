"""Words of a case: states, rights, outcomes, ways a material was given."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import msgspec

from tongban.kernel.types import Text
from tongban.ledger.types import StoppedAct


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
IN_WORDS = {
    State.SUBMITTED: Text(zh="已收件", en="received"),
    State.SUPPLEMENT_BEFORE: Text(zh="等待补正", en="waiting for corrections"),
    State.ACCEPTED: Text(zh="已受理", en="accepted"), State.UNDER_REVIEW: Text(zh="审查中", en="under examination"),
    State.SUPPLEMENT_AFTER: Text(zh="等待补正", en="waiting for corrections"),
    State.SUSPENDED: Text(zh="计时暂停", en="suspended"), State.DECIDED: Text(zh="已决定", en="decided"),
    State.COMPLETED: Text(zh="已办结", en="finished"), State.DELIVERED: Text(zh="已送达", en="delivered"),
    State.NOT_ACCEPTED: Text(zh="不予受理", en="not accepted"), State.WITHDRAWN: Text(zh="已撤回", en="withdrawn"),
    State.CLOSED_NO_SUPPLEMENT: Text(zh="因未补正办结", en="closed for lack of corrections"),
    State.TRANSFERRED: Text(zh="已转出", en="forwarded"), State.VOID: Text(zh="已作废", en="void"),
}
"""States as they stand inside a sentence."""
ACTS = {each.en: each for each in (
    Text(zh="受理", en="accepted"), Text(zh="不予受理", en="declined"),
    Text(zh="要求补正", en="sent back for corrections"), Text(zh="补正", en="corrected"),
    Text(zh="补交材料", en="completed"), Text(zh="审查", en="examined"),
    Text(zh="退回审查", en="returned to examination"), Text(zh="暂停计时", en="suspended"),
    Text(zh="恢复计时", en="resumed"), Text(zh="延长期限", en="extended"), Text(zh="决定", en="decided"),
    Text(zh="办结", en="concluded"), Text(zh="送达", en="delivered"), Text(zh="撤回", en="withdrawn"),
    Text(zh="办结", en="closed"), Text(zh="作废", en="voided"))}
"""What can be done to a case, as it stands inside a sentence."""
OPEN = frozenset({State.SUBMITTED, State.SUPPLEMENT_BEFORE, State.ACCEPTED, State.UNDER_REVIEW,
                  State.SUPPLEMENT_AFTER, State.SUSPENDED})
UNSEALED = {StoppedAct.DECIDE: (State.ACCEPTED, State.UNDER_REVIEW), StoppedAct.ISSUE: (State.DECIDED,)}
"""In which states a supervisor may allow what stops while nothing is sealed."""

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
    (State.SUPPLEMENT_AFTER, State.WITHDRAWN),
    (State.SUSPENDED, State.UNDER_REVIEW), (State.DECIDED, State.COMPLETED), (State.COMPLETED, State.DELIVERED),
})
"""Allowed moves (CASE-12); an instant case goes from acceptance straight to the decision.

CASE-24 lets the applicant withdraw until the decision, so also while corrections are awaited after acceptance.
"""


class Due(StrEnum):
    """Cases of a queue by their clock."""

    ANY = ""
    OVERDUE = "overdue"
    TODAY = "today"
    SOON = "soon"
    STOPPED = "stopped"


class Order(StrEnum):
    """How a queue is sorted: by what is due first, by what waits longest, or the newest first."""

    DUE = ""
    RECEIVED = "received"
    NEWEST = "newest"


class Wanted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What of a queue is asked for: the steps of one's own posts, unless those that another post leaves to them too."""

    due: Due = Due.ANY
    item: str = ""
    act: str = ""
    corrected: bool = False
    shared: bool = False
    order: Order = Order.DUE


class Right(StrEnum):
    """What an actor may want to do to a case (permissions matrix, 27.1)."""

    READ = "READ"
    ACCEPT = "ACCEPT"
    EXAMINE = "EXAMINE"
    DECIDE = "DECIDE"
    VOID = "VOID"
    ALLOW = "ALLOW"
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
class Visit:
    """When the site was visited, and the account of the colleague who was there too (CASE-19)."""

    on: date | None
    companion: int


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
