"""My details: phone, address and English name, put right by whoever they are about."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.errors import PasswordNotYours, PhoneNotValid, TooManyAttempts
from tongban.identity.types import Actor
from tongban.kernel.codes import mask_id
from tongban.portal.space import sections
from tongban.web.failures import told
from tongban.web.gate import actor_of, address_of, citizens
from tongban.web.pages import page, see_other
from tongban.web.words import typed

LONGEST = {"phone": 20, "address": 200, "name_en": 80}


@citizens
def details(request: HttpRequest) -> HttpResponse:
    """Show what is on record and change what a person may change (Personal Information Protection Law art. 46)."""
    actor = actor_of(request)
    if request.method != "POST":
        return _shown(request, actor, {})
    given = {name: typed(request, name) for name in LONGEST}
    problems = _changed(request, actor, given)
    if problems:
        return _shown(request, actor, given, problems=problems)
    return see_other(f"{reverse('portal:details')}?done=changed")


def _shown(request: HttpRequest, actor: Actor, given: dict[str, str], problems: list[dict[str, str]] | None = None) -> HttpResponse:
    found = known.party(actor.party or 0)
    values = {name: given.get(name, getattr(found, name) if found else "") for name in LONGEST}
    return page(request, "portal/details.html", status=422 if problems else 200, sections=sections(actor, "security"),
                name=found.name if found else "", number=mask_id(found.code) if found else "", values=values,
                longest=LONGEST, problems=problems or [], done=request.GET.get("done", ""))


def _changed(request: HttpRequest, actor: Actor, given: dict[str, str]) -> list[dict[str, str]]:
    too_long = [name for name, longest in LONGEST.items() if len(given[name]) > longest]
    if too_long:
        return [_problem(name, _("This is too long: at most {count} characters.").format(count=LONGEST[name])) for name in too_long]
    try:
        identity.prove_password(actor, present=request.POST.get("present", "")[:200], address=address_of(request))
        identity.correct_details(actor, **given)
    except (PasswordNotYours, TooManyAttempts) as error:
        return [_problem("present", told(error))]
    except PhoneNotValid as error:
        return [_problem("phone", told(error))]
    return []


def _problem(field: str, message: Any) -> dict[str, str]:
    return {"href": f"#{field}", "field": field, "message": str(message)}
