"""How I prove that it is me: passkeys, an app, recovery codes."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tongban.portal.proving import safe
from tongban.web.factors import Place, factors_page
from tongban.web.gate import citizens, proved_lately


@proved_lately
@citizens
def factors(request: HttpRequest) -> HttpResponse:
    """Set up, name and remove one's second factors."""
    here, onward = reverse("portal:factors"), safe(request.GET.get("next", ""))
    return factors_page(request, place=Place(
        here=f"{here}?{urlencode({'next': onward})}" if onward else here, back=onward or reverse("portal:security"), onward=onward))
