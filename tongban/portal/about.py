"""What we say of ourselves: accessibility, open data."""

from django.http import HttpRequest, HttpResponse

from tongban.catalogue import queries as catalogue
from tongban.portal.places import local_page
from tongban.web.gate import anyone


@anyone
def accessibility(request: HttpRequest) -> HttpResponse:
    """The statement of accessibility."""
    return local_page(request, "portal/accessibility.html")


@anyone
def open_data(request: HttpRequest) -> HttpResponse:
    """What data is open, where, and on what terms."""
    return local_page(request, "portal/open_data.html", total=catalogue.counts().total)
