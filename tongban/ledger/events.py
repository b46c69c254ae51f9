"""What the ledger announces."""

from tongban.kernel.events import event


@event()
class ReadsSealed:
    """The reads of personal data between two instants were digested, so that none can be struck from the list unseen."""

    since: str
    until: str
    count: int
    sha256: str


@event()
class WitnessAdded:
    """From now on this witness is asked to cosign the record."""

    name: str
    key: str


@event()
class WitnessRetired:
    """This witness is not asked any more."""

    name: str


@event()
class WitnessRefused:
    """A witness does not find in the record what it saw before: it knows `known` entries, we showed `size`."""

    name: str
    verdict: str
    known: int
    size: int


@event()
class WitnessingBegun:
    """From now on this node cosigns a record of others, signed by this key."""

    origin: str
    key: str


@event()
class WitnessingBegunAnew:
    """This node agreed to forget what it saw of a record of others, `size` entries, and to begin again."""

    origin: str
    size: int


@event()
class LogRefused:
    """A record of others was signed that does not continue what this node saw of it; both checkpoints are kept."""

    origin: str
    verdict: str
    known: int
    size: int


@event()
class RecordRestored:
    """The database was restored from a backup: entries after `kept` are given anew."""

    kept: int


@event()
class UnsealedActDone:
    """One act was done by a supervisor's leave although nothing was being sealed."""

    act: str
