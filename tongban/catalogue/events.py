"""What the catalogue announces."""

from tongban.kernel.events import event


@event()
class FormPublished:
    """A form has a new version."""

    form: str
    version: int


@event()
class ProcessPublished:
    """A process has a new version."""

    process: str
    version: int


@event()
class ItemScheduled:
    """A version of an item is published and takes effect on a later day."""

    code: str
    version: int
    effective_from: str


@event()
class ItemPublished:
    """A version of an item is in force."""

    code: str
    version: int


@event()
class ItemSuspended:
    """No applications are taken for an item until it is resumed."""

    code: str


@event()
class ItemResumed:
    """Applications are taken for an item again."""

    code: str


@event()
class ItemCancelled:
    """An item ended; its code stays reserved."""

    code: str


@event()
class DemandNoted:
    """An item was applied for so many times more."""

    code: str
    count: int


@event()
class ItemListed:
    """A version of an item that another system names is known; `digest` is the SHA-256 of its record."""

    code: str
    version: int
    digest: str
