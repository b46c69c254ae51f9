"""A clerk who saw a person and their card enters the phone they have now, in place of a lost one."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tongban.counter.proofing import LONGEST, card_missing, kinds_of_card, problem
from tongban.counter.station import desk
from tongban.identity import actions as identity
from tongban.identity import rules
from tongban.identity.errors import (
    CardNotKnown,
    CodeNotRight,
    CredentialNotValid,
    PhoneWaits,
    TooManyEnrolments,
    TooManyProofs,
)
from tongban.identity.types import Role
from tongban.kernel import clock, parameters
from tongban.kernel.codes import mask_name
from tongban.kernel.errors import HouseError
from tongban.web.failures import told
from tongban.web.gate import actor_of, address_of, proved_lately, staff
from tongban.web.jinja import datetime_short
from tongban.web.words import typed, typed_code, typed_phone

FIELD_OF: dict[type[HouseError], str] = {CardNotKnown: "name", PhoneWaits: "name", CodeNotRight: "code", TooManyEnrolments: "phone"}
REFUSED = (CardNotKnown, CodeNotRight, CredentialNotValid, PhoneWaits, TooManyEnrolments, TooManyProofs)


@proved_lately
@staff(Role.RECEPTIONIST)
def new_phone(request: HttpRequest) -> HttpResponse:
    """Card and phone first, then the code that came to the phone; the change counts later, and its person is told."""
    given = {field: typed(request, field, longest=LONGEST).strip() for field in ("name", "kind", "number")}
    given["phone"] = typed_phone(request)
    if request.method != "POST":
        return _asked(request, given)
    return _named(request, given) if "code" in request.POST else _sent(request, given)


def _asked(request: HttpRequest, given: dict[str, str], problems: list[dict[str, Any]] | None = None) -> HttpResponse:
    return desk(request, "counter/new_phone.html", given=given, problems=problems or [], kinds=kinds_of_card(), done="",
                hours=parameters.value("identity.new_phone_hours", clock.today()))


def _sent(request: HttpRequest, given: dict[str, str]) -> HttpResponse:
    problems = card_missing(request, given)
    if not rules.is_mobile(given["phone"]):
        problems.append(problem("phone", _("Enter a mobile number with eleven digits")))
    if problems:
        return _asked(request, given, problems)
    try:
        asked = identity.ask_for_new_phone(actor_of(request), **given, address=address_of(request))
    except REFUSED as error:
        return _asked(request, given, [_at(error)])
    return _ask_code(request, given, key=asked.key, sent=asked.simulated)


def _ask_code(request: HttpRequest, given: dict[str, str], *, key: str, sent: str | None = None,
              problems: list[dict[str, Any]] | None = None) -> HttpResponse:
    return desk(request, "counter/new_phone_code.html", given=given, asked=key, sent=sent, problems=problems or [])


def _named(request: HttpRequest, given: dict[str, str]) -> HttpResponse:
    key, code = typed_code(request)
    card = {field: given[field] for field in ("name", "kind", "number")}
    try:
        due = identity.name_new_phone(actor_of(request), **card, key=key, code=code)
    except CodeNotRight as error:
        return _ask_code(request, given, key=key, problems=[_at(error)])
    except REFUSED as error:
        return _asked(request, given, [_at(error)])
    return desk(request, "counter/new_phone.html", given=given, problems=[], kinds=[], done=mask_name(given["name"]),
                due=datetime_short(due))


def _at(error: HouseError) -> dict[str, Any]:
    return problem(FIELD_OF.get(type(error), "number"), told(error))
