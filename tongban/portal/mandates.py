"""Acting for others: who acts for me or for my firm, for whom I act, given, taken up and ended (IDN-10, IDN-11)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongban.cases import queries as cases
from tongban.catalogue import queries as catalogue
from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.errors import (
    InvitationNotValid,
    MandateNotFound,
    MandateTooLong,
    MandateToOneself,
    NotTheRepresentative,
    TooManyPrincipals,
)
from tongban.identity.queries import MandateRow
from tongban.identity.types import Actor, Extent, Terms
from tongban.kernel import clock, parameters
from tongban.portal.space import sections
from tongban.web.failures import told
from tongban.web.gate import actor_of, citizens, proved_lately
from tongban.web.jinja import date_long, datetime_short, say
from tongban.web.pages import page, see_other

LONGEST = 120
FEW = 12
EXTENTS = {
    Extent.SIGN: gettext_lazy("Everything: prepare, send and withdraw applications"),
    Extent.PREPARE: gettext_lazy("Prepare applications and read them, but not send them"),
    Extent.READ: gettext_lazy("Only read how far they are"),
}
ACTS = {
    "CaseSubmitted": gettext_lazy("Sent the application"), "CaseWithdrawn": gettext_lazy("Took the application back"),
    "CorrectionsAnswered": gettext_lazy("Sent what was missing"), "PromiseKept": gettext_lazy("Handed in what was promised"),
    "CaseDelivered": gettext_lazy("Saw the result"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a form about a mandate says, as it was typed."""

    name: str
    phone: str
    extent: str
    which: str
    items: tuple[str, ...]
    since: str
    until: str


@citizens
def mandates(request: HttpRequest) -> HttpResponse:
    """Who acts for me, for whom I act, what waits for an answer."""
    actor = actor_of(request)
    rows = known.mandates_of(*actor.own)
    firms = [{"title": party.name, "href": reverse("portal:agents", args=[key]), "text": _("Who acts for this firm"), "about": ""}
             for key in actor.entities if known.represents(actor.party or 0, key) and (party := known.party(key))]
    return page(request, "portal/mandates.html", sections=sections(actor, "mandates"), firms=firms,
                given=[_line(each, actor) for each in rows if each.principal in actor.own],
                held=[_line(each, actor) for each in rows if each.agent in actor.own])


@proved_lately
@citizens
def give(request: HttpRequest) -> HttpResponse:
    """Let somebody act for me: who, how far, in what, until when; ends with a code for them."""
    actor = actor_of(request)
    return _invite(request, actor, firm=None, asking=False)


@citizens
def ask(request: HttpRequest) -> HttpResponse:
    """Ask somebody to let me act for them; they say yes on their own sign-in."""
    return _invite(request, actor_of(request), firm=None, asking=True)


@proved_lately
@citizens
def appoint(request: HttpRequest, firm: int) -> HttpResponse:
    """The legal representative lets somebody act for the firm, within limits (IDN-10)."""
    actor = actor_of(request)
    return _invite(request, actor, firm=_represented(actor, firm), asking=False)


@citizens
def agents(request: HttpRequest, firm: int) -> HttpResponse:
    """Everybody who acts for a firm, now or before."""
    actor = actor_of(request)
    key = _represented(actor, firm)
    party = known.party(key)
    return page(request, "portal/agents.html", firm=key, name=party.name if party else "",
                rows=[_line(each, actor) for each in known.agents_of(key)])


@proved_lately
@citizens
def code(request: HttpRequest) -> HttpResponse:
    """Enter the code one was given, read what it is for, and say yes."""
    actor = actor_of(request)
    written = request.POST.get("code", "").strip()[:40]
    if request.method != "POST":
        return page(request, "portal/mandate_code.html", problems=[], found=None, code="", rows=[])
    if "accept" in request.POST:
        try:
            key = identity.accept_mandate(actor, code=written)
        except (InvitationNotValid, MandateToOneself, TooManyPrincipals) as error:
            return _code_again(request, written, told(error))
        return see_other(reverse("portal:mandate", args=[key]) + "?done=accepted")
    found = known.invitation(actor, written)
    if found is None:
        return _code_again(request, written, told(InvitationNotValid()))
    return page(request, "portal/mandate_code.html", problems=[], found=found, code=written, rows=_terms(found),
                giving=found.principal is None)


@citizens
def mandate(request: HttpRequest, key: str) -> HttpResponse:
    """One mandate: its limits, what was done with it, and the button that ends it."""
    actor = actor_of(request)
    found = known.mandate(key)
    if found is None or not _concerns(actor, found):
        raise MandateNotFound
    if request.method == "POST":
        identity.end_mandate(actor, key=key)
        return see_other(reverse("portal:mandate", args=[key]) + "?done=ended")
    accounts = known.accounts_of(found.agent) if found.agent else []
    acts = [{"what": ACTS.get(each.name, each.name), "at": datetime_short(each.at), "iso": each.at.isoformat(),
             "note": say(each.item_name), "href": reverse("portal:case", args=[each.number]), "state": "done"}
            for each in cases.acts_of(found.principal, accounts)] if found.principal else []
    back = reverse("portal:agents", args=[found.principal]) if found.firm and found.agent not in actor.own else reverse(
        "portal:mandates")
    return page(request, "portal/mandate.html", found=found, rows=_terms(found), acts=acts, back=back,
                held=found.agent in actor.own, done=request.GET.get("done", ""))


def _invite(request: HttpRequest, actor: Actor, *, firm: int | None, asking: bool) -> HttpResponse:
    """The form of an invitation, and once it is right the code that the other side needs."""
    asked, problems = _asked(request), []
    if request.method == "POST":
        problems = _check(asked)
        if not problems:
            try:
                made = _made(actor, asked, firm=firm, asking=asking)
            except MandateTooLong as error:
                problems = [_problem("until", told(error))]
            else:
                return page(request, "portal/mandate_made.html", code=made, name=asked.name, asking=asking, firm=firm,
                            days=parameters.value("identity.invitation_days", clock.today()))
    party = known.party(firm) if firm else None
    return page(request, "portal/mandate_form.html", asked=asked, asking=asking, firm=firm, firm_name=party.name if party else "",
                extents={str(int(key)): words for key, words in EXTENTS.items()}, items=_offered(actor, asked, firm), problems=problems,
                today=clock.today().isoformat(), status=422 if problems else 200)


def _made(actor: Actor, asked: Asked, *, firm: int | None, asking: bool) -> str:
    terms = Terms(extent=Extent(int(asked.extent)), items=asked.items if asked.which == "some" else (),
                  valid_from=_day(asked.since) or clock.today(), valid_to=_day(asked.until) or clock.today())
    if asking:
        return identity.ask_mandate(actor, name=asked.name, phone=asked.phone, terms=terms)
    return identity.offer_mandate(actor, principal=firm or actor.party or 0, name=asked.name, phone=asked.phone, terms=terms)


def _asked(request: HttpRequest) -> Asked:
    named = request.GET.get("item", "")
    if request.method != "POST":
        return Asked(name="", phone="", extent="", which="some" if named else "", items=(named,) if named else (), since="", until="")
    typed = {name: request.POST.get(name, "").replace("\x00", "").strip()[:LONGEST] for name in
             ("name", "phone", "extent", "which", "since", "until")}
    return Asked(**typed, items=tuple(catalogue.items_by_code(request.POST.getlist("item")[:FEW * 4])))


def _check(asked: Asked) -> list[dict[str, str]]:
    wrong = [
        ("name", not asked.name, _("Enter their full name")),
        ("phone", not (asked.phone.isascii() and asked.phone.isdigit() and 8 <= len(asked.phone) <= 13),
         _("Enter their phone number, figures only")),
        ("extent", asked.extent not in {str(int(key)) for key in EXTENTS}, _("Choose how far it goes")),
        ("which", asked.which not in ("all", "some"), _("Choose whether it is for everything or only for some services")),
        ("item", asked.which == "some" and not asked.items, _("Tick at least one service")),
        ("since", bool(asked.since) and _day(asked.since) is None, _("Enter the first day as a date")),
        ("until", _day(asked.until) is None, _("Enter the last day as a date")),
    ]
    return [_problem(field, message) for field, is_wrong, message in wrong if is_wrong]


def _offered(actor: Actor, asked: Asked, firm: int | None) -> list[dict[str, Any]]:
    """Services to choose from: those named already, those they had to do with, those most in demand."""
    own = [each.item_code for each in cases.cases_of([firm or actor.party or 0], limit=FEW)]
    wanted = [*asked.items, *own, *(each.code for each in catalogue.popular(FEW))]
    found = catalogue.items_by_code(wanted)
    return [{"code": key, "name": say(found[key].name), "by": say(found[key].authority_short), "chosen": key in asked.items}
            for key in dict.fromkeys(wanted) if key in found]


def _terms(row: MandateRow) -> list[dict[str, Any]]:
    """What a mandate says, as lines."""
    named = catalogue.items_by_code(row.terms.items)
    which = _(", ").join(say(named[each].name) for each in row.terms.items if each in named) or _("Services that are no longer offered")
    return [
        {"label": _("Whose matters"), "value": row.principal_name or _("Someone who has left")},
        {"label": _("Who acts for them"), "value": row.agent_name or _("Someone who has left")},
        {"label": _("How far"), "value": EXTENTS[row.terms.extent]},
        {"label": _("In what"), "value": which if row.terms.items else _("In everything")},
        {"label": _("From"), "value": date_long(row.terms.valid_from)},
        {"label": _("Until"), "value": date_long(row.terms.valid_to)},
    ]


def _line(row: MandateRow, actor: Actor) -> dict[str, Any]:
    other = (row.principal_name if row.agent in actor.own else row.agent_name) or _("Someone who has left")
    words, tone = ((_("Paused"), "wait") if row.rests else (_("In force"), "done") if row.in_force else (_("Waits for an answer"), "wait")
                   if row.waiting else (_("Over"), "plain"))
    return {"title": other, "href": reverse("portal:mandate", args=[row.key]), "tag": words, "tone": tone, "about": words,
            "text": _("{how}. Until {day}.").format(how=EXTENTS[row.terms.extent], day=date_long(row.terms.valid_to))}


def _concerns(actor: Actor, row: MandateRow) -> bool:
    """Is it the caller's, on either side, or that of a firm they represent?"""
    if {row.agent, row.principal} & set(actor.own):
        return True
    return row.firm and known.represents(actor.party or 0, row.principal or 0)


def _represented(actor: Actor, firm: int) -> int:
    if firm not in actor.entities:
        raise MandateNotFound
    if not known.represents(actor.party or 0, firm):
        raise NotTheRepresentative
    return firm


def _code_again(request: HttpRequest, written: str, message: str) -> HttpResponse:
    return page(request, "portal/mandate_code.html", problems=[_problem("code", message)], found=None, code=written, rows=[], status=422)


def _problem(field: str, message: str) -> dict[str, str]:
    return {"href": f"#{field}", "field": field, "message": message}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
