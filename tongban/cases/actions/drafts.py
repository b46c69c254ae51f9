"""An application being written: started, saved as it is typed, given files, discarded."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from tongban.cases.access import draft_for_update
from tongban.cases.errors import ApplicantNotYours, DraftChangedElsewhere
from tongban.cases.events import DraftsMoved, DraftStarted
from tongban.cases.rules import check_item, check_situation
from tongban.cases.types import GivenMaterial
from tongban.catalogue import queries as catalogue
from tongban.identity import queries as identity
from tongban.identity.types import Actor, Extent
from tongban.kernel import database, events, ids, vault
from tongban.kernel.secrecy import without_marks
from tongban.kernel.types import Who


def start_draft(actor: Actor, *, item_code: str, applicant: int, situation: str = "",
                answers: dict[str, Any] | None = None, materials: Sequence[GivenMaterial] = ()) -> str:
    """Begin an application, with what is already known, under the item's current version; returns the draft's key.

    A `situation` that the guide does not offer is asked for again.
    """
    if applicant in actor.merged or (actor.extent_for(applicant, item_code) or 0) < Extent.PREPARE:
        raise ApplicantNotYours
    guide = catalogue.guide(item_code)
    refusals = check_item(guide, is_legal=actor.is_firm(applicant))
    if refusals:
        raise refusals[0]
    key = ids.public_id()
    with database.atomic():
        database.execute(
            "insert into cases_draft (key, applicant_id, account_id, item_code, item_version, situation, answers, "
            "materials, revision, created_at, updated_at, submitted_as) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s, 0, kernel_now(), kernel_now(), '')",
            [key, applicant, actor.account, item_code, guide.version,
             "" if check_situation(guide, situation) else situation, _sealed(key, answers or {}, applicant),
             Jsonb(msgspec.to_builtins(list(materials)))])
        events.record(actor.on_behalf(applicant), DraftStarted(item_code=item_code), subject=f"draft:{key}", party=applicant)
    return key


def save_draft(actor: Actor, *, key: str, answers: dict[str, Any], situation: str | None = None,
               revision: int | None = None) -> int:
    """Keep what was typed, right or wrong, but for what bears a mark of secrecy; saving is not an act of law and is not recorded.

    `revision` is the one the person had before them: on a later one nothing is overwritten. Returns the new revision.
    """
    answers = without_marks(answers)
    with database.atomic():
        draft = draft_for_update(actor, key)
        if (answers, draft.situation if situation is None else situation) == (draft.typed, draft.situation):
            return draft.revision
        if revision is not None and revision != draft.revision:
            raise DraftChangedElsewhere
        if situation is not None and not check_situation(catalogue.guide(draft.item_code, draft.item_version),
                                                         situation):
            draft.situation = situation
        database.execute(
            "update cases_draft set answers = %s, situation = %s, revision = revision + 1, updated_at = kernel_now() "
            "where key = %s", [_sealed(key, answers, draft.applicant), draft.situation, key])
        return draft.revision + 1


def attach_to_draft(actor: Actor, *, key: str, material: GivenMaterial | None, code: str) -> None:
    """Put a material into the draft in place of an earlier one of the same code; None takes it out."""
    with database.atomic():
        draft = draft_for_update(actor, key)
        kept = [each for each in draft.given if each.code != code]
        if material is not None:
            kept.append(material)
        database.execute(
            "update cases_draft set materials = %s, updated_at = kernel_now() where key = %s",
            [Jsonb(msgspec.to_builtins(kept)), key])


def discard_draft(actor: Actor, *, key: str) -> None:
    """Throw a draft away; its content is erased."""
    with database.atomic():
        draft_for_update(actor, key)
        database.execute("update cases_draft set discarded_at = kernel_now(), answers = '', materials = '[]' "
                         "where key = %s", [key])


def _sealed(key: str, answers: dict[str, Any], applicant: int) -> str:
    return vault.seal("cases_draft", "answers", key, msgspec.json.encode(answers).decode(), party=applicant)


def move_drafts(who: Who, *, merged: int, kept: int) -> int:
    """Let drafts of a party that was merged go on for the one that stays; returns how many."""
    with database.atomic():
        if not identity.is_merged(merged, kept):
            return 0
        moved = database.execute("update cases_draft set applicant_id = %s where applicant_id = %s and submitted_as = ''",
                                 [kept, merged])
        if moved:
            events.record(who, DraftsMoved(merged=merged, count=moved), subject=f"party:{kept}", party=kept)
    return moved
