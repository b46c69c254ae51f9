"""Reads of personal data at the desk, noted for the person to see.

Opening a case is noted once per officer, case and hour: whoever reloads a page reads nothing new. Each process
remembers for itself, so a read may be noted twice but never not at all.
"""

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction

from tongban.calendars.types import local
from tongban.cases.rules import RIGHTS
from tongban.cases.types import Right
from tongban.counter.folder import Folder, covered_fields
from tongban.identity import actions as identity
from tongban.identity.types import Actor, Role
from tongban.kernel import database

MOST = 20_000
CASE, NAME, ANSWERS, MATERIALS = "case", "name_masked", "answers_masked", "materials"
_noted: dict[tuple[int, str, str], None] = {}


def note_opening(actor: Actor, folder: Folder) -> None:
    """Note that the officer opened the case and saw what its page shows."""
    mark = (actor.account, folder.number, f"{local(folder.case.now):%Y%m%d%H}")
    if mark in _noted:
        return
    note(actor, folder, (NAME, ANSWERS, MATERIALS), step_of(folder))
    transaction.on_commit(lambda: _remember(mark), using=database.alias())


def note(actor: Actor, folder: Folder, fields: Sequence[str], reason: str) -> None:
    """Note one read of fields of the applicant, by the officer in the post that does the open step."""
    identity.read_subject(_in_post(actor, folder), party=folder.case.applicant_id, fields=fields, reason=reason,
                          subject=folder.number, authority=folder.case.authority_id)


def step_of(folder: Folder) -> str:
    """The steps the case is in, as the reason of a read: accept, examine, inspect, decide; else case."""
    return ",".join(sorted({step.verb for step in folder.open_steps})) or CASE


def answers(fields: Sequence[str]) -> tuple[str, ...]:
    """Fields of the form as what was read."""
    return tuple(f"answer:{name}" for name in fields)


def material(code: str) -> tuple[str, ...]:
    """A file as what was read."""
    return (f"material:{code}",)


def covered(folder: Folder) -> tuple[str, ...]:
    """The fields the page covers."""
    return covered_fields(folder.form, folder.answers)


def _in_post(actor: Actor, folder: Folder) -> Actor:
    steps = {step.role for step in folder.open_steps}
    held = [role for role in Role
            if role in RIGHTS[Right.READ] and actor.holds(role, folder.case.authority_id)]
    return replace(actor, acting_role=next((role for role in held if role in steps), next(iter(held), "")))


def _remember(mark: tuple[int, str, str]) -> None:
    while len(_noted) >= MOST:
        _noted.pop(next(iter(_noted)), None)
    _noted[mark] = None
