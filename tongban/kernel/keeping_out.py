"""What was kept out because it bore a mark of secrecy stands in the log: which mark, in what and where, not a word of it."""

from tongban.kernel import database, events
from tongban.kernel.events import event
from tongban.kernel.secrecy import KINDS, Place
from tongban.kernel.types import Who


@event()
class SecretKeptOut:
    """A file or something typed bore a mark of secrecy and was not taken (SEC-14)."""

    mark: str
    kind: str
    place: str
    route: str
    item: str = ""


def note(who: Who, *, mark: str, place: Place, route: str, item: str = "") -> None:
    """Note that something with a mark was kept out at a route, and for which service if that is known."""
    with database.atomic():
        events.record(who, SecretKeptOut(mark=mark, kind=KINDS[mark], place=place, route=route, item=item), subject="secrecy")
