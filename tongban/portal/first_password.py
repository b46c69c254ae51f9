"""A member of staff chooses a password with the secret two administrators gave them."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.identity import actions as identity
from tongban.identity.errors import (
    PasswordTooCommon,
    PasswordTooShort,
    SecretNotValid,
    TooManyAttempts,
    TriedEverywhere,
)
from tongban.identity.types import Strength
from tongban.kernel import clock, parameters
from tongban.kernel.types import Channel
from tongban.portal.phones import LONGEST, problem_at, wrong_with_password
from tongban.portal.security import browser_of
from tongban.web.failures import told
from tongban.web.gate import address_of, anyone
from tongban.web.pages import keep_session, page, see_other
from tongban.web.words import typed


@anyone
def first_password(request: HttpRequest) -> HttpResponse:
    """Ask for name, secret and a password of one's own; then for the second factor, as after any password."""
    if request.method != "POST":
        return _asked(request)
    login, secret = typed(request, "login", longest=LONGEST).strip(), typed(request, "secret", longest=LONGEST).strip()
    problems = [] if login else [problem_at("login", _("Enter your account name"))]
    problems += wrong_with_password(request)
    if problems:
        return _asked(request, login, problems)
    try:
        account = identity.use_first_secret(login=login, secret=secret, password=request.POST["password"], address=address_of(request))
    except (PasswordTooShort, PasswordTooCommon) as error:
        return _asked(request, login, [problem_at("password", told(error))])
    except (SecretNotValid, TooManyAttempts, TriedEverywhere) as error:
        return _asked(request, login, [problem_at("secret", told(error))])
    token = identity.open_session(account=account, channel=Channel.WEB, strength=Strength.S1,
                                  browser=browser_of(request.headers.get("User-Agent", "")))
    response = see_other(f"{reverse('portal:prove')}?{urlencode({'next': reverse('counter:queue')})}")
    keep_session(response, token)
    return response


def _asked(request: HttpRequest, login: str = "", problems: list[dict[str, Any]] | None = None) -> HttpResponse:
    return page(request, "portal/first_password.html", login=login, problems=problems or [], status=422 if problems else 200,
                length=parameters.value("identity.password_length", clock.today()))
