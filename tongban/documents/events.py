"""What documents announce."""

from tongban.kernel.events import event


@event()
class DocumentKept:
    """A file was stored under the hash of its content; `simulated_scan` says that no real scanner looked at it."""

    document: int
    sha256: str
    media_type: str
    size: int
    made: bool
    simulated_scan: bool


@event()
class DocumentPassed:
    """A file from outside was looked at once more and is read inside from now on."""

    document: int
    simulated_scan: bool


@event()
class DocumentHeld:
    """A file from outside was held at the gate for a flaw that was not found, or not looked for, when it was handed in."""

    document: int
    flaw: str
    simulated_scan: bool


@event()
class DocumentsShared:
    """An authority may read these files from now on."""

    documents: tuple[int, ...]
    authority: int


@event()
class DocumentsForgotten:
    """Files were forgotten: what lies in the store can be read by nobody."""

    documents: tuple[int, ...]
