"""How sure we must be of whoever calls, and which duty they must have, before an act goes on; the only way to ask."""

from tongban.identity.errors import DutyMissing, ProofingTooLow, StepUpNeeded
from tongban.identity.queries import duty_of
from tongban.identity.types import Actor, Duty, Proofing, Strength


def require(actor: Actor, *, proofing: Proofing = Proofing.L0, strength: Strength = Strength.S1,
            within_seconds: int | None = None) -> None:
    """Refuse a person not known well enough, and a session not proved strongly or lately enough (IDN-05, table 5.8)."""
    if actor.proofing < proofing:
        raise ProofingTooLow(needed=int(proofing), held=int(actor.proofing))
    stale = within_seconds is not None and actor.proved_seconds > within_seconds
    if actor.strength < strength or stale:
        raise StepUpNeeded(needed=int(strength))


def require_duty(actor: Actor, *duties: Duty) -> None:
    """Refuse whoever holds none of these duties of an administrator."""
    if duty_of(actor.account) not in duties:
        raise DutyMissing
