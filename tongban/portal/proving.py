"""Proving once more who one is, with a code, an app or a key; then on to where the person was heading."""

from collections.abc import Callable
from dataclasses import replace

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.errors import (
    FaceNotSeen,
    PasskeyNeeded,
    TooManyCodes,
    TooManyGuessesToday,
    TooManyProofs,
    WayNotOpen,
    WrongProof,
)
from tongban.identity.types import Actor, ActorKind, Factor, Strength
from tongban.web.failures import may_be_told, told, typed
from tongban.web.gate import actor_of, anyone, in_every_mode
from tongban.web.pages import keep_session, page, safe_path, see_other
from tongban.web.proving import prove_page

CARRIED_SECONDS = 12 * 3600
LONGEST, LONGEST_ANSWER = 200, 20_000
REFUSALS = (FaceNotSeen, PasskeyNeeded, TooManyCodes, TooManyGuessesToday, TooManyProofs, WayNotOpen, WrongProof)
Proof = Callable[[Actor, str, str], str]
PROOFS: dict[str, Proof] = {
    Factor.CODE: lambda actor, token, given: identity.prove_by_code(actor, token=token, code=given),
    Factor.TOTP: lambda actor, token, given: identity.prove_by_totp(actor, token=token, code=given),
    Factor.RECOVERY: lambda actor, token, given: identity.prove_by_recovery(actor, token=token, code=given),
    Factor.PASSKEY: lambda actor, token, given: identity.prove_by_passkey(actor, token=token, answer=given),
    Factor.FACE: lambda actor, token, _given: identity.strengthen_by_face(actor, token=token),
    Factor.PASSWORD: lambda actor, token, given: identity.prove_by_password(actor, token=token, password=given),
}


@in_every_mode
@anyone
def prove(request: HttpRequest) -> HttpResponse:
    """Show the ways, send a code, or take a proof and go on with what the person was doing."""
    actor = actor_of(request)
    token = request.COOKIES[settings.SESSION_COOKIE_NAME]
    onward = safe_path(request.POST.get("next") or request.GET.get("next") or "")
    carried, way = request.POST.get("carried", ""), request.POST.get("way", "")
    needed = Strength.S3 if "3" in (request.POST.get("needed"), request.GET.get("needed")) else Strength.S1
    only = Factor.PASSKEY if request.POST.get("only") == Factor.PASSKEY else None
    problems: list[dict[str, object]] = []
    if way in PROOFS:
        given = request.POST.get(way.lower(), "")
        given = given if way == Factor.PASSWORD else "".join(given.split())
        try:
            if not given or len(given) > (LONGEST_ANSWER if way == Factor.PASSKEY else LONGEST):
                raise WrongProof
            new = PROOFS[way](actor, token, given)
        except REFUSALS as error:
            where = Factor.PASSKEY.lower() if isinstance(error, PasskeyNeeded) else way.lower()
            problems = [{"href": f"#{where}", "field": where, "message": told(error)}]
        else:
            if way == Factor.PASSKEY and needed is Strength.S3:
                response = prove_page(request, replace(actor, passkey_seconds=0), onward=onward, carried=carried, needed=needed)
                keep_session(response, new)
                return response
            return _go_on(request, actor, new, onward, carried)
    elif way == "send" or (needed is not Strength.S3 and _first_of_session(actor, token)):
        problems = _send(actor, token)
    return prove_page(request, actor, onward=onward, carried=carried, problems=problems, status=422 if problems else 200,
                      needed=needed, only=only)


def _first_of_session(actor: Actor, token: str) -> bool:
    """Right after the password a code comes by itself, once, if there is no other way."""
    return (actor.strength is Strength.S1 and known.ways(actor) == (Factor.CODE,) and not known.code_was_asked(token))


def _send(actor: Actor, token: str) -> list[dict[str, object]]:
    try:
        identity.ask_code(actor, token=token)
    except REFUSALS as error:
        return [{"href": "#send", "field": "send", "message": told(error)}]
    return []


def _go_on(request: HttpRequest, actor: Actor, token: str, onward: str, carried: str) -> HttpResponse:
    """On to where the person was heading; what they had typed is shown in a form that sends it with one press."""
    start = reverse("counter:queue" if actor.kind is ActorKind.OFFICER else "portal:matters")
    response: HttpResponse = see_other(onward or start)
    if carried and onward:
        try:
            account, posted = signing.loads(carried, salt="proved", max_age=CARRIED_SECONDS)
        except signing.BadSignature:
            account, posted = 0, {}
        if account == actor.account and posted:
            shown = typed(value for name, values in posted.items() if may_be_told(name) for value in values)
            response = page(request, "portal/carry_on.html", onward=onward, action=onward,
                            posted=posted, typed=shown, someone_else=False, proved=True)
    keep_session(response, token)
    return response
