"""How sure we must be of whoever calls, and which duty they must have, before an act goes on; the only way to ask."""

from tongban.identity.errors import DutyMissing, PasskeyNeeded, ProofingTooLow, StepUpNeeded
from tongban.identity.queries import duty_of
from tongban.identity.types import Actor, Duty, Proofing, Strength
from tongban.kernel import clock, parameters


def require(actor: Actor, *, proofing: Proofing = Proofing.L0, strength: Strength = Strength.S1,
            within_seconds: int | None = None) -> None:
    """Refuse a person not known well enough, and a session not proved strongly or lately enough (IDN-05, table 5.8).

    The third strength counts while the check of the face is fresh. At the counter a clerk sees whom they help, and that
    stands for it.
    """
    if actor.proofing < proofing:
        raise ProofingTooLow(needed=int(proofing), held=int(actor.proofing))
    strength = min(strength, Strength.S2) if actor.acting_role == "HELPER" else strength
    stale = within_seconds is not None and actor.proved_seconds > within_seconds
    if actor.strength < strength or stale or (strength is Strength.S3 and not _faced_lately(actor)):
        raise StepUpNeeded(needed=int(strength))


def _faced_lately(actor: Actor) -> bool:
    within = parameters.value("identity.fresh_seconds_citizen", clock.today())
    return actor.faced_seconds is not None and actor.faced_seconds <= within


def require_passkey(actor: Actor) -> None:
    """Refuse whoever did not use a passkey in this session in the last minutes (table 5.8)."""
    within = parameters.value(f"identity.fresh_seconds_{actor.kind.lower()}", clock.today())
    if actor.passkey_seconds is None or actor.passkey_seconds > within:
        raise PasskeyNeeded(minutes=within // 60)


def require_duty(actor: Actor, *duties: Duty) -> None:
    """Refuse whoever holds none of these duties of an administrator."""
    if duty_of(actor.account) not in duties:
        raise DutyMissing
