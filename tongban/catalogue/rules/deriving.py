"""What follows from a definition: working days, service level, the four lists, the one-time notice, what was cut."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction

from tongban.catalogue.types import (
    Checklist,
    ChecklistLine,
    Completeness,
    Depth,
    FourLists,
    Guide,
    HandlingForm,
    ItemDefinition,
    LimitSpec,
    Material,
    Necessity,
    Pace,
    PowerSource,
    Reduction,
    ServiceLevel,
    StepRole,
)

WORKING_DAYS: Mapping[str, Fraction] = {
    "WORKDAY": Fraction(1), "DAY": Fraction(5, 7), "HOUR": Fraction(1, 7), "MONTH": Fraction(21), "YEAR": Fraction(250),
}
"""Working days in one unit (CAT-31): a week is five, a month 21, a year 250; an office day has seven hours (TIM-04)."""
LISTED_LENGTH = 16
WHOLLY_ONLINE = frozenset({Depth.RECEIVING, Depth.ACCEPTANCE, Depth.HANDLING, Depth.RESULT})
APPLIED_ONLINE = frozenset({Depth.RECEIVING, Depth.PRE_REVIEW, Depth.ACCEPTANCE})


def listed_code(source: str, key: str) -> str:
    """The code of a listed item: the same wherever this list is taken in, and never one of an item of our own."""
    return "L" + hashlib.sha256(f"{source}\n{key}".encode()).hexdigest()[:LISTED_LENGTH - 1].upper()


def is_listed_code(code: str) -> bool:
    """Does the code belong to a listed item?"""
    return len(code) == LISTED_LENGTH


def working_days(spec: LimitSpec) -> Fraction:
    """A limit in working days, to compare one with another; never to reckon a due date."""
    return spec.count * WORKING_DAYS[spec.unit]


def is_same_day(spec: LimitSpec) -> bool:
    """On the spot or within one working day."""
    return working_days(spec) <= 1


def service_level(item: ItemDefinition) -> ServiceLevel:
    """The service level for reporting (CAT-16); whoever must come once is never at level IV."""
    if item.is_online and WHOLLY_ONLINE.issubset(item.depth) and item.visits == 0:
        return ServiceLevel.WHOLLY_ONLINE
    if item.is_online and APPLIED_ONLINE.intersection(item.depth) and item.visits <= 1:
        return ServiceLevel.ONLINE_APPLICATION
    return ServiceLevel.DOWNLOAD if item.form or Depth.CONSULTATION in item.depth else ServiceLevel.INFORMATION


def four_lists(item: ItemDefinition) -> FourLists:
    """Which of the four published lists an item belongs to, by its promise (CAT-47).

    What a superior entrusted is examined here and forwarded: that is agency, unless it is done within the day.
    """
    if item.promised_limit.count == 0:
        return FourLists.RECEIVED_AND_DONE
    if is_same_day(item.promised_limit):
        return FourLists.SAME_DAY
    if item.power_source is PowerSource.ENTRUSTED_BY_SUPERIOR:
        return FourLists.AGENCY
    return FourLists.TIME_LIMITED


def most_to_hand_in(item: ItemDefinition) -> int:
    """How many papers an applicant hands in where the situation asks for most of them."""
    situations = [option.code for option in item.situation.options] if item.situation else [""]
    return max(len(item.to_hand_in(situation)) for situation in situations)


def reduction(items: Iterable[ItemDefinition]) -> Reduction:
    """What has been cut over all `items` (CAT-48): time against the law, papers against what was asked before."""
    every = tuple(items)
    statutory = sum((working_days(item.statutory_limit) for item in every), Fraction())
    promised = sum((working_days(item.promised_limit) for item in every), Fraction())
    known = [(item.materials_before, most_to_hand_in(item)) for item in every if item.materials_before is not None]
    before, now = sum(count for count, _ in known), sum(count for _, count in known)
    return Reduction(
        items=len(every), time_cut=1 - promised / statutory if statutory else None,
        materials_cut=1 - Fraction(now, before) if before else None, materials_before=before, materials_now=now,
        average_visits=Fraction(sum(item.visits for item in every), len(every)) if every else None)


def completeness(item: ItemDefinition) -> Completeness:
    """Which elements a guide lacks (GUI-02)."""
    core = {
        "name": item.name.zh, "implementing_body": item.authority, "conditions": item.conditions,
        "materials": item.materials, "flow": item.steps,
        "limit": item.statutory_limit.count or item.pace is Pace.INSTANT,
        "fee_standard": not item.fee.charged or item.fee.projects, "place": item.window.address.zh,
        "consultation_phone": item.consultation_phone, "supervision_phone": item.complaint_phone,
        "online_depth": item.depth, "office_hours": item.window.hours.zh,
        "delivery_way": Depth.RESULT in item.depth or any(step.role is StepRole.ISSUER for step in item.steps),
        "form_download": item.form,
    }
    extended = {
        "result_sample": item.result.licence_type, "cross_area_scope": item.cross_area,
        "appointment": item.appointment and item.appointment.zh.strip(),
        "online_payment": not item.fee.charged or item.fee.online_payment,
        "courier": HandlingForm.COURIER in item.handling_forms,
        "intermediary": item.intermediary and item.intermediary.zh.strip(),
    }
    return Completeness(missing_core=tuple(name for name, found in core.items() if not found),
                        missing_extended=tuple(name for name, found in extended.items() if not found))


def checklist(guide: Guide, situation: str, *, on: date) -> Checklist:
    """The one-time notice for a situation (LAL art. 32; GUI-06): later demands beyond it are violations."""
    chosen = [option.label for option in guide.situation.options if option.code == situation] if guide.situation else []
    return Checklist(
        code=guide.code, version=guide.version, name=guide.name, authority_name=guide.authority_name,
        situation=chosen[0] if chosen else None, on=on, conditions=guide.conditions,
        lines=tuple(_line(material) for material in guide.materials_for(situation)),
        promised_limit=guide.promised_limit, fee=guide.fee, window=guide.window,
        consultation_phone=guide.consultation_phone, complaint_phone=guide.complaint_phone)


def _line(material: Material) -> ChecklistLine:
    return ChecklistLine(
        code=material.code, name=material.name, hint=material.hint,
        necessity=Necessity.OPTIONAL if material.is_exempt else material.necessity, originals=material.originals,
        copies=material.copies, is_exempt=material.is_exempt, from_form=material.from_form,
        reason=material.exempt_by.reason if material.exempt_by else material.source_note)
