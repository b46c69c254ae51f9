"""What every page of oversight shares: whose authorities, which page of a list, links, and the frame around it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from tongban.authorities import queries as authorities
from tongban.identity.types import Actor, Role
from tongban.kernel.types import Text
from tongban.web.gate import actor_of
from tongban.web.jinja import say
from tongban.web.pages import page

PAGE = 20
LARGEST = 2**62
BATCH, BATCHES = 100, 10
"""A filter that the query does not know looks at this many rows at a time and at this many times for one page."""


class Keyed(Protocol):
    """A row of a list that is paged by its key."""

    @property
    def id(self) -> int: ...


Row = TypeVar("Row", bound=Keyed)
Fetch = Callable[[int | None, int], list[Row]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One page of a list; `after` is the key the next page goes on from, None at the end."""

    rows: Sequence[Any]
    after: int | None


def draw(request: HttpRequest, template: str, *, section: str, status: int = 200, **names: Any) -> HttpResponse:
    """A page of oversight with its sections and whoever sits before it."""
    problems = names.get("problems")
    return page(request, f"oversight/{template}.html", status=422 if problems else status, section=section,
                sections=_sections(), station=_station(actor_of(request)), **names)


def supervised(actor: Actor) -> tuple[int, ...]:
    """The authorities the actor supervises; other posts give no sight here."""
    return tuple(sorted({post.authority for post in actor.posts if post.role is Role.SUPERVISOR}))


def chosen(request: HttpRequest) -> tuple[tuple[int, ...], int | None]:
    """The authorities to show: the one a link names if it is supervised, else all; and which one was named."""
    keys = supervised(actor_of(request))
    asked = key_in(request, "authority")
    return ((asked,), asked) if asked in keys and asked is not None else (keys, None)


def key_in(request: HttpRequest, name: str) -> int | None:
    """A key from the address; None unless it is one."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 and int(text) < LARGEST else None


def offices(keys: Sequence[int]) -> Mapping[int, str]:
    """Short names of authorities by key, in the order of the keys."""
    return {key: say(authorities.authority(key).short_name) for key in keys}


def office_options(actor: Actor) -> list[dict[str, str]]:
    """The authorities to choose from."""
    known = offices(supervised(actor))
    return [{"value": "", "label": gettext("All my authorities")},
            *({"value": str(key), "label": name} for key, name in known.items())]


def link(route: str, *arguments: object, **query: object) -> str:
    """The path of a page of oversight with a query; empty values are left out."""
    asked = urlencode({name: str(value) for name, value in query.items() if value not in ("", None)})
    return reverse(f"oversight:{route}", args=arguments) + (f"?{asked}" if asked else "")


def linked(value: object, href: str) -> SafeString:
    """A number that opens into what it is made of."""
    return format_html('<a href="{}">{}</a>', href, f"{value:,}" if isinstance(value, int) else value)


def first_page(fetch: Fetch[Row], before: int | None) -> Slice:
    """One page of rows, newest first."""
    found = fetch(before, PAGE + 1)
    return Slice(rows=found[:PAGE], after=found[PAGE - 1].id if len(found) > PAGE else None)


def sifted(fetch: Fetch[Row], keep: Callable[[Row], bool], before: int | None) -> Slice:
    """One page of the rows to keep; a short one where few of very many are, and the next goes on from there."""
    kept: list[Row] = []
    for _turn in range(BATCHES):
        found = fetch(before, BATCH)
        for row in found:
            if keep(row):
                if len(kept) == PAGE:
                    return Slice(rows=kept, after=kept[-1].id)
                kept.append(row)
        if len(found) < BATCH:
            return Slice(rows=kept, after=None)
        before = found[-1].id
    return Slice(rows=kept, after=before)


def pages(request: HttpRequest, found: Slice, *, route: str, exact: int | None = None,
          **query: object) -> dict[str, Any]:
    """What the pager says: exact where it is known, else "more than" while there is more."""
    before = key_in(request, "before")
    shown = len(found.rows)
    if exact is None and before is None and found.after is None:
        exact = shown
    return {"shown": shown, "exact": exact, "more_than": shown if exact is None and found.after else None,
            "first_href": link(route, **query) if before else "",
            "next_href": link(route, **query, before=found.after) if found.after else ""}


def item_name(names: Mapping[str, Text], code: str) -> str:
    """The name of an item, or its code when it is no longer offered."""
    return say(names[code]) if code in names else code


def _sections() -> list[dict[str, str]]:
    return [{"key": key, "label": label, "href": link(key)} for key, label in (
        ("home", gettext("Overview")), ("cases", gettext("Cases")), ("signals", gettext("Supervision signals")),
        ("reviews", gettext("Reviews")), ("rectifications", gettext("Rectifications")), ("exports", gettext("Files")))]


def _station(actor: Actor) -> str:
    keys = supervised(actor)
    if len(keys) == 1:
        return f"{offices(keys)[keys[0]]} · {say(actor.name)}"
    return gettext("{count} authorities · {name}").format(count=len(keys), name=say(actor.name))
