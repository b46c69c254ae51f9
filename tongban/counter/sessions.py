"""Leaving the desk."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tongban.identity import actions as identity
from tongban.web.gate import actor_of, however_proved, in_every_mode, staff
from tongban.web.pages import see_other


@however_proved
@in_every_mode
@staff()
def sign_out(request: HttpRequest) -> HttpResponse:
    """Close the session; the browser forgets what it stored."""
    if request.method != "POST":
        return see_other(reverse("counter:queue"))
    identity.sign_out(actor_of(request), token=request.COOKIES[settings.SESSION_COOKIE_NAME])
    response = see_other(reverse("portal:home"))
    response.delete_cookie(settings.SESSION_COOKIE_NAME)
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
