"""What the ledger announces."""

from tongban.kernel.events import event


@event()
class ReadsSealed:
    """The reads of personal data between two instants were digested, so that none can be struck from the list unseen."""

    since: str
    until: str
    count: int
    sha256: str
