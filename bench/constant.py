"""An application that answers everything with one page from memory: what no cache can beat on this server."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

BODY = Path(os.environ["TONGBAN_CONSTANT"]).read_bytes()
HEADERS = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(BODY)))]


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """The page, whatever is asked."""
    start_response("200 OK", HEADERS)
    return [BODY]
