"""The living page of the design system."""

from django.http import HttpRequest, HttpResponse

from tongban.kernel.errors import NotFound
from tongban.web.gate import anyone
from tongban.web.pages import page

PAGES = frozenset({"index", "start", "question", "check", "confirmation", "tasks", "guide", "results", "matter",
                   "error", "desk", "worklist", "oversight", "sheet"})


@anyone
def design(request: HttpRequest, name: str = "index") -> HttpResponse:
    """Every part and every kind of page, drawn by the templates in use."""
    if name not in PAGES:
        raise NotFound
    return page(request, f"design/{name}.html")
