"""The materials of an application sent by a program: licences the state holds, files handed in, promises."""

from datetime import datetime

from django.utils.translation import gettext_noop as _

from tongban.api.types import HandedIn, NewCase
from tongban.calendars import queries as calendars
from tongban.calendars.rules import add_working_days
from tongban.cases import queries as cases
from tongban.cases.types import GivenMaterial, TrustLevel, Way
from tongban.catalogue.types import Guide, Material, Necessity
from tongban.documents import queries as documents
from tongban.documents.types import KeptDocument
from tongban.kernel import parameters
from tongban.kernel.errors import Problem

MESSAGES = {
    "unknown": _("The guide does not ask for this material in this situation."),
    "doubled": _("Name each material once."),
    "document_missing": _("Say which file: hand it in first and name its id."),
    "document_not_meant": _("A file belongs only to a material that is uploaded."),
    "document_unknown": _("There is no such file of this applicant."),
    "licence_missing": _("No valid licence of the applicant stands for this. Upload it."),
    "not_deferrable": _("This one cannot come later."),
}


def read_materials(guide: Guide, wanted: NewCase, applicant: int, now: datetime,
                   ) -> tuple[tuple[GivenMaterial, ...], tuple[Problem, ...]]:
    """The materials in the guide's order, and what is wrong with them; files and licences are looked up at once."""
    asked = {each.code: each for each in guide.materials_for(wanted.situation) if not each.from_form}
    named = {each.code: each for each in wanted.materials}
    problems = [_problem(each.code, "unknown") for each in named.values() if each.code not in asked]
    if len(named) < len(wanted.materials):
        problems.append(Problem(field="materials", code="doubled", message=MESSAGES["doubled"]))
    files = documents.documents(keys) if (keys := [each.document for each in named.values() if each.document]) else {}
    by_licence = any(each.way == "LICENCE" for each in named.values())
    held = {each.code: each for each in cases.known_materials(guide, [applicant])} if by_licence else {}
    given = []
    for material in asked.values():
        each = named.get(material.code)
        if each is None:
            continue
        flaw = _flaw(material, each, applicant, files, held)
        if flaw:
            problems.append(_problem(material.code, flaw))
        else:
            given.append(_given(material, each, files, held, now))
    return tuple(given), tuple(problems)


def _flaw(material: Material, each: HandedIn, applicant: int, files: dict[int, KeptDocument],
          held: dict[str, GivenMaterial]) -> str:
    if each.way != "UPLOAD" and each.document is not None:
        return "document_not_meant"
    if each.way == "UPLOAD":
        known = files.get(each.document) if each.document else None
        missing = "document_missing" if each.document is None else "document_unknown"
        return "" if known is not None and known.party == applicant else missing
    if each.way == "LICENCE":
        return "" if material.code in held else "licence_missing"
    return "" if material.necessity is Necessity.DEFERRABLE else "not_deferrable"


def _given(material: Material, each: HandedIn, files: dict[int, KeptDocument], held: dict[str, GivenMaterial],
           now: datetime) -> GivenMaterial:
    if each.document is not None:
        kept = files[each.document]
        return GivenMaterial(code=material.code, name=material.name, way=Way.UPLOAD, trust=TrustLevel.C,
                             document=kept.id, file_name=kept.name, media_type=kept.media_type, size=kept.size)
    if each.way == "LICENCE":
        return held[material.code]
    last = add_working_days(now.date(), parameters.value("cases.deferral_days", now.date()), calendars.calendar())
    return GivenMaterial(code=material.code, name=material.name, way=Way.LATER, trust=TrustLevel.D, due_on=last)


def _problem(code: str, flaw: str) -> Problem:
    return Problem(field=f"m-{code[:60]}", code=flaw, message=MESSAGES[flaw])
