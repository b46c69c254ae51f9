"""How pages look for a reader: standard, large text or high contrast, kept in a cookie."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tongban.kernel.errors import NotFound
from tongban.portal.places import YEAR_SECONDS
from tongban.web.gate import anyone
from tongban.web.pages import MODES, safe_path, see_other


@anyone
def mode(request: HttpRequest, mode: str) -> HttpResponse:
    """Keep the look and go back to the page it was chosen on."""
    if mode not in MODES:
        raise NotFound
    response = see_other(safe_path(request.GET.get("back", "")) or reverse("portal:home"))
    response.set_cookie("mode", mode, max_age=YEAR_SECONDS, httponly=True, secure=settings.HTTPS, samesite="Lax")
    return response
