"""A clerk who saw a person and their card raises the level of the account whose code they show (IDN-05)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tongban.counter.station import desk
from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.errors import (
    CodeNotRight,
    CredentialNotValid,
    OtherCredential,
    TooManyProofs,
    YourselfAtTheCounter,
)
from tongban.identity.types import Role
from tongban.kernel.codes import mask_name
from tongban.kernel.errors import HouseError
from tongban.web.failures import told
from tongban.web.gate import actor_of, staff
from tongban.web.jinja import say
from tongban.web.words import typed

LONGEST = 60
FIELD_OF: dict[type[HouseError], str] = {CodeNotRight: "code", CredentialNotValid: "number", OtherCredential: "name"}


@staff(Role.RECEPTIONIST)
def proofing(request: HttpRequest) -> HttpResponse:
    """Ask for the code on the person's phone and for what stands on the card; say what became of it."""
    given = {field: typed(request, field, longest=LONGEST).strip() for field in ("code", "name", "kind", "number")}
    problems = card_missing(request, given) if request.method == "POST" else []
    if request.method == "POST" and not given["code"]:
        problems.insert(0, problem("code", _("Enter the code on the person's phone")))
    done = ""
    if request.method == "POST" and not problems:
        try:
            raised = identity.prove_at_counter(actor_of(request), code="".join(given["code"].split()), name=given["name"],
                                               kind=given["kind"], number=given["number"])
            done, given = ("raised" if raised else "waits"), given | {"name": mask_name(given["name"])}
        except (CodeNotRight, CredentialNotValid, OtherCredential, TooManyProofs, YourselfAtTheCounter) as error:
            problems = [problem(FIELD_OF.get(type(error), "code"), told(error))]
    return desk(request, "counter/proofing.html", given=given, done=done, problems=problems,
                kinds=kinds_of_card())


def kinds_of_card() -> list[dict[str, str]]:
    """The documents a person may bring."""
    return [{"value": each.code, "label": say(each.name)} for each in known.credential_types().values()]


def card_missing(request: HttpRequest, given: dict[str, str]) -> list[dict[str, Any]]:
    """What a clerk who holds a card has not said yet."""
    problems = []
    if not given["name"]:
        problems.append(problem("name", _("Enter the name on the card")))
    if "seen" not in request.POST:
        problems.append(problem("seen", _("Say that you have compared the person with the card")))
    return problems


def problem(field: str, message: str) -> dict[str, Any]:
    """One field that was refused, and why."""
    return {"href": f"#{field}", "field": field, "message": message}
