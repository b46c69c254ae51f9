"""The third strength: a passkey a moment ago and then a check of the face, for what is hard to undo (table 5.8)."""

from tongban.identity.access import require, require_passkey
from tongban.identity.actions.proofing import check_tries, count_try
from tongban.identity.actions.stepping_up import raise_session
from tongban.identity.clients import face_check
from tongban.identity.errors import FaceNotSeen, WayNotOpen
from tongban.identity.events import ProofFailed
from tongban.identity.queries import party
from tongban.identity.types import Actor, ActorKind, Factor, Proofing, Strength
from tongban.kernel import database, events


def strengthen_by_face(actor: Actor, *, token: str) -> str:
    """Let the outside check compare the face with the credential on record; returns the session's new token, of strength S3.

    Only where a passkey was used in this session in the last minutes. Faces that do not agree count with other failed proofs.
    """
    if actor.kind is not ActorKind.CITIZEN:
        raise WayNotOpen
    require(actor, proofing=Proofing.L2)
    require_passkey(actor)
    about = f"proofing:{actor.party}"
    check_tries(about)
    known = party(actor.party or 0)
    if known is None or not face_check().is_same(kind=known.credential_type, number=known.code):
        with database.atomic():
            count_try(about)
            events.record(actor, ProofFailed(account=actor.account, factor=Factor.FACE), subject=f"account:{actor.account}",
                          party=actor.party)
        raise FaceNotSeen
    return raise_session(actor, token=token, factor=Factor.FACE, strength=Strength.S3)
