"""Files that come with a request: examined and stored before its transaction begins, so that slow work holds none."""

from typing import Any

from django.http import HttpRequest

from tongban.documents import actions as documents
from tongban.documents.types import ExaminedFile
from tongban.kernel.errors import HouseError


def receive(request: HttpRequest) -> None:
    """Examine the files of a caller who may come in; a refusal waits until the view asks for its file."""
    request.examined = {name: _examined(each) for name, each in request.FILES.items()}  # type: ignore[attr-defined]


def uploaded(request: HttpRequest, name: str) -> ExaminedFile | None:
    """The file of a field, if one came; raises what spoke against it."""
    found: ExaminedFile | HouseError | None = request.examined.get(name)  # type: ignore[attr-defined]
    if isinstance(found, HouseError):
        raise found
    return found


def _examined(upload: Any) -> ExaminedFile | HouseError:
    try:
        return documents.examine_upload(name=upload.name or "", content=upload)
    except HouseError as error:
        return error
