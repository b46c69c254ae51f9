"""The guide of a service and its one-time notice, made of the published item and of nothing else (GUI-01, GUI-06)."""

import re
from collections.abc import Iterable
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongban.cases import queries as cases
from tongban.cases.queries import DraftRow
from tongban.catalogue import queries as catalogue
from tongban.catalogue.errors import AddressUnknown, ItemUnknown
from tongban.catalogue.rules import checklist, working_days
from tongban.catalogue.types import (
    BodyNature,
    FeeProject,
    Guide,
    HandlingForm,
    ItemRow,
    LimitSpec,
    Material,
    Medium,
    Necessity,
    OfflineReason,
    PowerSource,
    PowerType,
    ServiceObject,
    StepRole,
)
from tongban.identity.types import Strength
from tongban.kernel import clock, parameters
from tongban.kernel.errors import NotFound
from tongban.kernel.types import Text
from tongban.licences import queries as licences
from tongban.licences.errors import LicenceTypeUnknown
from tongban.portal.opinions import opinion, said_of
from tongban.portal.places import local_page
from tongban.reviews import queries as reviews
from tongban.web.gate import anyone
from tongban.web.jinja import date_long, say
from tongban.web.pages import page

CODE = re.compile("[0-9A-Za-z]{1,40}")
KEY = re.compile("[0-9]{1,17}")
OPINIONS = 20
HAND_IN, HELD, FORM = "hand in", "held", "form"
OLD_YEARS = 3
WRITTEN_DATE = re.compile("([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?")


@anyone
def guide(request: HttpRequest, code: str) -> HttpResponse:
    """All there is to know of one service, for the situation the reader names."""
    found = guide_of(code)
    situation = situation_of(found, request.GET.get("situation", ""))
    wanted = f"?situation={situation}" if situation else ""
    return local_page(
        request, "portal/guide.html", guide=found, situation=situation, drafts=_begun(request, found.code), facts=facts(found, situation),
        materials=material_rows(found, situation), steps=step_rows(found), limits=limit_rows(found),
        basics=basic_rows(found), age=age_of_source(found, clock.today()),
        made_up=made_up(found.made_up),
        lead=_sentences(say(found.summary), _("Handled by {authority}.").format(authority=say(found.authority_name))), fees=fee_rows(found),
        results=result_rows(found), channels=forms_words(found.handling_forms), said=said_of(found.code),
        offline=offline_words(found.offline.reason) if found.offline else "",
        start=reverse("portal:start", args=[code]) + wanted, notice=reverse("portal:notice", args=[code]) + wanted)


@anyone
def notice(request: HttpRequest, code: str) -> HttpResponse:
    """The one-time notice for a situation, dated, to print and hold us to (LAL art. 32, GUI-06)."""
    found = guide_of(code)
    situation = situation_of(found, request.GET.get("situation", ""))
    told = checklist(found, situation, on=clock.today())
    rows = [
        {"label": _("Service"), "value": say(told.name)},
        {"label": _("Situation"), "value": say(told.situation) if told.situation else _("The same for everyone")},
        {"label": _("Told on"), "value": date_long(told.on)},
        {"label": _("Version"), "value": str(told.version)},
        {"label": _("Promised time"), "value": limit_words(told.promised_limit)},
        {"label": _("Fee"), "value": fee_words(found)},
    ]
    return page(request, "portal/notice.html", told=told, rows=rows, guide=found, situation=situation,
                materials=material_rows(found, situation))


@anyone
def opinions(request: HttpRequest, code: str) -> HttpResponse:
    """Everything people said of a service, newest first, with what was answered (EVA-13)."""
    found, before = guide_of(code), request.GET.get("before", "")
    here = reverse("portal:opinions", args=[found.code])
    rows = reviews.public_reviews(item_code=found.code, limit=OPINIONS + 1, before=int(before) if KEY.fullmatch(before)
                                  else None)
    return local_page(
        request, "portal/opinions.html", guide=found, said=said_of(found.code),
        rows=[opinion(each) for each in rows[:OPINIONS]], first_href=here if before else "",
        next_href=f"{here}?before={rows[OPINIONS - 1].id}" if len(rows) > OPINIONS else "")


def guide_of(code: str) -> Guide:
    """The guide of the version in force; refuses with `NotFound` whatever is written as its code."""
    if not CODE.fullmatch(code):
        raise not_a_code(code, ItemUnknown)
    return catalogue.guide(code)


def not_a_code(written: str, error: type[NotFound]) -> NotFound:
    """The refusal of what cannot be a code; it repeats the letters and digits of it, and is whole without any."""
    legible = re.sub("[^0-9A-Za-z]", "", written)[:40]
    return error(code=legible) if legible else AddressUnknown()


def situation_of(guide: Guide, wanted: str) -> str:
    """The situation asked for, the first where there is no such one."""
    codes = [option.code for option in guide.situation.options] if guide.situation else [""]
    return wanted if wanted in codes else codes[0]


def facts(guide: Guide, situation: str) -> list[dict[str, str]]:
    """The four figures people ask for first, beside the law's and the former ones where ours are better."""
    law = _("{limit} by law").format(limit=limit_words(guide.statutory_limit))
    shorter = working_days(guide.promised_limit) < working_days(guide.statutory_limit)
    papers, held = counted(material_rows(guide, situation))
    before = guide.materials_before
    return [
        {"value": limit_words(guide.promised_limit), "label": _("promised"), "was": law if shorter else ""},
        {"value": visits_words(guide.visits), "label": _("you need to make")},
        {"value": fee_words(guide), "label": _("fee")},
        {"value": ngettext("{count} paper", "{count} papers", papers).format(count=papers),
         "label": _("to hand in; we already have {count} more").format(count=held) if held else _("to hand in"),
         "was": _("{count} before").format(count=before) if before is not None and before > papers and before >= papers + held else ""},
    ]


def counted(rows: Iterable[dict[str, str]]) -> tuple[int, int]:
    """How many papers of a list are to be handed in, and how many we look up ourselves; the form is no paper."""
    ways = [row["way"] for row in rows]
    return ways.count(HAND_IN), ways.count(HELD)


def material_rows(guide: Guide, situation: str) -> list[dict[str, str]]:
    """What to prepare; what we look up ourselves comes last, struck through, with the reason."""
    asked = guide.materials_for(situation)
    return [*(_material(each) for each in asked if not each.is_exempt),
            *({"way": HELD, "name": say(each.name), "reason": say(each.exempt_by.reason)} for each in asked if each.exempt_by)]


def step_rows(guide: Guide) -> list[dict[str, str]]:
    """The flow, with what each step may take at most; acceptance has the time of every item, for its clock runs so."""
    accepting = next((step for step in guide.steps if step.role is StepRole.RECEPTIONIST and step.limit_days), None)
    return [{"title": say(step.name),
             "text": _sentences(say(step.text), _intake_words() if step is accepting else
                                _at_most(step.limit_days) if step.limit_days else "")}
            for step in guide.steps]


def limit_rows(guide: Guide) -> list[dict[str, str]]:
    """What is promised, what the law allows, and what besides the procedures of the law does not count (TIM-R2)."""
    listed = [{"label": _("Does not count"), "value": say(each.name), "note": each.article} for each in guide.procedures]
    if guide.corrections_stop_clock:
        listed.append({"label": _("Does not count"), "value": _("The time you take to put things right"), "note": ""})
    return [*({"label": label, "value": limit_words(spec), "note": say(spec.note) if spec.note else ""}
            for label, spec in ((_("We promise"), guide.promised_limit), (_("The law allows"), guide.statutory_limit))), *listed]


def basic_rows(guide: Guide) -> list[dict[str, str]]:
    """The facts of the item as the published list has them."""
    rows = [
        {"label": _("Kind of power"), "value": power_words(guide.power_type)},
        {"label": _("Held by"), "value": say(guide.authority_name), "note": body_words(guide)},
        {"label": _("Level"), "value": level_words(guide.level)},
        {"label": _("Where it applies"), "value": say(guide.region_name)},
        {"label": _("Whom it is for"), "value": _listed(object_words(each) for each in guide.objects)},
        {"label": _("Where else"), "value": _listed(scope_words(each) for each in guide.cross_area)},
        {"label": _("Paid services of others"), "value": say(guide.intermediary) if guide.intermediary else ""},
        {"label": _("To send it"), "value": _("Your passkey and a check of your face, or a clerk at a counter")
         if guide.strength is Strength.S3 else ""},
        {"label": _("Item code"), "value": guide.code},
    ]
    return [row for row in rows if row["value"]]


def fee_rows(guide: Guide) -> list[dict[str, list[str]]]:
    """What each charge is for, how much, and who set it."""
    return [{"cells": [say(each.name), _sentences(say(each.standard), _remarks(each)), each.basis]}
            for each in guide.fee.projects]


def _remarks(charge: FeeProject) -> str:
    reduced = _("Can be reduced under {basis}.").format(basis=charge.reduction_basis) if charge.is_reducible else ""
    return _sentences(reduced, say(charge.remark) if charge.remark else "")


def result_rows(guide: Guide) -> list[dict[str, str]]:
    """What the applicant gets, for how long it holds, and what it shows."""
    years = guide.result.validity_years
    rows = [
        {"label": _("Result"), "value": say(guide.result.name)},
        {"label": _("Valid for"), "value": ngettext("{count} year", "{count} years", years).format(count=years)
         if years else ""},
        {"label": _("It shows"), "value": _listed(sample_fields(guide))},
    ]
    return [row for row in rows if row["value"]]


def sample_fields(guide: Guide) -> list[str]:
    """What the result shows: the fields of the licence type."""
    if not guide.result.licence_type:
        return []
    try:
        return [say(field.label) for field in licences.licence_type(guide.result.licence_type).definition.fields]
    except LicenceTypeUnknown:
        return []


def age_of_source(guide: Guide, today: date) -> str:
    """What to say of the age of the source: undated, more than three years old, or nothing."""
    found = WRITTEN_DATE.fullmatch(guide.source.date)
    if found is None:
        return _("The source does not say when it was written. Please call before you rely on it.")
    try:
        written = date(*(int(part or 1) for part in found.groups()))
    except ValueError:
        return _("The source does not say when it was written. Please call before you rely on it.")
    if today.replace(year=today.year - OLD_YEARS, day=min(today.day, 28)) > written:
        return _("The source is more than three years old. Please call before you rely on it.")
    return ""


def made_up(names: Iterable[str]) -> list[str]:
    """Which parts of a guide are samples of ours because the source lacks them, in words."""
    words = {
        "basic_code": _("code"), "authority": _("credit code of the authority"), "level": _("level"),
        "objects": _("whom it is for"), "legal_basis": _("legal basis"), "conditions": _("conditions"),
        "situation": _("situations"), "materials": _("materials"), "statutory_limit": _("legal time limit"),
        "promised_limit": _("promised time"), "steps": _("steps"), "visits": _("number of visits"),
        "must_come_reason": _("reason to come"), "fee": _("fee"), "result": _("result"), "window": _("counter"),
        "consultation_phone": _("phone for questions"), "complaint_phone": _("phone for complaints"),
        "offline": _("why not online"), "appointment": _("booking a time"), "intermediary": _("services of others"),
        "handling_forms": _("ways to apply"), "depth": _("how far it goes online"), "cross_area": _("other areas"),
        "commitment": _("written promise"), "faq": _("questions and answers"),
    }
    return list(dict.fromkeys(words[each.split(".")[0]] for each in names if each.split(".")[0] in words))


def limit_words(spec: LimitSpec) -> str:
    """A time limit in words; nought is on the spot."""
    count = spec.count
    if not count:
        return _("On the spot")
    words = {
        "WORKDAY": ngettext("{count} working day", "{count} working days", count),
        "DAY": ngettext("{count} day", "{count} days", count), "HOUR": ngettext("{count} hour", "{count} hours", count),
        "MONTH": ngettext("{count} month", "{count} months", count),
        "YEAR": ngettext("{count} year", "{count} years", count),
    }
    return words[spec.unit].format(count=count)


def visits_words(count: int) -> str:
    """How often one has to come."""
    return ngettext("{count} visit", "{count} visits", count).format(count=count)


def trips_words(count: int) -> str:
    """How often one has to come, where the figure stands alone."""
    return ngettext("Come {count} time", "Come {count} times", count).format(count=count) if count else _("No visit needed")


def fee_words(guide: Guide) -> str:
    """What it costs, in a word."""
    return _("There is a fee") if guide.fee.charged else _("Free")


def level_words(level: str) -> str:
    """行使层级 (CAT-08)."""
    return {"1": _("National"), "2": _("Province"), "3": _("City"), "4": _("County or district"),
            "5": _("Town or street"), "6": _("Village or community")}.get(level, level)


def form_words(form: HandlingForm) -> str:
    """How one can apply (CAT-13)."""
    return {HandlingForm.WINDOW: _("At the counter"), HandlingForm.WEB: _("On the web"),
            HandlingForm.MOBILE: _("By phone app"),
            HandlingForm.COURIER: _("By post"), HandlingForm.OTHER: _("Other ways")}[form]


def forms_words(forms: Iterable[HandlingForm]) -> str:
    """All ways to apply in one line, in English written as one phrase."""
    first, *others = [form_words(each) for each in forms] or [""]
    return _listed((first, *(each[0].lower() + each[1:] for each in others)))


def power_words(kind: PowerType) -> str:
    """事项类型 (CAT-07)."""
    return {
        PowerType.GROUP: _("Administrative power"), PowerType.PERMIT: _("Administrative licence"),
        PowerType.PUNISHMENT: _("Administrative punishment"), PowerType.COERCION: _("Administrative coercion"),
        PowerType.LEVY: _("Administrative levy"), PowerType.PAYMENT: _("Administrative payment"),
        PowerType.INSPECTION: _("Administrative inspection"), PowerType.REWARD: _("Administrative reward"),
        PowerType.CONFIRMATION: _("Administrative confirmation"),
        PowerType.ADJUDICATION: _("Administrative adjudication"), PowerType.OTHER: _("Other administrative power"),
        PowerType.INTERNAL_APPROVAL: _("Internal approval"),
        PowerType.PUBLIC_SERVICE: _("Public service"), PowerType.FURTHER_SERVICE: _("Further service"),
    }[kind]


def source_words(source: PowerSource) -> str:
    """权力来源 (CAT-10)."""
    return {
        PowerSource.STATUTORY: _("A power of its own by law"), PowerSource.DELEGATED: _("Delegated from above"),
        PowerSource.AUTHORISED_BY_SUPERIOR: _("Authorised from above"),
        PowerSource.AUTHORISED_BY_PEER: _("Authorised by another department"),
        PowerSource.ENTRUSTED_BY_SUPERIOR: _("Entrusted from above"),
        PowerSource.ENTRUSTED_BY_PEER: _("Entrusted by another department"),
    }[source]


def body_words(guide: Guide) -> str:
    """Whence the power comes and what kind of body holds it (CAT-09, CAT-10)."""
    nature = {
        BodyNature.STATUTORY: _("statutory authority"), BodyNature.AUTHORISED: _("authorised organisation"),
        BodyNature.ENTRUSTED: _("entrusted organisation"), BodyNature.OTHER: _("other body"),
    }[guide.body_nature] if guide.body_nature else ""
    return _("; ").join(filter(None, (source_words(guide.power_source), nature)))


def offline_words(reason: OfflineReason) -> str:
    """Why an item cannot be handled online (ARC-09)."""
    return {
        OfflineReason.LAW: _("The law provides otherwise."), OfflineReason.SECRET: _("State secrets are involved."),
        OfflineReason.OTHER: _("It has to happen on the spot."),
    }[reason]


def object_words(kind: ServiceObject) -> str:
    """服务对象 (CAT-11)."""
    return {
        ServiceObject.PERSON: _("people"), ServiceObject.ENTERPRISE: _("companies"),
        ServiceObject.INSTITUTION: _("public institutions"),
        ServiceObject.SOCIAL_ORGANISATION: _("social organisations"),
        ServiceObject.UNINCORPORATED: _("sole traders and partnerships"), ServiceObject.ORGAN: _("government bodies"),
        ServiceObject.OTHER: _("others"),
    }[kind]


def scope_words(scope: str) -> str:
    """通办范围 (CAT-14)."""
    return {"1": _("anywhere in the country"), "2": _("in the provinces that joined"),
            "3": _("anywhere in the province"), "4": _("anywhere in the city")}.get(scope, "")


def promise_tag(row: ItemRow) -> dict[str, str]:
    """The best thing to be said of an item in a list."""
    if not row.promised_limit.count:
        return {"tag": _("Done on the spot"), "tone": "done"}
    if row.is_online and not row.visits:
        return {"tag": _("Fully online"), "tone": "info"}
    return {"tag": ngettext("At most {count} visit", "At most {count} visits", row.visits).format(count=row.visits),
            "tone": "plain"}


def _begun(request: HttpRequest, code: str) -> list[DraftRow]:
    """The draft of this service that the reader wrote in last, if it is not sent yet."""
    actor = getattr(request, "actor", None)
    return [each for each in cases.drafts_of(actor.parties) if each.item_code == code][:1] if actor else []


def _material(material: Material) -> dict[str, str]:
    hint = _sentences(say(material.hint), say(material.source_note) if material.source_note else "")
    row = {"way": HAND_IN, "name": say(material.name), "hint": hint, "tone": "plain"}
    if material.from_form:
        return {**row, "way": FORM, "tag": _("Fill in online"), "tone": "info"}
    if material.necessity is Necessity.DEFERRABLE:
        return {**row, "tag": _("May follow later"), "tone": "wait"}
    if material.necessity is Necessity.OPTIONAL:
        return {**row, "tag": _("Only if it applies")}
    if material.medium is Medium.PAPER:
        return {**row, "tag": _("Bring it on paper")}
    if material.originals:
        return {**row, "tag": ngettext("{count} original", "{count} originals", material.originals).format(
            count=material.originals)}
    return {**row, "tag": ngettext("{count} copy", "{count} copies", material.copies).format(count=material.copies)}


def _intake_words() -> str:
    days = parameters.value("cases.intake_days", clock.today())
    return ngettext("You hear within {count} working day; if you hear nothing, it counts as accepted.",
                    "You hear within {count} working days; if you hear nothing, it counts as accepted.",
                    days).format(count=days)


def _at_most(days: float) -> str:
    if days < 1:
        return _("Within half a working day.")
    return ngettext("At most {count} working day.", "At most {count} working days.", round(days)).format(
        count=int(days) if days == int(days) else days)


def _sentences(*texts: Text | str) -> str:
    return _("{first} {second}").format(first=texts[0], second=texts[1]).strip() if texts[1] else str(texts[0])


def _listed(words: Iterable[str]) -> str:
    return _(", ").join(word for word in words if word)
