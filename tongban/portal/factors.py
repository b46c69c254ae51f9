"""How I prove that it is me: passkeys, an app, recovery codes."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tongban.web.factors import factors_page, place_in
from tongban.web.gate import citizens, proved_lately


@proved_lately
@citizens
def factors(request: HttpRequest) -> HttpResponse:
    """Set up, name and remove one's second factors."""
    return factors_page(request, place=place_in(request, here=reverse("portal:factors"), back=reverse("portal:security")))
