"""What may be said in a log, one JSON object a line: which route, never the address asked for; no number that belongs to a person."""

import json
import logging
import re
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any

from tongban.kernel.codes import conceal

DETAIL = re.compile(r"^(DETAIL|CONTEXT): .*?(?=^[A-Z]+: |^\s*$|^The above|^During|\Z)", re.DOTALL | re.MULTILINE)
"""What PostgreSQL adds to an error: the row as it was written."""
NOWHERE = "an address that leads nowhere"


def clean(text: str) -> str:
    """The text without numbers of people and without the rows that a database error quotes."""
    return conceal(DETAIL.sub("", text))


class Discreet(logging.Formatter):
    """What libraries say, in the form of our own lines and without what must not be kept; of a request it names the route."""

    def format(self, record: logging.LogRecord) -> str:
        said = {"event": _message(record), "logger": record.name, "level": record.levelname.lower(),
                "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")}
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return json.dumps({name: clean(text) for name, text in said.items()}, ensure_ascii=False)


def _message(record: logging.LogRecord) -> str:
    request = getattr(record, "request", None)
    if request is None:
        return record.getMessage()
    found = getattr(request, "resolver_match", None)
    route = f"/{found.route}" if found else NOWHERE
    return logging.makeLogRecord({**record.__dict__, "args": _without(record.args, request.path, route)}).getMessage()


def discreet(_logger: object, _method: str, said: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """The same for what we log ourselves; a processor before the text is written."""
    return {name: clean(value) if isinstance(value, str) else value for name, value in said.items()}


def _without(args: Any, path: str, route: str) -> Any:
    shown = {path, path.encode("unicode_escape").decode("ascii")}
    return tuple(route if each in shown else each for each in args) if isinstance(args, tuple) else args
