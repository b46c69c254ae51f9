"""The page on which people and staff set up, name and remove their second factors; each surface has its own way to it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import segno
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from markupsafe import Markup

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.errors import (
    DeviceUnknown,
    FactorUnknown,
    StepUpNeeded,
    TooManyGuessesToday,
    WayNotOpen,
    WrongProof,
)
from tongban.identity.types import Actor, Factor, NewFactor, Strength
from tongban.web.failures import told
from tongban.web.gate import actor_of
from tongban.web.jinja import datetime_short
from tongban.web.pages import keep_session, page, safe_path, see_other

LONGEST_NAME, LONGEST = 40, 20_000
SETUP_SECONDS = 900
REFUSALS = (DeviceUnknown, FactorUnknown, TooManyGuessesToday, WayNotOpen, WrongProof)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the page stands and where it leads back to; `onward`: where its reader was heading, if they were sent here.

    `carried`: what they had posted there, sealed for their account.
    """

    here: str
    back: str
    onward: str = ""
    carried: str = ""

    def with_(self, more: str) -> str:
        """The page's own address, with more said in it."""
        return f"{self.here}{'&' if '?' in self.here else '?'}{more}"


def place_in(request: HttpRequest, *, here: str, back: str) -> Place:
    """The place of the page for whoever asks: it leads back to where they were sent here from."""
    onward = safe_path(request.GET.get("next", ""))
    return Place(here=f"{here}?{urlencode({'next': onward})}" if onward else here, back=onward or back, onward=onward,
                 carried=request.POST.get("carried", "") if onward else "")


def factors_page(request: HttpRequest, *, place: Place) -> HttpResponse:
    """List them, set up another, remove one; with one factor only whoever has no second one may come in, to set it up."""
    actor = actor_of(request)
    if actor.strength is Strength.S1 and known.second_ways(actor):
        raise StepUpNeeded(needed=int(Strength.S2))
    if request.GET.get("options") == "new":
        return JsonResponse(known.new_passkey(actor), headers={"Cache-Control": "no-store"})
    if request.method != "POST":
        return _shown(request, actor, place)
    act = request.POST.get("act", "")
    try:
        return _done(request, actor, act, place)
    except REFUSALS as error:
        field = "code" if act == "totp" else "passkey-name"
        return _shown(request, actor, place, secret=_secret(actor, request.POST.get("setup", "")) if act == "totp" else "",
                      problems=[{"href": f"#{field}", "field": field, "message": told(error)}])


def _done(request: HttpRequest, actor: Actor, act: str, place: Place) -> HttpResponse:
    token = request.COOKIES[settings.SESSION_COOKIE_NAME]
    if request.POST.get("remove", "").isdecimal():
        identity.remove_factor(actor, token=token, key=int(request.POST["remove"][:18]))
        return _again(request, actor, place, "removed")
    if request.POST.get("forget", "").isdecimal():
        identity.remove_device(actor, token=token, key=int(request.POST["forget"][:18]))
        return _again(request, actor, place, "forgotten")
    return _set_up(request, actor, act, place)


def _set_up(request: HttpRequest, actor: Actor, act: str, place: Place) -> HttpResponse:
    token = request.COOKIES[settings.SESSION_COOKIE_NAME]
    name = " ".join(request.POST.get("name", "").split())[:LONGEST_NAME]
    if act == "begin":
        return _shown(request, actor, place, secret=known.new_secret())
    if act == "totp":
        secret, code = _secret(actor, request.POST.get("setup", "")), "".join(request.POST.get("code", "").split())
        if not secret or len(code) > LONGEST_NAME:
            raise WrongProof
        made = identity.add_totp(actor, token=token, secret=secret, code=code, name=name or _("App with codes"))
        return _added(request, actor, made, place)
    if act == "passkey":
        made = identity.add_passkey(actor, token=token, answer=request.POST.get("credential", "")[:LONGEST],
                                    name=name or _("Passkey"))
        return _added(request, actor, made, place)
    if act == "recovery" and known.factors_of(actor.account):
        return _shown(request, actor, place, codes=identity.make_recovery_codes(actor))
    return _again(request, actor, place)


def _added(request: HttpRequest, actor: Actor, made: NewFactor, place: Place) -> HttpResponse:
    """The recovery codes are shown this once; the session has a new token, and two factors behind it."""
    response: HttpResponse = (_shown(request, actor, place, codes=made.recovery_codes) if made.recovery_codes
                              else _again(request, actor, place, "added"))
    keep_session(response, made.token)
    return response


def _again(request: HttpRequest, actor: Actor, place: Place, done: str = "") -> HttpResponse:
    """The page anew by its address; at once if something is carried, which no address can hold."""
    if place.carried:
        return _shown(request, actor, place, done=done)
    return see_other(place.with_(f"done={done}") if done else place.here)


def _shown(request: HttpRequest, actor: Actor, place: Place, *, secret: str = "", codes: tuple[str, ...] = (),
           problems: list[dict[str, Any]] | None = None, done: str = "") -> HttpResponse:
    allowed = known.factors_allowed(actor.kind)
    rows = [{"key": each.key, "title": each.name, "kind": _("Passkey") if each.kind is Factor.PASSKEY else _("App with codes"),
             "text": _("Set up {added}, last used {used}").format(
                 added=datetime_short(each.added_at), used=datetime_short(each.used_at)) if each.used_at else
             _("Set up {added}, not used so far").format(added=datetime_short(each.added_at))}
            for each in known.factors_of(actor.account)]
    devices = [{"key": each.key, "title": each.browser or _("A browser that does not say its name"), "here": each.here,
                "text": _("Known since {first}, last used {last}").format(first=datetime_short(each.first_at),
                                                                          last=datetime_short(each.last_at))}
               for each in known.devices_of(actor.account, request.COOKIES[settings.SESSION_COOKIE_NAME])]
    response = page(
        request, "portal/factors.html", status=422 if problems else 200, rows=rows, devices=devices, place=place, codes=codes,
        problems=problems or [], done="added" if codes and not rows else done or request.GET.get("done", ""), secret=secret,
        setup=signing.dumps([actor.account, secret], salt="totp") if secret else "", picture=_picture(actor, secret),
        spaced=" ".join(secret[at:at + 4] for at in range(0, len(secret), 4)), recovery_left=known.recovery_left(actor.account),
        passkeys=Factor.PASSKEY in allowed, totp=Factor.TOTP in allowed)
    response["Cache-Control"] = "no-store"
    return response


def _picture(actor: Actor, secret: str) -> str:
    """The secret as a QR code that an app reads, drawn inside the page: our policy loads no picture from a data address."""
    if not secret:
        return ""
    made = segno.make(known.totp_address(actor, secret), error="m", micro=False)
    return Markup(made.svg_inline(border=4, scale=4, light="#fff", svgclass=None, lineclass=None))  # noqa: S704 - squares only


def _secret(actor: Actor, written: str) -> str:
    try:
        account, secret = signing.loads(written, salt="totp", max_age=SETUP_SECONDS)
    except signing.BadSignature:
        return ""
    return str(secret) if account == actor.account else ""
