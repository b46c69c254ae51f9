"""What authorities announce."""

from tongban.kernel.events import event


@event()
class RegionsAdded:
    """Regions are known that were not; `digest` is the SHA-256 of their codes in order, one a line."""

    count: int
    digest: str


@event()
class AuthorityAdded:
    """An authority is known."""

    authority: int
    uscc: str
