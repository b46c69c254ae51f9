"""What registering and a forgotten password share: the phone, the code that came to it, a password typed twice."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tongban.identity import rules
from tongban.identity.actions import Asked
from tongban.identity.errors import CodeNotRight, PasswordTooShort, TooManyEnrolments
from tongban.kernel import clock, parameters
from tongban.kernel.codes import mask_phone
from tongban.web.failures import told
from tongban.web.gate import address_of
from tongban.web.pages import page, stepped_back_to
from tongban.web.words import typed_code, typed_phone

LONGEST = 200


def ask_phone(request: HttpRequest, way: str, *, phone: str = "", problem: str = "") -> HttpResponse:
    """The first page of `register` or `forgotten`, which its route and its templates are named by."""
    asked = page(request, f"portal/{way}.html", phone=phone, status=422 if problem else 200,
                 hours=parameters.value("identity.new_phone_hours", clock.today()),
                 problems=[problem_at("phone", problem)] if problem else [])
    return asked if getattr(request, "actor", None) else stepped_back_to(asked)


def phone_typed(request: HttpRequest, way: str, *, send: Callable[..., Asked]) -> HttpResponse:
    """Send the code and ask for it; the answer is the same whether the phone is known or not."""
    phone = typed_phone(request)
    if not rules.is_mobile(phone):
        return ask_phone(request, way, phone=phone, problem=_("Enter a mobile number with eleven digits"))
    try:
        asked = send(phone=phone, address=address_of(request))
    except TooManyEnrolments as error:
        return ask_phone(request, way, phone=phone, problem=told(error))
    return _ask_code(request, way, key=asked.key, shown=mask_phone(phone), sent=asked.simulated)


def ask_code_again(request: HttpRequest, way: str) -> HttpResponse:
    """The code that was typed is not the one that was sent."""
    return _ask_code(request, way, key=typed_code(request)[0], shown=request.POST.get("shown", "")[:20], problem=told(CodeNotRight()))


def _ask_code(request: HttpRequest, way: str, *, key: str, shown: str, sent: str | None = None, problem: str = "") -> HttpResponse:
    """`sent`: in a trial the code that is shown instead of sent, empty for a phone that gets none."""
    return page(request, f"portal/{way}_code.html", way=f"portal:{way}", key=key, shown=shown, sent=sent,
                minutes=parameters.value("identity.code_minutes", clock.today()), status=422 if problem else 200,
                problems=[problem_at("code", problem)] if problem else [])


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
