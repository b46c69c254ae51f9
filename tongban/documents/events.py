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
class DocumentsShared:
    """An authority may read these files from now on."""

    documents: tuple[int, ...]
    authority: int


@event()
class DocumentsForgotten:
    """Files were forgotten: what lies in the store can be read by nobody."""

    documents: tuple[int, ...]
