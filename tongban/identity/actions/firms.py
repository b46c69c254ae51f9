"""A firm made known by its legal representative (IDN-04, IDN-10)."""

from tongban.identity.actions.proofing import check_tries, count_try
from tongban.identity.clients import entity_register
from tongban.identity.errors import FirmKnown, NotMatching, ProofingTooLow
from tongban.identity.events import AgentAppointed, EntityRegistered
from tongban.identity.queries import party
from tongban.identity.types import Actor, EntityKind, Proofing
from tongban.kernel import database, events, vault
from tongban.kernel.codes import CodeNotValid, is_uscc, normalise_code


def register_own_firm(actor: Actor, *, uscc: str, name: str, kind: EntityKind, address: str, business_scope: str = "") -> int:
    """Register the firm one represents by law, once the register agrees; returns its party."""
    if actor.proofing < Proofing.L2:
        raise ProofingTooLow(needed=int(Proofing.L2), held=int(actor.proofing))
    code, whose = normalise_code(uscc), f"firms:{actor.party}"
    check_tries(whose)
    if not is_uscc(code):
        raise CodeNotValid(kind="unified social credit code")
    person = party(actor.party or 0)
    if person is None or not entity_register().matches(uscc=code, name=name, representative=person.name, number=person.code):
        count_try(whose)
        raise NotMatching
    drawn = database.row("select nextval('identity_party_id_seq')")
    entity = int(drawn[0]) if drawn else 0
    with database.atomic():
        vault.make_key(entity)
        sealed = [vault.seal("identity_entity", column, entity, plain, party=entity)
                  for column, plain in (("uscc", code), ("phone", person.phone), ("address", address))]
        made = database.row("select identity_register_firm(%s, %s, %s, %s, %s, %s, %s, %s, %s)", [
            entity, name, vault.sole_index("uscc", code), *sealed, code[2:8] + "000000", kind, business_scope])
        if made is None or not made[0]:
            raise FirmKnown
        events.record(actor, EntityRegistered(party=entity), subject=f"party:{entity}", party=entity)
        events.record(actor, AgentAppointed(agent=actor.party or 0, entity=entity, representative=True),
                      subject=f"party:{entity}", party=entity)
    return entity
