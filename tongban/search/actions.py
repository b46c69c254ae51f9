"""What keeps the index true. It is made of published items only, so nothing of it is recorded as an event."""

from collections.abc import Iterable
from itertools import chain

from django.conf import settings

from tongban.catalogue import queries as catalogue
from tongban.catalogue.errors import ItemUnknown
from tongban.catalogue.rules import is_listed_code
from tongban.catalogue.types import Status
from tongban.search import clients
from tongban.search.queries import document_of, documents, listed_documents


def rebuild_index() -> None:
    """Build the whole index anew, beside the one in use."""
    clients.rebuild(settings.SEARCH_INDEX, documents)


def update_index(*, codes: Iterable[str]) -> None:
    """Bring these items up to date; those that take no applications are found no more."""
    wanted = sorted(set(codes))
    listed = [code for code in wanted if is_listed_code(code)]
    is_open = {code: _is_open(code) for code in wanted if not is_listed_code(code)}
    clients.replace(settings.SEARCH_INDEX, documents,
                    chain((document_of(code) for code in is_open if is_open[code]), listed_documents(listed)),
                    (code for code in is_open if not is_open[code]))


def _is_open(code: str) -> bool:
    """Does the item take applications? One whose first day has not come does not."""
    try:
        return catalogue.status(code) is Status.IN_USE
    except ItemUnknown:
        return False
