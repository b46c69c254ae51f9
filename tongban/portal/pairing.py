"""Signing in a computer by phone: the picture on the one, the question on the other."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.actions.pairing import code_of
from tongban.identity.errors import PairingOver
from tongban.portal import codes
from tongban.portal.security import browser_of
from tongban.web.gate import actor_of, address_of, anyone, citizens, proved_lately
from tongban.web.jinja import datetime_short
from tongban.web.pages import keep_session, page, see_other

POLL_SECONDS = 3
COOKIE_SECONDS = 180


@anyone
def by_phone(request: HttpRequest) -> HttpResponse:
    """Show a code and, once the phone said yes, go on signed in.

    A page that loads itself again would throw whoever hears it back to its top, so its script asks instead: `?wait` is
    answered with nothing for as long as there is nothing. Whoever has no scripts presses the button: `?asked`.
    """
    kept, browser = request.COOKIES.get(settings.PAIRING_COOKIE_NAME, ""), browser_of(request.headers.get("User-Agent", ""))
    if request.method == "POST":
        asked = identity.ask_to_pair(browser=browser, place=place_of(request), address=address_of(request))
        response = see_other(reverse("portal:by_phone"))
        response.set_cookie(settings.PAIRING_COOKIE_NAME, asked, max_age=COOKIE_SECONDS,
                            httponly=True, secure=settings.HTTPS, samesite="Strict")
        return response
    found = known.pairing(code_of(kept)) if kept else None
    waits = found is not None and found.waits
    if "wait" in request.GET:
        return HttpResponse(status=204 if waits else 200, headers={"Cache-Control": "no-store"})
    if found is not None and found.allowed and (token := identity.use_pairing(kept=kept, browser=browser)):
        response = see_other(reverse("portal:matters"))
        keep_session(response, token)
        response.delete_cookie(settings.PAIRING_COOKIE_NAME)
        return response
    shown = page(request, "portal/by_phone.html", waits=waits, asked="asked" in request.GET, seconds=POLL_SECONDS,
                 refused=found is not None and found.answered, over=found is not None and not found.answered)
    shown["Cache-Control"] = "no-store"
    return shown


@anyone
def picture(request: HttpRequest) -> HttpResponse:
    """The code of the browser that asks for it, as a picture; no other browser's."""
    kept = request.COOKIES.get(settings.PAIRING_COOKIE_NAME, "")
    if not kept:
        raise PairingOver
    address = settings.SITE_URL + reverse("portal:pair") + "?" + urlencode({"code": code_of(kept)})
    return HttpResponse(codes.picture(address), content_type="image/svg+xml", headers={"Cache-Control": "no-store"})


@proved_lately
@citizens
def pair(request: HttpRequest) -> HttpResponse:
    """Ask whoever holds the phone whether that computer is theirs; saying yes needs a fresh proof."""
    actor, code = actor_of(request), request.GET.get("code", "")[:64]
    found = known.pairing(code)
    if found is None or not found.waits:
        raise PairingOver
    if request.method == "POST":
        identity.answer_pairing(actor, token=request.COOKIES[settings.SESSION_COOKIE_NAME], code=code,
                                allowed="allow" in request.POST)
        return page(request, "portal/paired.html", allowed="allow" in request.POST)
    holder = known.party(actor.party) if actor.party else None
    return page(request, "portal/pair.html", name=holder.name if holder else actor.display, browser=found.browser,
                asked=datetime_short(found.asked_at), place=found.place, near=found.place == place_of(request))


def place_of(request: HttpRequest) -> str:
    """The network somebody is in, not who they are in it: the first half of an address."""
    address = address_of(request)
    if ":" in address:
        return ":".join(address.split(":")[:3])[:36] + ":…"
    return ".".join(address.split(".")[:2])[:36] + ".…"
