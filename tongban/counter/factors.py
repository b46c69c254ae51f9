"""How a member of staff proves who they are; the way in for whoever has only a password."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tongban.web.factors import factors_page, place_in
from tongban.web.gate import however_proved, proved_lately, staff


@proved_lately
@however_proved
@staff()
def security(request: HttpRequest) -> HttpResponse:
    """Set up, name and remove one's second factors."""
    return factors_page(request, place=place_in(request, here=reverse("counter:security"), back=reverse("counter:queue")))
