"""A firm made known by its legal representative."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongban.identity import actions as identity
from tongban.identity.errors import FirmKnown, NotMatching, TooManyProofs
from tongban.identity.types import EntityKind, Proofing
from tongban.kernel.codes import CodeNotValid
from tongban.web.failures import told
from tongban.web.gate import actor_of, citizens
from tongban.web.pages import page, see_other
from tongban.web.words import typed

KINDS: Mapping[EntityKind, str | Promise] = {
    EntityKind.COMPANY: gettext_lazy("Company"), EntityKind.SOLE_TRADER: gettext_lazy("Sole trader"),
    EntityKind.INSTITUTION: gettext_lazy("Public institution"), EntityKind.SOCIAL: gettext_lazy("Social organisation"),
    EntityKind.GOVERNMENT: gettext_lazy("Government body"), EntityKind.OTHER: gettext_lazy("Other organisation"),
}
FIELDS = {"uscc": 40, "name": 120, "kind": 12, "address": 200, "scope": 2000}


@citizens
def new_firm(request: HttpRequest) -> HttpResponse:
    """Ask for the code, the name and what the firm is; the register says whether you represent it."""
    actor = actor_of(request)
    given = {field: typed(request, field, longest=longest).strip() for field, longest in FIELDS.items()}
    problems = _missing(given) if request.method == "POST" else []
    if request.method == "POST" and not problems:
        try:
            identity.register_own_firm(actor, uscc=given["uscc"], name=given["name"], kind=EntityKind(given["kind"]),
                                       address=given["address"], business_scope=given["scope"])
            return see_other(f"{reverse('portal:proofing')}?done=firm")
        except (CodeNotValid, FirmKnown) as error:
            problems = [_problem("uscc", told(error))]
        except (NotMatching, TooManyProofs) as error:
            problems = [_problem("name", told(error))]
    return page(request, "portal/new_firm.html", ready=actor.proofing >= Proofing.L2, given=given, problems=problems,
                kinds=[{"value": str(code), "label": words} for code, words in KINDS.items()], status=422 if problems else 200)


def _missing(given: Mapping[str, str]) -> list[dict[str, Any]]:
    problems = []
    if not given["uscc"]:
        problems.append(_problem("uscc", _("Enter the credit code of the firm")))
    if not given["name"]:
        problems.append(_problem("name", _("Enter the full name of the firm")))
    if given["kind"] not in set(EntityKind):
        problems.append(_problem("kind", _("Say what kind of organisation it is")))
    if not given["address"]:
        problems.append(_problem("address", _("Enter the registered address")))
    return problems


def _problem(field: str, message: str) -> dict[str, Any]:
    return {"href": f"#{field}", "field": field, "message": message}
