"""Letting another system know who is signed in here: the question, the code that goes back, and signing out everywhere.

An address is gone to only if it is registered, letter by letter, for the system that asks; until that is known every
refusal is a page here. After that a refusal is a word of the protocol, sent back with the `state` it came with.
"""

import re
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, translate_url

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.access import require
from tongban.identity.actions.granting import IDENTITY_TOKEN
from tongban.identity.errors import AddressNotRegistered, ClientUnknown, ProofingTooLow, StepUpNeeded
from tongban.identity.queries import ClientView
from tongban.identity.types import Actor, ActorKind, ClientKind, Proofing, Strength
from tongban.kernel import clock, vault
from tongban.kernel.errors import NotPermitted, SignInRequired
from tongban.portal.granted_words import words_of
from tongban.web.gate import anyone, in_every_mode
from tongban.web.jinja import language, say
from tongban.web.pages import page, see_other

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
ACR = re.compile(r"urn:tongban:acr:L([1-3])S([1-3])")
LONGEST = {"state": 1000, "nonce": 200}
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
ONCE = ("client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "prompt", "max_age", "acr_values",
        "code_challenge", "code_challenge_method", "request", "request_uri")
SINCE_SECONDS = 1800


class Denied(Exception):
    """A word of the protocol that goes back to the system (RFC 6749, 4.1.2.1)."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a system asks of whoever it sent here."""

    client: ClientView
    redirect: str
    scopes: tuple[str, ...]
    state: str
    nonce: str
    challenge: str
    prompts: frozenset[str]
    within: int | None
    proofing: Proofing
    strength: Strength


@anyone
def authorise(request: HttpRequest) -> HttpResponse:
    """Ask a person once what a system may know, and send them back to it with a code."""
    if language() != "en" and request.GET.get("ui_locales", "").startswith("en"):
        return see_other(translate_url(request.get_full_path(), "en"))
    client, redirect = _who_asks(request)
    try:
        if request.GET.get("prompt", "") == "login" and not _since(request):
            return _marked(request)
        return _decide(request, _asked(request, client, redirect))
    except Denied as denied:
        return _back(request, client, redirect, error=denied.error)


@in_every_mode
@anyone
def logout(request: HttpRequest) -> HttpResponse:
    """Sign out here, asked for by a system; the person says so, so that no other site can do it to them."""
    client, onward = _return(request)
    actor, here = getattr(request, "actor", None), request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if request.method == "POST" and "stay" in request.POST:
        return see_other(reverse("portal:home"))
    if request.method != "POST" and actor is not None:
        systems = [say(each) for each in known.signed_on(known.token_hash(here))] if actor.kind is ActorKind.CITIZEN else []
        return _unkept(page(request, "portal/sign_out_everywhere.html", name=say(client.name) if client else "", systems=systems))
    if request.method == "POST" and actor is not None:
        identity.sign_out(actor, token=here)
    response = (_go(request, client, onward, always=True) if client and onward else see_other(reverse("portal:home")))
    if request.method == "POST":
        response.delete_cookie(settings.SESSION_COOKIE_NAME)
        response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _who_asks(request: HttpRequest) -> tuple[ClientView, str]:
    """The system, and an address of it to go back to; anything else is a page here and nowhere else."""
    client = known.client(request.GET.get("client_id", ""))
    if client is None or client.kind is not ClientKind.SIGN_IN or len(request.GET.getlist("client_id")) != 1:
        raise ClientUnknown
    addresses = request.GET.getlist("redirect_uri")
    if len(addresses) != 1 or addresses[0] not in client.redirects:
        raise AddressNotRegistered
    return client, addresses[0]


def _asked(request: HttpRequest, client: ClientView, redirect: str) -> Asked:
    """The rest of what was asked; what we do not do, or what comes twice, is refused."""
    told = {name: request.GET.get(name, "") for name in ONCE}
    scopes, prompts = tuple(dict.fromkeys(told["scope"].split())), frozenset(told["prompt"].split())
    age, challenge = told["max_age"], told["code_challenge"]
    if told["request"] or told["request_uri"]:
        _deny("request_not_supported" if told["request"] else "request_uri_not_supported")
    if any(len(request.GET.getlist(name)) > 1 for name in ONCE) or told["response_mode"] not in ("", "query"):
        _deny("invalid_request")
    if told["response_type"] != "code":
        _deny("unsupported_response_type")
    if not CHALLENGE.fullmatch(challenge) or told["code_challenge_method"] != "S256":
        _deny("invalid_request")
    if "openid" not in scopes or not set(scopes) <= set(client.scopes):
        _deny("invalid_scope")
    if any(len(told[name]) > longest or "\x00" in told[name] for name, longest in LONGEST.items()):
        _deny("invalid_request")
    if not prompts <= PROMPTS or ("none" in prompts and len(prompts) > 1) or not re.fullmatch("[0-9]{0,6}", age):
        _deny("invalid_request")
    proofing, strength = _wanted(told["acr_values"], client)
    within = [int(age)] if age else []
    if since := _since(request):
        within.append(int(clock.now().timestamp()) - since)
    return Asked(client=client, redirect=redirect, scopes=scopes, state=told["state"], nonce=told["nonce"], challenge=challenge,
                 prompts=prompts, within=min(within) if within else None, proofing=proofing, strength=strength)


def _decide(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Who is it, are they sure enough, did they agree: then a code."""
    silent, actor = "none" in asked.prompts, getattr(request, "actor", None)
    if actor is None:
        if silent:
            _deny("login_required")
        raise SignInRequired
    if actor.kind is not ActorKind.CITIZEN:
        raise NotPermitted
    _check_sure(actor, asked, silent=silent)
    agreed = set(asked.scopes) <= set(known.granted_scopes(actor.account, asked.client.key))
    if request.method == "POST":
        if "allow" not in request.POST:
            _deny("access_denied")
        identity.give_grant(actor, client=asked.client, scopes=asked.scopes)
    elif not agreed or asked.prompts & {"consent", "select_account"}:
        if silent:
            _deny("consent_required")
        return _unkept(page(request, "portal/authorise.html", client=asked.client, told=words_of(asked.scopes),
                            host=asked.redirect.split("/")[2]))
    code = identity.issue_code(
        actor, client=asked.client, session=request.COOKIES[settings.SESSION_COOKIE_NAME], redirect=asked.redirect,
        scopes=asked.scopes, nonce=asked.nonce, challenge=asked.challenge)
    return _back(request, asked.client, asked.redirect, code=code)


def _check_sure(actor: Actor, asked: Asked, *, silent: bool) -> None:
    try:
        require(actor, proofing=asked.proofing, strength=asked.strength, within_seconds=asked.within)
    except ProofingTooLow:
        if silent:
            raise Denied("unmet_authentication_requirements") from None
        raise
    except StepUpNeeded:
        if silent:
            raise Denied("login_required") from None
        raise


def _wanted(acr_values: str, client: ClientView) -> tuple[Proofing, Strength]:
    """The first level asked for that we know, and never less than what is registered."""
    for each in acr_values.split():
        if found := ACR.fullmatch(each):
            return max(client.proofing, Proofing(int(found[1]))), max(client.strength, Strength(int(found[2])))
    return client.proofing, client.strength


def _marked(request: HttpRequest) -> HttpResponse:
    """Note when signing in anew was asked for, so that one that came before does not count."""
    since = signing.dumps(int(clock.now().timestamp()), salt="since")
    return see_other(f"{request.get_full_path()}&{urlencode({'since': since})}")


def _since(request: HttpRequest) -> int:
    """When signing in anew was asked for; 0 if it was not, or too long ago."""
    if request.GET.get("prompt", "") != "login":
        return 0
    try:
        return int(signing.loads(request.GET.get("since", ""), salt="since", max_age=SINCE_SECONDS))
    except signing.BadSignature:
        return 0


def _back(request: HttpRequest, client: ClientView, redirect: str, **told: str) -> HttpResponse:
    """Back to the system, with what it asked for or a word of refusal, its `state`, and who it is that answers (RFC 9207)."""
    state = request.GET.get("state", "")
    answer = {**told, **({"state": state} if state and len(state) <= LONGEST["state"] else {}), "iss": settings.SITE_URL}
    return _go(request, client, f"{redirect}{'&' if '?' in redirect else '?'}{urlencode(answer)}")


def _go(request: HttpRequest, client: ClientView, address: str, *, always: bool = False) -> HttpResponse:
    """On to an address of the system; after a form of ours by a page, since browsers hold such forms to this site."""
    if always or request.headers.get("Sec-Fetch-Site", "") == "same-origin":
        response = page(request, "portal/going_on.html", name=say(client.name), address=address)
        response["Refresh"] = f"0;url={address}"
        return _unkept(response)
    return _unkept(see_other(address))


def _return(request: HttpRequest) -> tuple[ClientView | None, str]:
    """Which system asks to sign out, and where it wants the person back; only to where it is registered."""
    told = {name: request.GET.get(name, "") for name in ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")}
    claims: Any = (vault.read_token(IDENTITY_TOKEN, told["id_token_hint"]) or {}) if told["id_token_hint"] else {}
    key = claims.get("aud") or told["client_id"]
    if told["client_id"] not in ("", key):
        raise ClientUnknown
    client = known.client(str(key)) if key else None
    onward = told["post_logout_redirect_uri"]
    if onward and (client is None or onward not in client.returns):
        raise AddressNotRegistered
    if onward and told["state"] and len(told["state"]) <= LONGEST["state"]:
        onward += f"{'&' if '?' in onward else '?'}{urlencode({'state': told['state']})}"
    return client, onward


def _unkept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response


def _deny(error: str) -> NoReturn:
    raise Denied(error)
