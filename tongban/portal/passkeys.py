"""Signing in with a passkey, which needs neither name nor password."""

import secrets

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.errors import WrongProof
from tongban.identity.types import ActorKind
from tongban.portal.security import browser_of
from tongban.portal.sessions import device_of, remember
from tongban.web.failures import told
from tongban.web.gate import anyone, in_every_mode
from tongban.web.pages import keep_session, page, safe_path, see_other


@in_every_mode
@anyone
def passkey(request: HttpRequest) -> HttpResponse:
    """Tell the browser what to ask its keys; sign in whoever's key answers."""
    if request.method != "POST":
        return JsonResponse(known.request_options(), headers={"Cache-Control": "no-store"})
    onward, answer = safe_path(request.POST.get("next", "")), request.POST.get("credential", "")
    try:
        login = known.login_of_passkey(answer)
        device = device_of(request, login) or secrets.token_urlsafe(16)
        token = identity.sign_in_by_passkey(answer=answer, given=device, browser=browser_of(request.headers.get("User-Agent", "")))
    except WrongProof as error:
        return page(request, "portal/sign_in.html", status=422, next=onward, carried="", login="", kept="", files=False,
                    problems=[{"href": "#login", "message": told(error)}])
    start = reverse("counter:queue") if known.kind_of(login) is ActorKind.OFFICER else reverse("portal:matters")
    response = see_other(onward or start)
    keep_session(response, token)
    remember(response, login, device)
    return response
