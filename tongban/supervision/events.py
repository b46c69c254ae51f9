"""What supervision announces. The subject is the signal or the order; texts are kept elsewhere, here their hash."""

from tongban.kernel.events import event


@event()
class SignalRaised:
    """A case deserves attention."""

    signal: str
    case_number: str
    rule: str
    kind: int
    family: str


@event()
class SignalNotified:
    """The authority has the signal before it."""

    signal: str
    explain_due_on: str


@event()
class SignalMoved:
    """The authority or a supervisor took a signal one step on."""

    signal: str
    before: str
    after: str
    text_hash: str


@event()
class SignalClosed:
    """The rule ended a signal: the case is finished or went on, or a graver signal took its place."""

    signal: str
    ending: str


@event()
class OrderSent:
    """A supervisor ordered an authority to act."""

    order: int
    signal: str
    due_on: str
    text_hash: str


@event()
class OrderAnswered:
    """The authority answered an order."""

    order: int
    signal: str
    text_hash: str


@event()
class OrderSettled:
    """The supervisor recorded what came of an order."""

    order: int
    signal: str
    text_hash: str


@event()
class ExportAsked:
    """A supervisor wants a list as a file; beyond some rows a second one decides first."""

    export: str
    rows: int
    alone: int
    figure: str
    authorities: list[int]
    text_hash: str


@event()
class ExportApproved:
    """A second supervisor lets so many rows leave."""

    export: str
    rows: int


@event()
class ExportRefused:
    """A second supervisor lets the list not leave, and said why."""

    export: str
    rows: int
    text_hash: str


@event()
class ExportLapsed:
    """Nobody decided in time, or the file was not made in the time an approval holds."""

    export: str


@event()
class ExportMade:
    """The file exists: how many rows it holds, how many were allowed, and the SHA-256 of its bytes."""

    export: str
    rows: int
    allowed: int
    sha256: str


@event()
class ExportFetched:
    """Whoever asked for the file took it away."""

    export: str
    rows: int
