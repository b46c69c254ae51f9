"""Acts on a page: what each asks, what it brings about, and what happens when one is sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext

from tongban.cases.errors import Incomplete
from tongban.kernel.errors import HouseError, NotFound, Refusal
from tongban.oversight.words import said
from tongban.web import refusals
from tongban.web.words import Words, typed

Doing = Callable[[], None]


class ChoiceMissing(Refusal):
    """Choose one of the answers."""


class DayMissing(Refusal):
    """Give the day as year, month and day."""


class ActUnknown(Refusal):
    """What you chose cannot be done here any more. Look at the page again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question of an act: a text, a choice among `options`, or a day."""

    name: str
    label: Words
    options: Sequence[tuple[str, Words]] = ()
    hint: Words = ""
    kind: str = "text"
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a supervisor may do now, what it asks and what follows from it."""

    name: str
    title: Words
    consequence: Words
    asks: Sequence[Ask] = ()
    danger: bool = False


def perform(request: HttpRequest, acts: Sequence[Act], doings: Mapping[str, Doing]) -> list[dict[str, Any]]:
    """Do what was sent; what is refused comes back as the lines of an error summary."""
    name = request.POST.get("act", "")
    act = next((each for each in acts if each.name == name), None)
    try:
        if act is None or name not in doings:
            raise ActUnknown
        doings[name]()
    except NotFound:
        raise
    except Incomplete as error:
        return [{"href": _place(act), "message": gettext(each.message)} for each in error.problems]
    except HouseError as error:
        refusals.note(request, error)
        return [{"href": _place(act), "message": said(error)}]
    return []


def choice(request: HttpRequest, name: str, allowed: Sequence[str]) -> str:
    """One of the allowed answers."""
    given = request.POST.get(name, "")
    if given not in allowed:
        raise ChoiceMissing
    return given


def day(request: HttpRequest, name: str) -> date:
    """A day as browsers send it."""
    try:
        return date.fromisoformat(request.POST.get(name, ""))
    except ValueError:
        raise DayMissing from None


def kept(request: HttpRequest) -> dict[str, str]:
    """What was typed, to be shown again after a refusal."""
    return {name: typed(request, name) for name in request.POST if name != "csrfmiddlewaretoken"}


def _place(act: Act | None) -> str:
    if act is None:
        return "#main"
    return f"#{act.name}-{act.asks[0].name}" if act.asks else f"#{act.name}"
