"""From a number and an actor to a rectification: fetch, authorise, lock in one call."""

from tongban.cases import queries as cases
from tongban.identity.types import Actor
from tongban.kernel import database
from tongban.kernel.types import Who
from tongban.reviews.errors import DutyMissing, OwnWork, RectificationNotFound
from tongban.reviews.models import Rectification
from tongban.reviews.rules import may
from tongban.reviews.types import Duty, RectificationState


def rectification_for_update(actor: Actor, key: int, duty: Duty) -> Rectification:
    """The rectification, locked, if one of the actor's posts at its authority gives the duty.

    To oversee it is for who neither worked on the case nor on the rectification.
    """
    found = Rectification.objects.select_for_update().filter(id=key).first()
    if found is None or found.authority_id not in actor.authorities:
        raise RectificationNotFound
    if not may(actor, duty, found.authority_id):
        raise DutyMissing
    if duty is Duty.OVERSEE and _worked_on(found, actor.account):
        raise OwnWork
    return found


def rectification_by_rule(who: Who, key: int) -> Rectification | None:
    """The rectification, locked, for the machine acting by rule; None while someone else holds it."""
    if isinstance(who, Actor):
        raise DutyMissing
    return Rectification.objects.select_for_update(skip_locked=True).filter(id=key).first()


def _worked_on(found: Rectification, account: int) -> bool:
    """Is this account responsible, did it put right or answer, or did it handle the case that was reviewed?"""
    return found.assigned_to_id == account or cases.handled_by(found.case_number, account) or database.row(
        "select 1 from reviews_step where rectification_id = %s and by = %s and after = any(%s)",
        [found.id, account, [RectificationState.RECTIFYING, RectificationState.FED_BACK]]) is not None
