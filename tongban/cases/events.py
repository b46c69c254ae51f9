"""What happens to a case. The subject of each is the case number; free text lives in erasable rows, here its hash."""

from tongban.kernel.events import event


@event()
class DraftStarted:
    """Someone began an application."""

    item_code: str


@event()
class CaseSubmitted:
    """An application was received (收件)."""

    item_code: str
    item_version: int
    received_on: str
    draft: str = ""
    intake_due_at: str = ""


@event()
class CaseAccepted:
    """The authority must now decide within the limits (受理); `deemed` if its silence did it."""

    deemed: bool
    promised_due_at: str
    statutory_due_at: str
    accepted_at: str = ""


@event()
class CaseDeclined:
    """The application was not accepted, on one of the grounds the law knows (不予受理)."""

    ground: str
    reason_hash: str


@event()
class CorrectionsRequested:
    """The applicant was told once, completely, what is missing (一次性告知); `notice` 2: again, as allowed."""

    phase: str
    count: int
    due_at: str
    notice: int = 1


@event()
class SecondNoticeAllowed:
    """A supervisor allowed the applicant to be told a second time what is missing."""

    phase: str
    reason_hash: str


@event()
class UnsealedActAllowed:
    """A supervisor allowed one act on this case although nothing was being sealed (security 5.4)."""

    act: str
    until: str
    reason_hash: str


@event()
class CorrectionsAnswered:
    """The applicant handed in what was missing; before acceptance the time for an answer begins anew."""

    phase: str
    received_on: str = ""
    intake_due_at: str = ""
    promised_due_at: str = ""
    statutory_due_at: str = ""


@event()
class PromiseKept:
    """Materials promised for later have come (容缺后补)."""

    materials: list[str]


@event()
class PromiseBroken:
    """Materials promised for later did not come by their last day (容缺逾期)."""

    materials: list[str]


@event()
class CaseExamined:
    """An officer finished a step of the examination; after a visit to the site, its day and who was there too."""

    task: str
    verb: str
    recommends: bool
    opinion_hash: str
    visited_on: str = ""
    companion: str = ""


@event()
class CaseReturned:
    """Whoever was to decide had a finished step of the examination done again (退回); the clocks run on."""

    task: str
    reason_hash: str


@event()
class CaseSuspended:
    """The clock stops for a special procedure."""

    procedure: str
    announced_end: str


@event()
class CaseResumed:
    """The clock runs again."""

    procedure: str
    promised_due_at: str
    statutory_due_at: str


@event()
class CaseExtended:
    """The statutory limit was extended once."""

    days: int
    statutory_due_at: str
    reason_hash: str = ""
    promised_due_at: str = ""


@event()
class CaseDueChanged:
    """The working days changed, and with them when clocks of the case end: old and new instant by clock (TIM-13)."""

    changes: dict[str, tuple[str, str]]


@event()
class CaseDecided:
    """The authority granted or refused (决定)."""

    outcome: str
    reason_hash: str
    item_code: str
    item_version: int


@event()
class CaseConcluded:
    """The case is finished (办结)."""

    outcome: str
    completion_kind: str
    item_code: str


@event()
class CaseDelivered:
    """The applicant has the result in hand (送达)."""


@event()
class CaseWithdrawn:
    """The applicant took the application back."""


@event()
class CaseClosed:
    """What was asked did not come in time (补正不来办结)."""

    phase: str


@event()
class ViewSaved:
    """An officer saved a queue under a name of their own."""

    view: int


@event()
class ViewRemoved:
    """An officer removed a saved queue."""

    view: int


@event()
class CaseVoided:
    """A supervisor voided the case."""

    reason_hash: str


@event()
class DraftsErased:
    """Someone's drafts went with their account."""

    count: int


@event()
class CasesErased:
    """The content of a case is past its time and gone; number, dates, outcome and proofs stay."""


@event()
class DraftsMoved:
    """Drafts go on for the party that another one was merged into."""

    merged: int
    count: int


@event()
class SecondStopAllowed:
    """A supervisor allowed the clock to be stopped once more for a procedure it was stopped for before."""

    procedure: str
    reason_hash: str
