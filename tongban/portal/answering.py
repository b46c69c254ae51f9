"""Who answers for what is kept here: the chain from the node above down to each data set (SEC-03)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tongban.identity import queries as identity
from tongban.identity.types import DATA_SETS
from tongban.portal.places import local_page
from tongban.web.answering import nodes, rows
from tongban.web.gate import anyone


@anyone
def answering(request: HttpRequest) -> HttpResponse:
    """The whole chain, with units, people and their lines on duty."""
    known = identity.answering()
    return local_page(request, "portal/answering.html", topmost=settings.HUB, nodes=nodes(known), sets=rows(known, DATA_SETS),
                      samples=any(each.sample for each in known.values()))
