"""From a number and an actor to a rectification: fetch, authorise, lock in one call."""

from tongban.identity.types import Actor
from tongban.kernel.types import Who
from tongban.reviews.errors import DutyMissing, RectificationNotFound
from tongban.reviews.models import Rectification
from tongban.reviews.rules import may
from tongban.reviews.types import Duty


def rectification_for_update(actor: Actor, key: int, duty: Duty) -> Rectification:
    """The rectification, locked, if one of the actor's posts at its authority gives the duty."""
    found = Rectification.objects.select_for_update().filter(id=key).first()
    if found is None or found.authority_id not in actor.authorities:
        raise RectificationNotFound
    if not may(actor, duty, found.authority_id):
        raise DutyMissing
    return found


def rectification_by_rule(who: Who, key: int) -> Rectification | None:
    """The rectification, locked, for the machine acting by rule; None while someone else holds it."""
    if isinstance(who, Actor):
        raise DutyMissing
    return Rectification.objects.select_for_update(skip_locked=True).filter(id=key).first()
