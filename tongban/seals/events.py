"""What seals announce."""

from tongban.kernel.events import event


@event()
class SealApplied:
    """An authority applied for a seal."""

    seal: int
    kind: str


@event()
class SealMoved:
    """A seal went from one state of its life to the next."""

    seal: int
    old: str
    new: str


@event()
class DocumentStamped:
    """A document was sealed for a case (SEAL-08)."""

    seal: int
    document_hash: str
    key_id: str
    case_number: str
