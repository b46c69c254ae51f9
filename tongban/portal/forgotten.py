"""The password is forgotten: the phone, its code, who one is, a new password; known or not, the first answer is the same."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.errors import (
    CodeNotRight,
    CredentialNotValid,
    NotMatching,
    PasswordTooCommon,
    PasswordTooShort,
    TooManyProofs,
)
from tongban.identity.types import Proofing, Strength
from tongban.kernel import clock, parameters
from tongban.kernel.types import Channel
from tongban.portal.phones import LONGEST, ask_code_again, ask_phone, phone_typed, problem_at, wrong_with_password
from tongban.portal.security import browser_of
from tongban.web.failures import told
from tongban.web.gate import anyone
from tongban.web.jinja import say
from tongban.web.pages import keep_session, page, see_other
from tongban.web.words import typed, typed_code

WAY = "forgotten"


@anyone
def forgotten(request: HttpRequest) -> HttpResponse:
    """One address for all four steps: what was typed before travels in the form, never in an address."""
    if request.method != "POST":
        return ask_phone(request, WAY)
    if "password" in request.POST:
        return _chosen(request)
    if "name" in request.POST:
        return _said_who(request)
    if "code" in request.POST:
        return _code_typed(request)
    return phone_typed(request, WAY, send=identity.ask_to_recover)


def _code_typed(request: HttpRequest) -> HttpResponse:
    key, code = typed_code(request)
    level = identity.recovery_level(key=key, code=code)
    if level is None:
        return ask_code_again(request, WAY)
    return _ask_who(request, key=key, code=code, level=level)


def _ask_who(request: HttpRequest, *, key: str, code: str, level: Proofing, name: str = "", kind: str = "111", number: str = "",
             problem: dict[str, Any] | None = None) -> HttpResponse:
    kinds = [{"value": each.code, "label": say(each.name)} for each in known.credential_types().values()]
    return page(request, "portal/forgotten_who.html", key=key, code=code, document=level >= Proofing.L2, face=level >= Proofing.L3,
                name=name, kind=kind, kinds=kinds, number=number, problems=[problem] if problem else [],
                minutes=parameters.value("identity.enrolment_minutes", clock.today()), status=422 if problem else 200)


def _said_who(request: HttpRequest) -> HttpResponse:
    key, code = typed_code(request)
    level = identity.recovery_level(key=key, code=code)
    if level is None:
        return ask_phone(request, WAY, problem=told(CodeNotRight()))
    said = {"name": typed(request, "name", longest=LONGEST).strip(), "kind": request.POST.get("kind", "")[:3],
            "number": typed(request, "number", longest=LONGEST)}
    try:
        identity.prove_for_recovery(key=key, code=code, **said)
    except CredentialNotValid as error:
        return _ask_who(request, key=key, code=code, level=level, **said, problem=problem_at("number", told(error)))
    except (NotMatching, TooManyProofs) as error:
        return _ask_who(request, key=key, code=code, level=level, **said, problem=problem_at("name", told(error)))
    return _ask_password(request, key=key, code=code)


def _ask_password(request: HttpRequest, *, key: str, code: str, problems: list[dict[str, Any]] | None = None) -> HttpResponse:
    return page(request, "portal/forgotten_password.html", key=key, code=code, problems=problems or [],
                length=parameters.value("identity.password_length", clock.today()), status=422 if problems else 200)


def _chosen(request: HttpRequest) -> HttpResponse:
    """Set the password and sign in with it: by one factor, so that the second is still asked for."""
    key, code = typed_code(request)
    if problems := wrong_with_password(request):
        return _ask_password(request, key=key, code=code, problems=problems)
    try:
        account = identity.recover(key=key, code=code, password=request.POST["password"])
    except (PasswordTooShort, PasswordTooCommon) as error:
        return _ask_password(request, key=key, code=code, problems=[problem_at("password", told(error))])
    except CodeNotRight as error:
        return ask_phone(request, WAY, problem=told(error))
    token = identity.open_session(account=account, channel=Channel.WEB, strength=Strength.S1,
                                  browser=browser_of(request.headers.get("User-Agent", "")))
    onward = urlencode({"next": f"{reverse('portal:security')}?done=recovered"})
    response = see_other(f"{reverse('portal:prove')}?{onward}")
    keep_session(response, token)
    return response
