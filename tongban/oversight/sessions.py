"""Leaving oversight."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tongban.identity import actions as identity
from tongban.identity.types import Role
from tongban.oversight.frame import link
from tongban.web.gate import actor_of, however_proved, in_every_mode, staff
from tongban.web.pages import see_other


@however_proved
@in_every_mode
@staff(Role.SUPERVISOR)
def sign_out(request: HttpRequest) -> HttpResponse:
    """Close the session; the browser forgets what it stored. The way back in leads here again."""
    if request.method != "POST":
        return see_other(link("home"))
    identity.sign_out(actor_of(request), token=request.COOKIES[settings.SESSION_COOKIE_NAME])
    response = see_other(f"{reverse('portal:sign_in')}?next={link('home')}")
    response.delete_cookie(settings.SESSION_COOKIE_NAME)
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
