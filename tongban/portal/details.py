"""My details: phone, address and English name, put right by whoever they are about."""

from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.errors import CodeNotRight, PasswordNotYours, PhoneNotValid, TooManyAttempts, TooManyEnrolments
from tongban.identity.types import Actor
from tongban.kernel import clock, parameters
from tongban.kernel.codes import mask_id
from tongban.portal.space import sections
from tongban.web.failures import told
from tongban.web.gate import actor_of, address_of, citizens, proved_lately
from tongban.web.pages import page, see_other
from tongban.web.words import typed

LONGEST = {"phone": 20, "address": 200, "name_en": 80}
LONGEST_KEY, KEY_SECONDS = 400, 900


@proved_lately
@citizens
def details(request: HttpRequest) -> HttpResponse:
    """Show what is on record and change what a person may change (Personal Information Protection Law art. 46)."""
    actor = actor_of(request)
    if request.method != "POST":
        return _shown(request, actor, {})
    given = {name: typed(request, name) for name in LONGEST}
    if "code" in request.POST:
        return _phone_proved(request, actor, given)
    problems = _unproved(request, actor, given)
    if problems:
        return _shown(request, actor, given, problems=problems)
    try:
        asked = identity.ask_for_phone(actor, phone=given["phone"], address=address_of(request))
    except (PhoneNotValid, TooManyEnrolments) as error:
        return _shown(request, actor, given, problems=[_problem("phone", told(error))])
    if asked is not None:
        return _ask_code(request, given, key=signing.dumps([actor.account, asked.key], salt="phone"), sent=asked.simulated)
    identity.correct_details(actor, **given)
    return see_other(f"{reverse('portal:details')}?done=changed")


def _phone_proved(request: HttpRequest, actor: Actor, given: dict[str, str]) -> HttpResponse:
    """The code that went to the new phone; its form was given out once the password was right."""
    written, code = request.POST.get("key", "")[:LONGEST_KEY], "".join(request.POST["code"][:LONGEST["phone"]].split())
    try:
        account, key = signing.loads(written, salt="phone", max_age=KEY_SECONDS)
    except signing.BadSignature:
        account, key = 0, ""
    if account != actor.account:
        return _shown(request, actor, given, problems=[_problem("phone", told(CodeNotRight()))])
    try:
        identity.correct_details(actor, **given, key=key, code=code)
    except CodeNotRight as error:
        return _ask_code(request, given, key=written, problems=[_problem("code", told(error))])
    except PhoneNotValid as error:
        return _shown(request, actor, given, problems=[_problem("phone", told(error))])
    return see_other(f"{reverse('portal:details')}?done=changed")


def _ask_code(request: HttpRequest, given: dict[str, str], *, key: str, sent: str | None = "",
              problems: list[dict[str, str]] | None = None) -> HttpResponse:
    """Ask for the code; in a trial the page shows what the simulated text message says."""
    return page(request, "portal/details_code.html", status=422 if problems else 200, values=given, key=key, sent=sent,
                minutes=parameters.value("identity.code_minutes", clock.today()), problems=problems or [])


def _shown(request: HttpRequest, actor: Actor, given: dict[str, str], problems: list[dict[str, str]] | None = None) -> HttpResponse:
    found = known.party(actor.party or 0)
    values = {name: given.get(name, getattr(found, name) if found else "") for name in LONGEST}
    return page(request, "portal/details.html", status=422 if problems else 200, sections=sections(actor, "security"),
                name=found.name if found else "", number=mask_id(found.code) if found else "", values=values,
                longest=LONGEST, problems=problems or [], done=request.GET.get("done", ""))


def _unproved(request: HttpRequest, actor: Actor, given: dict[str, str]) -> list[dict[str, str]]:
    """What is too long, or that it is not the person who asks."""
    too_long = [name for name, longest in LONGEST.items() if len(given[name]) > longest]
    if too_long:
        return [_problem(name, _("This is too long: at most {count} characters.").format(count=LONGEST[name])) for name in too_long]
    if not request.POST.get("present"):
        return [_problem("present", _("Enter your present password"))]
    try:
        identity.prove_password(actor, present=request.POST.get("present", "")[:200], address=address_of(request))
    except (PasswordNotYours, TooManyAttempts) as error:
        return [_problem("present", told(error))]
    return []


def _problem(field: str, message: Any) -> dict[str, str]:
    return {"href": f"#{field}", "field": field, "message": str(message)}
