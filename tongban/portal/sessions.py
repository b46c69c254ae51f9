"""Signing in and out; what was typed before a time-out comes through the sign-in page unharmed."""

import secrets
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.identity import actions as identity
from tongban.identity.errors import TooManyAttempts, TriedEverywhere, WrongCredentials
from tongban.identity.queries import account_of, kind_of, one_factor_is_enough
from tongban.identity.types import ActorKind
from tongban.kernel import clock, parameters
from tongban.portal.proving import CARRIED_SECONDS, LONGEST
from tongban.portal.security import browser_of
from tongban.web import proving
from tongban.web.failures import may_be_told, told, typed
from tongban.web.gate import address_of, anyone, in_every_mode
from tongban.web.pages import keep_session, page, safe_path, see_other, stepped_back_to


@in_every_mode
@anyone
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for name and password; go on to where the person was heading, with everything they had typed."""
    onward = safe_path(request.POST.get("next") or request.GET.get("next") or "")
    carried = request.POST.get("carried", "")
    if request.method != "POST":
        return page(request, "portal/sign_in.html", next=onward, carried="", login="", problems=(), kept="", files=False)
    login, password = request.POST.get("login", "").strip(), request.POST.get("password", "")
    problems, token = _check(login, password), ""
    device = device_of(request, login)
    given = device or secrets.token_urlsafe(16)
    if not problems:
        try:
            token = identity.sign_in(login=login, password=password, address=address_of(request), device=device,
                                     browser=browser_of(request.headers.get("User-Agent", "")), given=given)
        except (WrongCredentials, TooManyAttempts, TriedEverywhere) as error:
            problems = [{"href": "#login", "message": told(error)}]
    if problems:
        refused = page(request, "portal/sign_in.html", status=422, next=onward, carried=carried, login=login[:LONGEST],
                       problems=problems, kept="signed_out" if carried else "", files=False)
        return refused if carried else stepped_back_to(refused)
    account = account_of(login) or 0
    response = _welcome(request, login, account, onward, carried, enough=one_factor_is_enough(account, given))
    keep_session(response, token)
    remember(response, login, given)
    return response


@anyone
def stay(request: HttpRequest) -> HttpResponse:
    """Being heard keeps the session; says how many seconds it now lasts, none once it has ended."""
    actor = getattr(request, "actor", None)
    return HttpResponse(status=204, headers={"Session-Seconds": str(actor.seconds_left if actor else 0),
                                             "Cache-Control": "no-store"})


@in_every_mode
@anyone
def sign_out(request: HttpRequest) -> HttpResponse:
    """Close the session; the browser forgets what it stored."""
    actor = getattr(request, "actor", None)
    response = see_other(reverse("portal:home"))
    if request.method == "POST" and actor is not None:
        identity.sign_out(actor, token=request.COOKIES[settings.SESSION_COOKIE_NAME])
        response.delete_cookie(settings.SESSION_COOKIE_NAME)
        response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def device_of(request: HttpRequest, login: str) -> str:
    """What this browser is known by to this account; empty if it is not."""
    return _device(request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), login)


def _device(given: str, login: str) -> str:
    """What this browser was given when this account last signed in on it; empty if that was another account."""
    days = parameters.value("identity.device_days", clock.today())
    try:
        return str(_signer(login).unsign(given, max_age=timedelta(days=days)))
    except signing.BadSignature:
        return ""


def remember(response: HttpResponse, login: str, given: str) -> None:
    """Let the browser be known for this account; the cookie names nobody."""
    days = parameters.value("identity.device_days", clock.today())
    response.set_cookie(settings.DEVICE_COOKIE_NAME, _signer(login).sign(given), httponly=True,
                        max_age=timedelta(days=days), secure=settings.HTTPS, samesite="Lax")


def _signer(login: str) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=f"device:{login.strip().lower()}")


def _check(login: str, password: str) -> list[dict[str, object]]:
    problems: list[dict[str, object]] = []
    if len(login) > LONGEST:
        problems.append({"href": "#login", "message": _("This is too long: at most {count} characters.").format(count=LONGEST)})
    elif not login or "\x00" in login:
        problems.append({"href": "#login", "message": _("Enter your account name")})
    if len(password) > LONGEST:
        problems.append({"href": "#password", "message": _("The password has more than {most} characters").format(most=LONGEST)})
    elif not password:
        problems.append({"href": "#password", "message": _("Enter your password")})
    return problems


def _welcome(request: HttpRequest, login: str, account: int, onward: str, carried: str, *, enough: bool) -> HttpResponse:
    """Send on, to the second step where a password is not `enough`; what was typed before signing in goes with them.

    Whoever is not the one who last signed in on this browser is not offered it; the browser forgets it too.
    """
    start = reverse("counter:queue") if kind_of(login) is ActorKind.OFFICER else reverse("portal:matters")
    leads_on = see_other((onward or start) if enough else _second_step(onward or start))
    if not (carried and onward):
        return leads_on
    try:
        device, posted = signing.loads(carried, salt="carried", max_age=CARRIED_SECONDS)
    except signing.BadSignature:
        return leads_on
    if device and not _device(device, login):
        response = page(request, "portal/carry_on.html", onward=start if enough else _second_step(start), someone_else=True)
        response["Clear-Site-Data"] = '"storage"'
        return response
    shown = typed(value for name, values in posted.items() if may_be_told(name) for value in values)
    if enough:
        return page(request, "portal/carry_on.html", onward=onward, action=onward, posted=posted, typed=shown, someone_else=False)
    sealed = {"next": [onward], "carried": [proving.carried(account, posted)]}
    return page(request, "portal/carry_on.html", onward=onward, action=reverse("portal:prove"), posted=sealed, typed=shown,
                someone_else=False)


def _second_step(onward: str) -> str:
    return f"{reverse('portal:prove')}?{urlencode({'next': onward})}"
