"""How surely I am known: what each level allows, and how to raise mine; by data, by face or at a counter (IDN-05)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.errors import CredentialNotValid, NotMatching, OtherCredential, TooManyProofs
from tongban.identity.types import Actor, Proofing
from tongban.kernel import clock, parameters
from tongban.kernel.codes import mask_id
from tongban.kernel.errors import HouseError
from tongban.portal.space import sections
from tongban.web.failures import told
from tongban.web.gate import actor_of, citizens
from tongban.web.jinja import date_long, say
from tongban.web.pages import page, see_other
from tongban.web.words import typed

LONGEST = 60


@citizens
def standing(request: HttpRequest) -> HttpResponse:
    """My level, what it allows, and the next one."""
    actor = actor_of(request)
    now = known.standing(actor.account, actor.party or 0)
    levels = [_level(each, now.level) for each in (Proofing.L1, Proofing.L2, Proofing.L3)]
    person, kind = known.party(actor.party or 0), known.credential_types().get(now.credential_type)
    proved = f"{say(kind.name)} {mask_id(person.code)}" if kind and person and person.code else ""
    return page(request, "portal/proofing.html", sections=sections(actor, "identity"), now=now, levels=levels, proved=proved,
                until=date_long(now.until) if now.until and now.level > Proofing.L1 else "", done=request.GET.get("done", ""))


@citizens
def by_data(request: HttpRequest) -> HttpResponse:
    """Name, document and number, compared with the register (L2)."""
    actor = actor_of(request)
    if request.method != "POST":
        return _data_form(request, actor)
    name, number = typed(request, "name", longest=LONGEST).strip(), typed(request, "number", longest=LONGEST)
    kind = request.POST.get("kind", "")[:3]
    if not name:
        return _data_form(request, actor, kind=kind, number=number, problem=("name", _("Enter your name as it stands on your document")))
    try:
        done = identity.prove_by_data(actor, name=name, kind=kind, number=number)
    except (CredentialNotValid, NotMatching, OtherCredential, TooManyProofs) as error:
        return _data_form(request, actor, name=name, kind=kind, number=number, problem=_at(error))
    return _back("proved" if done else "waits")


@citizens
def by_face(request: HttpRequest) -> HttpResponse:
    """What a check of the face would do; nothing is taken or kept here (L3)."""
    actor = actor_of(request)
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        try:
            identity.prove_by_face(actor)
            return _back("proved")
        except (NotMatching, TooManyProofs) as error:
            problems = [{"href": "#main", "message": told(error)}]
    return page(request, "portal/proofing_face.html", ready=actor.proofing >= Proofing.L2, problems=problems,
                status=422 if problems else 200)


@citizens
def at_counter(request: HttpRequest) -> HttpResponse:
    """The code to show to a clerk, made anew each time it is asked for (L3)."""
    actor = actor_of(request)
    code = identity.give_proofing_code(actor) if request.method == "POST" else ""
    return page(request, "portal/proofing_counter.html", code=f"{code[:4]} {code[4:]}".strip(),
                minutes=parameters.value("identity.code_minutes", clock.today()))


def _data_form(request: HttpRequest, actor: Actor, *, name: str = "", kind: str = "111", number: str = "",
               problem: tuple[str, str] | None = None) -> HttpResponse:
    person = known.party(actor.party or 0)
    problems = [{"href": f"#{problem[0]}", "field": problem[0], "message": problem[1]}] if problem else []
    kinds = [{"value": each.code, "label": say(each.name)} for each in known.credential_types().values()]
    return page(request, "portal/proofing_data.html", name=name or (person.name if person else ""), kind=kind, number=number,
                kinds=kinds, has=mask_id(person.code) if person and person.code else "", problems=problems,
                status=422 if problems else 200)


def _at(error: HouseError) -> tuple[str, str]:
    """The field a refusal is about."""
    return ("number" if isinstance(error, CredentialNotValid) else "name"), told(error)


def _level(level: Proofing, held: Proofing) -> dict[str, Any]:
    title, text = {
        Proofing.L1: (_("L1: registered"), _("You gave a phone that is yours. You can book, save drafts and get messages.")),
        Proofing.L2: (_("L2: name and number checked"), _("You can send applications and see your licences.")),
        Proofing.L3: (_("L3: you in person"), _("You can also sign, and let others use your licences.")),
    }[level]
    return {"title": title, "text": text, "state": "done" if held >= level else "now" if held + 1 == level else ""}


def _back(done: str) -> HttpResponse:
    return see_other(f"{reverse('portal:proofing')}?done={done}")
