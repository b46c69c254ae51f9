"""What browsers report that a page tried against its policy: counted by directive, nothing else of it is kept."""

import threading
from collections.abc import Callable
from time import monotonic

import msgspec
from django.http import HttpRequest, HttpResponse

from tongban.kernel.types import Audience
from tongban.web.gate import Gate
from tongban.web.middleware import DIRECTIVES

LARGEST = 16 * 1024
MOST, SECONDS = 60, 60.0
"""Reports that one process reads in a minute: a page that is wrong is wrong for everyone, and a few tell it."""


class Violation(msgspec.Struct):
    """The one thing we want to know."""

    directive: str = msgspec.field(name="effective-directive", default="")


class Report(msgspec.Struct):
    """A report as browsers send it."""

    violation: Violation = msgspec.field(name="csp-report")


class Budget:
    """So many in so many seconds."""

    def __init__(self, most: int = MOST, seconds: float = SECONDS, now: Callable[[], float] = monotonic) -> None:
        self._most, self._seconds, self._now = most, seconds, now
        self._lock = threading.Lock()
        self._since, self._taken = now(), 0

    def take(self) -> bool:
        """Is there room for one more?"""
        with self._lock:
            if self._now() - self._since >= self._seconds:
                self._since, self._taken = self._now(), 0
            self._taken += 1
            return self._taken <= self._most


BUDGET = Budget()


def csp_reports(request: HttpRequest) -> HttpResponse:
    """Take one report; without a session, a token or the database."""
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    if not BUDGET.take():
        return HttpResponse(status=429, headers={"Retry-After": str(int(SECONDS))})
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LARGEST:
        return HttpResponse(status=413)
    try:
        report = msgspec.json.decode(request.body, type=Report)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return HttpResponse(status=400)
    request.violated = named(report.violation.directive)  # type: ignore[attr-defined]
    return HttpResponse(status=204)


def named(directive: str) -> str:
    """A directive of ours; whatever else somebody wrote there is `other`."""
    plain = directive.removesuffix("-elem").removesuffix("-attr")
    return plain if plain in DIRECTIVES else "other"


csp_reports.gate = Gate(audience=Audience.PUBLIC, always=True)  # type: ignore[attr-defined]
csp_reports.csrf_exempt = True  # type: ignore[attr-defined]
