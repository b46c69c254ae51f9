"""Registering: the phone, its code, then a name and a password; the same answer whether the phone is known or not."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.identity import actions as identity
from tongban.identity import rules
from tongban.identity.errors import CodeNotRight, PasswordTooCommon, PasswordTooShort
from tongban.kernel import clock, parameters
from tongban.kernel.types import Channel
from tongban.portal.phones import LONGEST, ask_code_again, ask_phone, phone_typed, problem_at, wrong_with_password
from tongban.portal.security import browser_of
from tongban.web.failures import told
from tongban.web.gate import anyone
from tongban.web.pages import keep_session, page, see_other
from tongban.web.words import typed, typed_code

WAY = "register"


@anyone
def register(request: HttpRequest) -> HttpResponse:
    """One address for all three steps: what was typed before travels in the form, never in an address."""
    if request.method != "POST":
        return ask_phone(request, WAY)
    if "password" in request.POST:
        return _made(request)
    if "code" in request.POST:
        return _code_typed(request)
    return phone_typed(request, WAY, send=identity.ask_to_enrol)


def _code_typed(request: HttpRequest) -> HttpResponse:
    key, code = typed_code(request)
    if identity.phone_of(key=key, code=code) is None:
        return ask_code_again(request, WAY)
    return _ask_account(request, key=key, code=code)


def _ask_account(request: HttpRequest, *, key: str, code: str, name: str = "",
                 problems: list[dict[str, Any]] | None = None) -> HttpResponse:
    return page(request, "portal/register_account.html", key=key, code=code, name=name, problems=problems or [],
                length=parameters.value("identity.password_length", clock.today()), status=422 if problems else 200)


def _made(request: HttpRequest) -> HttpResponse:
    """Open the account and sign in with it."""
    key, code = typed_code(request)
    name, password = typed(request, "name", longest=LONGEST).strip(), request.POST.get("password", "")
    problems = []
    if len(name) > rules.LONGEST_NAME:
        problems.append(problem_at("name", _("This is too long: at most {count} characters.").format(count=rules.LONGEST_NAME)))
    elif not rules.is_name(name):
        problems.append(problem_at("name", _("Enter your name as it stands on your document")))
    problems += wrong_with_password(request)
    account = 0
    if not problems:
        try:
            account = identity.enrol(key=key, code=code, name=name, password=password)
        except (PasswordTooShort, PasswordTooCommon) as error:
            problems.append(problem_at("password", told(error)))
        except CodeNotRight as error:
            return ask_phone(request, WAY, problem=told(error))
    if problems:
        return _ask_account(request, key=key, code=code, name=name, problems=problems)
    token = identity.open_session(account=account, channel=Channel.WEB, browser=browser_of(request.headers.get("User-Agent", "")))
    response = see_other(f"{reverse('portal:proofing')}?done=registered")
    keep_session(response, token)
    return response
