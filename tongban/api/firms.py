"""For whom a caller acts."""

from tongban.api.errors import FirmNotYours
from tongban.identity import queries as identity
from tongban.identity.types import Actor

SELF = "self"


def party_of(actor: Actor, applicant: str) -> int:
    """The party behind `self` or a credit code; a firm that is not one's own and one that does not exist look alike."""
    if applicant == SELF and actor.party is not None:
        return actor.party
    party = identity.party_by_uscc(applicant) if applicant.isalnum() and applicant.isascii() else None
    if party is None or party not in actor.entities:
        raise FirmNotYours
    return party
