"""Words of supervision: kinds of signal, their rules and families, the way to their end, orders, figures."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Protocol

from tongban.cases.types import State


class Kind(IntEnum):
    """How serious a signal is (SUP-03); the number is the one exchanged."""

    BLUE = 1
    WARNING = 2
    YELLOW = 3
    RED = 4

    @property
    def needs_answer(self) -> bool:
        """Yellow and red cards are explained by the authority; reminders and warnings only call attention."""
        return self >= Kind.YELLOW


class Family(StrEnum):
    """What kind of anomaly it is: 时效, 流程, 内容, 收费 (SUP-06)."""

    TIME = "TIME"
    FLOW = "FLOW"
    CONTENT = "CONTENT"
    CHARGE = "CHARGE"


class Rule(StrEnum):
    """Why a signal was raised; the name is the rule number of the record (SUP-02: at most twenty characters)."""

    PROMISE_NEAR = "PROMISE_NEAR"
    PROMISE_EXCEEDED = "PROMISE_EXCEEDED"
    LAW_EXCEEDED = "LAW_EXCEEDED"
    NO_STEP = "NO_STEP"
    RECTIFICATION_LATE = "RECTIFICATION_LATE"
    SECOND_NOTICE = "SECOND_NOTICE"
    REASON_MISSING = "REASON_MISSING"
    BEYOND_GUIDE = "BEYOND_GUIDE"
    ILLEGAL_REFUSAL = "ILLEGAL_REFUSAL"
    UNAUTHORISED_CHARGE = "UNAUTHORISED_CHARGE"
    MANY_READ = "MANY_READ"
    DELIVERY_NEAR = "DELIVERY_NEAR"
    DELIVERY_EXCEEDED = "DELIVERY_EXCEEDED"
    RESULT_UNOPENED = "RESULT_UNOPENED"

    @property
    def kind(self) -> Kind:
        return RULES[self][0]

    @property
    def family(self) -> Family:
        return RULES[self][1]

    @property
    def by_hand(self) -> bool:
        """Is it a supervisor who finds it, not the clock?"""
        return self in BY_HAND


RULES: dict[Rule, tuple[Kind, Family]] = {
    Rule.PROMISE_NEAR: (Kind.WARNING, Family.TIME), Rule.PROMISE_EXCEEDED: (Kind.YELLOW, Family.TIME),
    Rule.LAW_EXCEEDED: (Kind.RED, Family.TIME), Rule.NO_STEP: (Kind.BLUE, Family.FLOW),
    Rule.RECTIFICATION_LATE: (Kind.YELLOW, Family.FLOW), Rule.SECOND_NOTICE: (Kind.YELLOW, Family.FLOW),
    Rule.REASON_MISSING: (Kind.YELLOW, Family.CONTENT), Rule.BEYOND_GUIDE: (Kind.YELLOW, Family.CONTENT),
    Rule.ILLEGAL_REFUSAL: (Kind.RED, Family.CONTENT), Rule.UNAUTHORISED_CHARGE: (Kind.RED, Family.CHARGE),
    Rule.MANY_READ: (Kind.YELLOW, Family.FLOW), Rule.DELIVERY_NEAR: (Kind.WARNING, Family.TIME),
    Rule.DELIVERY_EXCEEDED: (Kind.RED, Family.TIME), Rule.RESULT_UNOPENED: (Kind.BLUE, Family.FLOW),
}
"""Kind and family of each rule (SUP-04, SUP-06)."""
BY_HAND = frozenset({Rule.SECOND_NOTICE, Rule.REASON_MISSING, Rule.BEYOND_GUIDE, Rule.ILLEGAL_REFUSAL,
                     Rule.UNAUTHORISED_CHARGE})


class SignalState(StrEnum):
    """Where a signal stands (SUP-08)."""

    RAISED = "RAISED"
    NOTIFIED = "NOTIFIED"
    EXPLAINED = "EXPLAINED"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"
    CORRECTED = "CORRECTED"
    CLOSED = "CLOSED"

    @property
    def is_open(self) -> bool:
        return self is not SignalState.CLOSED


MOVES: frozenset[tuple[SignalState, SignalState]] = frozenset({
    (SignalState.RAISED, SignalState.NOTIFIED), (SignalState.RAISED, SignalState.CLOSED),
    (SignalState.NOTIFIED, SignalState.EXPLAINED), (SignalState.NOTIFIED, SignalState.CONFIRMED),
    (SignalState.NOTIFIED, SignalState.CLOSED), (SignalState.EXPLAINED, SignalState.CONFIRMED),
    (SignalState.EXPLAINED, SignalState.CANCELLED), (SignalState.CONFIRMED, SignalState.CORRECTED),
    (SignalState.CORRECTED, SignalState.CLOSED), (SignalState.CANCELLED, SignalState.CLOSED),
})
"""Allowed moves. Straight to closed go reminders whose ground is gone and cards a graver one replaces, by rule only;
unexplained to confirmed go signals whose time to explain is over."""


class Ending(StrEnum):
    """Why a signal was closed by rule."""

    FINISHED = "FINISHED"
    MOVED_ON = "MOVED_ON"
    SUPERSEDED = "SUPERSEDED"


class Watched(Protocol):
    """What a case must tell of its clock to be judged."""

    @property
    def state(self) -> State: ...
    @property
    def accepted_at(self) -> datetime | None: ...
    @property
    def promised_due_at(self) -> datetime | None: ...
    @property
    def statutory_due_at(self) -> datetime | None: ...
    @property
    def decided_at(self) -> datetime | None: ...
    @property
    def completed_at(self) -> datetime | None: ...
    @property
    def last_step_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a case deserves now, and when to look again."""

    rules: frozenset[Rule] = frozenset()
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRow:
    """A signal in a list (SUP-02). `explain_due_on`: last day for the authority to answer."""

    id: int
    number: str
    case_number: str
    item_code: str
    authority: int
    rule: Rule
    kind: Kind
    family: Family
    state: SignalState
    raised_at: datetime
    description: str
    explain_due_on: date | None
    explanation: str
    explained_by: int | None
    reason: str
    correction: str
    ending: Ending | None
    closed_at: datetime | None
    is_unanswered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """A supervision order (督办单): what a supervisor asks of an authority about a signal."""

    id: int
    signal: str
    authority: int
    content: str
    sent_at: datetime
    due_on: date
    answer: str
    answered_at: datetime | None
    result: str


class Asked(StrEnum):
    """What an authority still owes: why it came to a signal, what was put right, the answer to an order."""

    EXPLANATION = "EXPLANATION"
    CORRECTION = "CORRECTION"
    ANSWER = "ANSWER"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedRow:
    """An answer an authority owes; `id` is that of the order for an order, else that of the signal."""

    id: int
    asked: Asked
    signal: str
    case_number: str
    item_code: str
    authority: int
    rule: Rule
    kind: Kind
    due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One move of a signal; no account: by rule."""

    before: SignalState | None
    after: SignalState
    at: datetime
    by: int | None


class ExportState(StrEnum):
    """Where a list that somebody wants as a file stands (SEC-11)."""

    AWAITING = "AWAITING"
    MAKING = "MAKING"
    READY = "READY"
    REFUSED = "REFUSED"
    LAPSED = "LAPSED"
    ERASED = "ERASED"


EXPORT_MOVES: frozenset[tuple[ExportState, ExportState]] = frozenset({
    (ExportState.AWAITING, ExportState.MAKING), (ExportState.AWAITING, ExportState.REFUSED),
    (ExportState.AWAITING, ExportState.LAPSED), (ExportState.MAKING, ExportState.READY),
    (ExportState.MAKING, ExportState.LAPSED), (ExportState.READY, ExportState.ERASED),
})


class Shown(StrEnum):
    """Which requests for files a list shows."""

    MINE = "mine"
    AWAITING = "awaiting"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which cases a list shows: those behind a figure, in a state, or all; the days and codes only narrow a figure."""

    authorities: tuple[int, ...]
    figure: str = ""
    state: State | None = None
    since: date | None = None
    until: date | None = None
    item: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRow:
    """A list that somebody wants as a file. `alone`: rows its asker could take without a second person at the asking."""

    id: int
    key: str
    asked_by: int
    asked_at: datetime
    listing: Listing
    language: str
    reason: str
    state: ExportState
    rows_asked: int
    alone: int
    due_at: datetime
    decided_by: int | None
    decided_at: datetime | None
    decision: str
    rows_made: int | None
    made_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A file as its reader takes it away."""

    name: str
    content: bytes
