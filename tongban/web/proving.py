"""The page on which someone signed in proves once more who they are; what they had posted goes through it unharmed."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tongban.identity import queries as identity
from tongban.identity.types import Actor, ActorKind, Factor, Strength
from tongban.kernel import clock, database, parameters
from tongban.kernel.errors import SignInRequired
from tongban.web.pages import page

CARRIED_LIMIT = 200_000


def prove_first(request: HttpRequest, *, status: int = 403, needed: Strength = Strength.S1,
                only: Factor | None = None) -> HttpResponse:
    """The page in place of the one that was asked for; what was posted is carried through it so that nothing is lost."""
    actor: Any = getattr(request, "actor", None)
    if not isinstance(actor, Actor):
        raise SignInRequired
    posted = {name: values for name, values in request.POST.lists()
              if name not in ("csrfmiddlewaretoken", "present") and "password" not in name}
    kept = carried(actor.account, posted) if posted else ""
    with database.acting(parties=actor.parties, authorities=actor.authorities, account=actor.account):
        return prove_page(request, actor, onward=request.get_full_path(), carried=kept, status=status, needed=needed,
                          only=only)


def carried(account: int, posted: dict[str, list[str]]) -> str:
    """What was posted, sealed for this account alone; empty where it is too much to carry."""
    sealed = signing.dumps([account, posted], salt="proved", compress=True)
    return sealed if len(sealed) <= CARRIED_LIMIT else ""


def prove_page(request: HttpRequest, actor: Actor, *, onward: str, carried: str = "", status: int = 200,
               problems: Sequence[dict[str, Any]] = (), needed: Strength = Strength.S1, only: Factor | None = None) -> HttpResponse:
    """The ways that are open to this person, or the `only` one that will do; no browser keeps the page."""
    if needed is Strength.S3 and actor.kind is ActorKind.CITIZEN:
        return _third(request, actor, onward=onward, carried=carried, status=status, problems=problems)
    token = request.COOKIES[settings.SESSION_COOKIE_NAME]
    ways = tuple(each for each in identity.ways(actor) if only in (None, each))
    citizen = actor.kind is ActorKind.CITIZEN
    response = page(
        request, "portal/prove.html", status=status, onward=onward, carried=carried, problems=list(problems), ways=ways,
        only=only,
        asked=Factor.CODE in ways and identity.code_is_asked(token),
        shown=identity.shown_code(actor, token) if Factor.CODE in ways else "",
        phone_end=identity.phone_end(actor) if citizen and Factor.CODE in ways else "",
        set_up="" if citizen or set(ways) - {Factor.PASSWORD} else f"{reverse('counter:security')}?{urlencode({'next': onward})}",
        fresh=actor.proved_seconds < parameters.value("identity.fresh_seconds_officer", clock.today()),
        first=actor.strength is Strength.S1, files=bool(request.FILES) and request.method == "POST")
    response["Cache-Control"] = "no-store"
    return response


def _third(request: HttpRequest, actor: Actor, *, onward: str, carried: str, status: int,
           problems: Sequence[dict[str, Any]]) -> HttpResponse:
    """The way to the third strength: first the passkey, then the face, or a clerk at a counter."""
    today = clock.today()
    within = parameters.value("identity.fresh_seconds_citizen", today)
    used = actor.passkey_seconds is not None and actor.passkey_seconds <= within
    response = page(
        request, "portal/prove_fully.html", status=status, onward=onward, carried=carried, problems=list(problems), used=used,
        has_passkey=Factor.PASSKEY in identity.ways(actor), files=bool(request.FILES) and request.method == "POST",
        idle=parameters.value("identity.session_idle_minutes_s3", today),
        total=parameters.value("identity.session_total_hours_s3", today))
    response["Cache-Control"] = "no-store"
    return response
