"""Registering: the phone, its code, then a name and a password; the same answer whether the phone is known or not."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.identity import actions as identity
from tongban.identity import rules
from tongban.identity.errors import CodeNotRight, PasswordTooCommon, PasswordTooShort, TooManyEnrolments
from tongban.kernel import clock, parameters
from tongban.kernel.codes import mask_phone
from tongban.kernel.types import Channel
from tongban.portal.security import browser_of
from tongban.web.failures import told
from tongban.web.gate import address_of, anyone
from tongban.web.pages import keep_session, page, see_other, stepped_back_to
from tongban.web.words import typed, typed_code, typed_phone

LONGEST = 200


@anyone
def register(request: HttpRequest) -> HttpResponse:
    """One address for all three steps: what was typed before travels in the form, never in an address."""
    if request.method != "POST":
        return _asked_phone(request)
    if "password" in request.POST:
        return _made(request)
    if "code" in request.POST:
        return _code_typed(request)
    return _phone_typed(request)


def _asked_phone(request: HttpRequest, phone: str = "", problem: str = "") -> HttpResponse:
    problems = [{"href": "#phone", "message": problem}] if problem else []
    asked = page(request, "portal/register.html", phone=phone, problems=problems, status=422 if problem else 200)
    return asked if getattr(request, "actor", None) else stepped_back_to(asked)


def _phone_typed(request: HttpRequest) -> HttpResponse:
    phone = typed_phone(request)
    if not rules.is_mobile(phone):
        return _asked_phone(request, phone, _("Enter a mobile number with eleven digits"))
    try:
        asked = identity.ask_to_enrol(phone=phone, address=address_of(request))
    except TooManyEnrolments as error:
        return _asked_phone(request, phone, told(error))
    return _ask_code(request, key=asked.key, shown=mask_phone(phone), sent=asked.simulated)


def _ask_code(request: HttpRequest, *, key: str, shown: str, sent: str | None = "", problem: str = "") -> HttpResponse:
    """Ask for the code; in a trial the page shows what the simulated text message says."""
    problems = [{"href": "#code", "message": problem}] if problem else []
    return page(request, "portal/register_code.html", key=key, shown=shown, problems=problems, sent=sent,
                minutes=parameters.value("identity.code_minutes", clock.today()),
                status=422 if problem else 200)


def _code_typed(request: HttpRequest) -> HttpResponse:
    key, code = typed_code(request)
    phone = identity.phone_of(key=key, code=code)
    if phone is None:
        return _ask_code(request, key=key, shown=request.POST.get("shown", "")[:20], problem=told(CodeNotRight()))
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
            return _asked_phone(request, "", told(error))
    if problems:
        return _ask_account(request, key=key, code=code, name=name, problems=problems)
    token = identity.open_session(account=account, channel=Channel.WEB, browser=browser_of(request.headers.get("User-Agent", "")))
    response = see_other(f"{reverse('portal:proofing')}?done=registered")
    keep_session(response, token)
    return response


def wrong_with_password(request: HttpRequest) -> list[dict[str, Any]]:
    """What is wrong with a new password that was typed twice, before anything is looked up."""
    password = request.POST.get("password", "")
    if len(password) > LONGEST:
        return [problem_at("password", _("The password has more than {most} characters").format(most=LONGEST))]
    if len(password) < (length := parameters.value("identity.password_length", clock.today())):
        return [problem_at("password", told(PasswordTooShort(length=length)))]
    if password != request.POST.get("again", ""):
        return [problem_at("again", _("The two passwords differ. Type it twice alike"))]
    return []


def problem_at(field: str, message: str) -> dict[str, Any]:
    """A problem of a page, at its field."""
    return {"href": f"#{field}", "field": field, "message": message}
