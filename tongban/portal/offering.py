"""Going on at a phone: the code and the question at the computer, the warning and the number on the phone."""

import unicodedata
from contextlib import suppress
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.errors import PairingOver
from tongban.identity.rules import offered_code
from tongban.portal import codes
from tongban.portal.pairing import POLL_SECONDS, place_of
from tongban.portal.security import browser_of
from tongban.web.gate import actor_of, address_of, anyone, citizens, proved_lately
from tongban.web.jinja import datetime_short
from tongban.web.pages import keep_session, page, see_other

COOKIE_SECONDS = 300


@proved_lately
@citizens
def go_on(request: HttpRequest) -> HttpResponse:
    """Say what going on at a phone is; whoever has just proved that it is them is shown a code for it."""
    if request.method != "POST":
        return page(request, "portal/go_on.html", state="begin", asked=False, problems=[])
    kept = identity.offer_phone(actor_of(request), token=request.COOKIES[settings.SESSION_COOKIE_NAME], browser=_browser(request),
                                place=place_of(request), address=address_of(request))
    return _keep(see_other(reverse("portal:phone_code")), kept)


@citizens
def phone_code(request: HttpRequest) -> HttpResponse:
    """Show the code; once a phone opened it, say which and ask for the number it shows: without that it goes on nowhere.

    `?wait` is answered with nothing for as long as the page that asks is still true: a code that ran out is told, and so is a
    newer one of another tab. An answer that comes too late meets the button for a new code.
    """
    kept, token = request.COOKIES.get(settings.PAIRING_COOKIE_NAME, ""), request.COOKIES[settings.SESSION_COOKIE_NAME]
    found = known.offer_at_computer(kept, token)
    turn = f"{_state(found)}-{known.token_hash(kept)[:8]}"
    if "wait" in request.GET:
        return HttpResponse(status=204 if request.GET["wait"] == turn else 200, headers={"Cache-Control": "no-store"})
    problems: list[dict[str, str]] = []
    if request.method == "POST" and found is not None and found.asks:
        number = _digits(request.POST.get("number", "")) if "allow" in request.POST else ""
        if "allow" not in request.POST or len(number) == 2:
            with suppress(PairingOver):
                identity.answer_offer(actor_of(request), token=token, kept=kept, number=number)
            return see_other(reverse("portal:phone_code"))
        problems = [{"href": "#number", "field": "number", "message": _("Type the two digits that the phone shows")}]
    late, code = request.method == "POST" and not problems, offered_code(kept)
    state = "over" if late and found is None else _state(found)
    return _unstored(page(
        request, "portal/go_on.html", status=422 if problems or late else 200, state=state, found=found,
        problems=problems, turn=turn, asked="asked" in request.GET, seconds=POLL_SECONDS,
        near=found is not None and found.phone_place == place_of(request), code=f"{code[:4]} {code[4:]}",
        address=settings.SITE_URL + reverse("portal:on_phone"), picture=codes.drawing(_address(code))))


@anyone
def on_phone(request: HttpRequest) -> HttpResponse:
    """The phone: type or scan the code, read whose it is, show the number to be typed at the computer, go on signed in."""
    if getattr(request, "actor", None) is not None:
        return page(request, "portal/on_phone.html", state="signed_in", problems=[])
    kept, code = request.COOKIES.get(settings.PAIRING_COOKIE_NAME, ""), _digits(request.GET.get("code", ""))
    if "code" in request.GET or request.method == "POST":
        return _opened(request, code) if len(code) == 8 else _unlike_a_code(request)
    found = known.offer_at_phone(kept)
    if "wait" in request.GET:
        return HttpResponse(status=204 if found is not None and found.asks else 200, headers={"Cache-Control": "no-store"})
    if found is not None and found.allowed and (token := identity.use_offer(kept=kept, browser=_browser(request))):
        response = see_other(reverse("portal:matters"))
        keep_session(response, token)
        response.delete_cookie(settings.PAIRING_COOKIE_NAME)
        return response
    return _unstored(page(request, "portal/on_phone.html", state=_state(found), found=found, problems=[],
                          typed="", asked="asked" in request.GET, seconds=POLL_SECONDS))


def _opened(request: HttpRequest, code: str) -> HttpResponse:
    """What a code leads to: looked at, nothing happens; opened, this phone waits for the computer, and no other one does."""
    identity.check_unknown_offers(address=address_of(request))
    found = known.offer(code)
    if found is None or not found.waits:
        if found is None:
            identity.note_unknown_offer(address=address_of(request))
        over = _("Another phone has opened this code. Was it not you? Say no at the computer and show a new one") if (
            found is not None and found.asks) else _("No computer shows this code now: it works once, for two minutes. Show a new one")
        return _unstored(page(request, "portal/on_phone.html", status=422, state="begin",
                              problems=[{"href": "#code", "field": "code", "message": over}], typed=request.GET.get("code", "")))
    if request.method == "POST":
        kept = identity.take_offer(code=code, browser=_browser(request), place=place_of(request))
        return _keep(see_other(reverse("portal:on_phone")), kept)
    return _unstored(page(request, "portal/on_phone.html", state="question", found=found, problems=[],
                          offered=datetime_short(found.asked_at), near=found.place == place_of(request)))


def _unlike_a_code(request: HttpRequest) -> HttpResponse:
    """What was typed is no code at all: nobody is accused of guessing, and nothing has to be typed anew."""
    return _unstored(page(request, "portal/on_phone.html", status=422, state="begin", typed=request.GET.get("code", "")[:12], problems=[
        {"href": "#code", "field": "code", "message": _("Type the eight digits that the computer shows")}]))


def _state(found: known.OfferRow | None) -> str:
    """Where the matter stands, as both pages name it."""
    if found is None:
        return "begin"
    named = {"waits": found.waits, "asks": found.asks, "allowed": found.allowed, "used": found.used, "refused": found.refused}
    return next((name for name, holds in named.items() if holds), "over")


def _digits(typed: str) -> str:
    """What was typed as digits, however they were typed."""
    return "".join(each for each in unicodedata.normalize("NFKC", typed) if each in "0123456789")[:9]


def _address(code: str) -> str:
    return f"{settings.SITE_URL}{reverse('portal:on_phone')}?{urlencode({'code': code})}"


def _browser(request: HttpRequest) -> str:
    return browser_of(request.headers.get("User-Agent", ""))


def _keep(response: HttpResponse, kept: str) -> HttpResponse:
    response.set_cookie(settings.PAIRING_COOKIE_NAME, kept, max_age=COOKIE_SECONDS, httponly=True, secure=settings.HTTPS,
                        samesite="Strict")
    return response


def _unstored(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
