"""A case with everything the desk shows of it, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from tongban.calendars import queries as calendars
from tongban.calendars.types import Calendar, Suspension
from tongban.cases import queries
from tongban.cases.access import LockedCase, case_to_read, colleagues_at, is_own
from tongban.cases.queries import CorrectionRow, DecisionRow, MaterialRow, StepRow
from tongban.cases.rules import RIGHTS
from tongban.cases.types import Right
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import Guide
from tongban.counter.narrowing import Asked, asked_in
from tongban.forms import rules as forms
from tongban.forms.types import CompiledForm, Field, FieldKind
from tongban.identity.types import Actor, Role
from tongban.kernel.codes import mask_address, mask_id, mask_name, mask_phone
from tongban.kernel.types import Text
from tongban.web.gate import actor_of
from tongban.web.pages import see_other

NAME, HOME = "person.name", "person.address"
HOMES = frozenset({"home_address", "residence_address", "household_address", "old_address", "new_address"})
"""Questions for where a person lives that no register answers; addresses of firms and premises are public."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """The case file as it lies on the desk."""

    case: LockedCase
    guide: Guide
    form: CompiledForm
    answers: Mapping[str, Any]
    steps: tuple[StepRow, ...]
    materials: tuple[MaterialRow, ...]
    corrections: tuple[CorrectionRow, ...]
    decision: DecisionRow | None
    stops: tuple[Suspension, ...]
    calendar: Calendar
    own: bool
    deciders: frozenset[int]
    asked: Asked

    @property
    def number(self) -> str:
        return self.case.number

    @property
    def name(self) -> Text:
        return msgspec.convert(self.case.item_name, Text)

    @property
    def open_steps(self) -> tuple[StepRow, ...]:
        return tuple(step for step in self.steps if step.done_at is None)

    @property
    def failed(self) -> tuple[StepRow, ...]:
        """Checks that were not passed when they were done last."""
        return tuple(step for step in self.checks if step.recommends is False)

    @property
    def checks(self) -> tuple[StepRow, ...]:
        """Steps of the examination, as they were done last."""
        return tuple(queries.last_checks(self.steps))

    @property
    def decides(self) -> bool:
        """Does the case wait for its decision?"""
        return any(step.verb == "decide" for step in self.open_steps)

    @property
    def situation(self) -> Text | None:
        options = self.guide.situation.options if self.guide.situation else ()
        return next((option.label for option in options if option.code == self.case.situation), None)

    def to(self, page: str, **more: str) -> str:
        """The path of a page of the case that remembers the queue it was opened from."""
        return reverse(f"counter:{page}", args=[self.number]) + self.asked.query(**more)

    def after(self, done: str) -> HttpResponseRedirect:
        """Back to the case, where it says what was done."""
        return see_other(self.to("case", done=done))


def open_folder(request: HttpRequest, number: str) -> Folder:
    """The file of a case the caller may read."""
    actor = actor_of(request)
    case = case_to_read(actor, number)
    guide = catalogue.guide(case.item_code, case.item_version)
    return Folder(
        case=case, guide=guide, form=catalogue.form(guide.form_code, guide.form_version), answers=queries.answers_of(case),
        steps=tuple(queries.steps_of(case.id)), materials=tuple(queries.materials_of(case.id)),
        corrections=tuple(queries.corrections_of(case.id)), decision=queries.decision_of(case.id),
        stops=queries.stops_of(case.id), calendar=calendars.calendar(), own=is_own(actor, case),
        deciders=frozenset(colleagues_at(case, RIGHTS[Right.DECIDE])), asked=asked_in(request))


def in_post(actor: Actor, right: Right, folder: Folder) -> Actor:
    """The actor as the holder of the post that gives them the right here, so that the record names it."""
    posts = (role for role in Role if role in RIGHTS[right] and actor.holds(role, folder.case.authority_id))
    return replace(actor, acting_role=next(posts, ""))


def sections(folder: Folder, language: str, *, masked: bool = True) -> list[dict[str, Any]]:
    """The answers page by page as the applicant saw them."""
    answers = masked_answers(folder.form, folder.answers) if masked else dict(folder.answers)
    rows = forms.summary(folder.form, answers, language)
    return [{"title": each.title, "rows": [row for row in rows if row.page == each.code]}
            for each in forms.visible_pages(folder.form, dict(folder.answers))]


def masked_answers(form: CompiledForm, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers with names and homes of people, identity and phone numbers covered, inside groups and rows too."""
    return {name: _masked(form.fields[name], value) if name in form.fields else value
            for name, value in answers.items()}


def covered_fields(form: CompiledForm, answers: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields of which something is covered."""
    covered = masked_answers(form, answers)
    return tuple(name for name in form.fields if name in answers and covered[name] != answers[name])


def _masked(field: Field, value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(field, each) for each in value]
    if isinstance(value, dict):
        parts = {part.name: part for part in field.parts}
        return {name: _masked(parts[name], each) if name in parts else each for name, each in value.items()}
    return _covered(field, value) if isinstance(value, str) else value


def _covered(field: Field, value: str) -> str:
    if field.kind is FieldKind.ID_NUMBER:
        return mask_id(value)
    if field.kind is FieldKind.PHONE:
        return mask_phone(value)
    if field.prefill == HOME or field.name in HOMES:
        return mask_address(value)
    return mask_name(value) if field.prefill == NAME else value
