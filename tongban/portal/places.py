"""Where the reader is at home: chosen by links, kept in a cookie, said in the header of every public page."""

import re
from functools import lru_cache
from time import monotonic
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.authorities import queries as authorities
from tongban.authorities.errors import RegionUnknown
from tongban.authorities.rules import prefix_of
from tongban.authorities.types import RegionRow
from tongban.catalogue import queries as catalogue
from tongban.web.gate import anyone
from tongban.web.jinja import say
from tongban.web.pages import page, safe_path, see_other

COOKIE = "region"
YEAR_SECONDS = 365 * 24 * 3600
FRESH_SECONDS = 60
CODE = re.compile("[0-9]{12}")


@anyone
def region(request: HttpRequest) -> HttpResponse:
    """Choose an area, from the province down; `choose` keeps it, `choose=none` forgets it."""
    back = safe_path(request.GET.get("back", ""))
    wanted = request.GET.get("choose", "")
    if wanted:
        return _keep(wanted, back or reverse("portal:home"))
    path = path_of(request.GET.get("in", ""))
    return local_page(request, "portal/region.html", back=back, path=path, here=path[-1] if path else None,
                      rows=_below(path[-1] if path else None), chosen=region_of(request))


def local_page(request: HttpRequest, template: str, *, status: int = 200, **names: Any) -> HttpResponse:
    """A page that says in its header where the reader is at home."""
    return page(request, template, status=status, region=region_name(request), **names)


def region_of(request: HttpRequest) -> str:
    """The code of the area the reader chose, or nothing."""
    path = path_of(request.COOKIES.get(COOKIE, ""))
    return path[-1].code if path else ""


def region_name(request: HttpRequest) -> str:
    """The area the reader chose, from the province down; the whole country while none is chosen."""
    return " · ".join(say(each.name) for each in path_of(request.COOKIES.get(COOKIE, ""))) or _("Whole country")


def path_of(code: str) -> tuple[RegionRow, ...]:
    """An area and all above it, from the province down; nothing where there is no such area."""
    return _path(code, int(monotonic() / FRESH_SECONDS)) if CODE.fullmatch(code) else ()


@lru_cache(maxsize=4096)
def _path(code: str, moment: int) -> tuple[RegionRow, ...]:
    try:
        return authorities.region_path(code)
    except RegionUnknown:
        return ()


def _keep(wanted: str, onward: str) -> HttpResponse:
    response = see_other(onward)
    if path_of(wanted):
        response.set_cookie(COOKIE, wanted, max_age=YEAR_SECONDS, httponly=True, secure=settings.HTTPS, samesite="Lax")
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
    return response


def _below(here: RegionRow | None) -> list[dict[str, Any]]:
    """The areas right below one, with the number of services offered in each."""
    counts = catalogue.counts().regions
    below = authorities.children(here.code if here else "")
    divided = authorities.with_children(each.code for each in below)
    return [{"code": each.code, "name": each.name, "goes_on": each.code in divided,
             "count": sum(count for code, count in counts.items()
                          if code.startswith(prefix_of(each.code, each.level)))} for each in below]
