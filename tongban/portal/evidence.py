"""What the state already knows, and what people attach: known facts, licences that stand for papers, uploads."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext

from tongban.calendars import queries as calendars
from tongban.calendars.rules import add_working_days
from tongban.cases import actions as cases
from tongban.cases.access import OpenDraft, may_hand_in
from tongban.cases.types import GivenMaterial, TrustLevel, Way
from tongban.catalogue.types import Guide, Material, Necessity
from tongban.documents import actions as documents
from tongban.documents import queries as documents_known
from tongban.documents.errors import FileMarkedSecret, FileTooLarge
from tongban.documents.types import KeptDocument
from tongban.forms import rules as forms
from tongban.forms.types import CompiledForm, Known, Prefill
from tongban.identity import queries as identity
from tongban.identity.types import Actor, PartyKind
from tongban.kernel import clock, parameters
from tongban.kernel.errors import HouseError
from tongban.kernel.types import Text
from tongban.licences import queries as licences
from tongban.web.failures import told
from tongban.web.jinja import date_long, say
from tongban.web.uploads import uploaded

KEY_LENGTH = 18
REGISTER = Text(zh="人口库、法人库（模拟）", en="the population and entity registers (simulated)")


def prefills(form: CompiledForm, applicant: int) -> dict[str, Prefill]:
    """Known facts for the fields of a form, each with its source."""
    return forms.prefill(form, known_facts(applicant))


def known_facts(applicant: int) -> dict[str, Known]:
    """What registers and licences say of the applicant, by the names that forms use."""
    party = identity.party(applicant)
    if party is None:
        return {}
    kind = "person" if party.kind is PartyKind.PERSON else "entity"
    facts = {
        f"{kind}.name": party.name, f"{kind}.phone": party.phone, f"{kind}.address": party.address,
        ("person.id_number" if kind == "person" else "entity.uscc"): party.code,
    }
    if kind == "entity":
        facts["entity.representative"] = party.representative
    found = {name: Known(value=value, source=REGISTER) for name, value in facts.items() if value}
    for licence in licences.licences_of([applicant]):
        for each in licence.fields:
            found.setdefault(f"licence.{each.name}", Known(value=each.value, source=licence.type_name))
    return found


def receive(actor: Actor, draft: OpenDraft, guide: Guide, request: HttpRequest) -> list[dict[str, Any]]:
    """Take files, promises and removals of one post; every problem names its material, everything else is kept."""
    problems: list[dict[str, Any]] = []
    for material in guide.materials_for(draft.situation):
        if material.from_form:
            continue
        if request.POST.get(f"remove-{material.code}"):
            cases.attach_to_draft(actor, key=draft.key, material=None, code=material.code)
        try:
            brought = attached(request, actor, material, party=draft.applicant)
        except HouseError as error:
            problems.append(against(material, error, guide))
            continue
        if brought is not None:
            cases.attach_to_draft(actor, key=draft.key, code=material.code, material=brought)
        elif request.POST.get(f"later-{material.code}") and material.necessity is Necessity.DEFERRABLE:
            cases.attach_to_draft(actor, key=draft.key, code=material.code, material=GivenMaterial(
                code=material.code, name=material.name, way=Way.LATER, trust=TrustLevel.D, due_on=_until(draft)))
    return problems


def attached(request: HttpRequest, actor: Actor, material: Material, *, party: int) -> GivenMaterial | None:
    """The file that came for a material, kept for the party; raises what speaks against it, or against one kept back."""
    file = uploaded(request, f"m-{material.code}")
    if file is None and request.POST.get(f"too-large-m-{material.code}"):
        raise FileTooLarge(limit=parameters.value("documents.file_megabytes", clock.today()))
    return handed_in(material, documents.keep_upload(actor, party=party, file=file)) if file else None


def attached_before(request: HttpRequest, actor: Actor, material: Material, *, party: int) -> GivenMaterial | None:
    """The file that came for a material with an earlier post of the same page, if it is the party's and may be handed in."""
    named = request.POST.get(f"attached-{material.code}", "")
    key = int(named) if named.isascii() and named.isdecimal() and len(named) <= KEY_LENGTH else 0
    kept = documents_known.documents([key]).get(key) if key else None
    return handed_in(material, kept) if kept and kept.party == party and may_hand_in(actor, key) else None


def handed_in(material: Material, kept: KeptDocument) -> GivenMaterial:
    """A material as a file of the applicant's."""
    return GivenMaterial(code=material.code, name=material.name, way=Way.UPLOAD, trust=TrustLevel.C, document=kept.id,
                         file_name=kept.name, media_type=kept.media_type, size=kept.size)


def against(material: Material, error: HouseError, guide: Guide) -> dict[str, Any]:
    """What speaks against a file, as a page tells it; of a paper that does not belong here, also whom to ask."""
    problem = {"href": f"#m-{material.code}", "message": f"{say(material.name)}{gettext(': ')}{told(error)}"}
    if isinstance(error, FileMarkedSecret):
        problem["next"] = gettext("Such papers are never handed in online. Whom to ask: {phone}. If it is no longer secret, ask whoever "
                                  "issued it for a released copy.").format(phone=guide.consultation_phone)
    return problem


def counted_from(received: date) -> str:
    """What is said of something sent outside working time."""
    return gettext("Sent outside working hours, it counts as received on {day}, the next working day.").format(
        day=date_long(received))


def rows(draft: OpenDraft, guide: Guide, lapsed: Collection[str]) -> list[dict[str, Any]]:
    """The materials of the draft's situation and where each stands; one whose licence lapsed is asked for again.

    `until`: the last day of one that is not here and may follow later (MAT-06).
    """
    given = {each.code: each for each in draft.given if each.code not in lapsed}
    return [{"material": material, "given": given.get(material.code), "id": f"m-{material.code}",
             "until": _until(draft) if material.necessity is Necessity.DEFERRABLE and material.code not in given else None}
            for material in guide.materials_for(draft.situation)]


def may_follow(draft: OpenDraft, guide: Guide, lapsed: Collection[str]) -> str:
    """Which papers that are not here may follow later, and until when."""
    names = gettext(", ").join(say(row["material"].name) for row in rows(draft, guide, lapsed) if row["until"])
    return gettext("May follow later, by {day} at the latest: {names}").format(
        day=date_long(_until(draft)), names=names) if names else ""


def _until(draft: OpenDraft) -> date:
    """The last day of a paper promised now."""
    days = parameters.value("cases.deferral_days", draft.now.date())
    return add_working_days(draft.now.date(), days, calendars.calendar())
