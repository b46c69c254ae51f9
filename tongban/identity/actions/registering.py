"""Making people and firms known, and who may act for a firm."""

from datetime import date

from tongban.identity.errors import PersonKnown
from tongban.identity.events import AgentAppointed, EntityRegistered, PersonRegistered
from tongban.identity.queries import party_by_id_number
from tongban.identity.rules import RESIDENT, credential_text, sex_of
from tongban.identity.types import EntityKind, EntityStatus, PartyKind, Proofing
from tongban.kernel import clock, database, events, vault
from tongban.kernel.types import Who


def register_person(who: Who, *, name: str, id_number: str, phone: str, region: str, name_en: str = "",
                    address: str = "", proofing: Proofing = Proofing.L1, sample: bool = False, kind: str = RESIDENT) -> int:
    """Make a natural person known by a credential; returns the party. The number and phone are stored as ciphertext."""
    text = credential_text(kind, id_number)
    with database.atomic():
        if party_by_id_number(id_number, kind) is not None:
            raise PersonKnown
        party = _new_party(PartyKind.PERSON)
        database.execute(
            "insert into identity_person (party_id, name, name_en, id_number, id_number_index, phone, phone_index, "
            "address, region, proofing, sample, credential_type, sex, ethnicity, email, registered_on) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '', '', kernel_today())",
            [party, name, name_en, vault.seal("identity_person", "id_number", party, text, party=party),
             vault.index("id_number", text), vault.seal("identity_person", "phone", party, phone, party=party),
             vault.index("phone", phone),
             vault.seal("identity_person", "address", party, address, party=party) if address else "", region,
             int(proofing), sample, kind, sex_of(kind, id_number)])
        events.record(who, PersonRegistered(party=party, proofing=int(proofing)), subject=f"party:{party}", party=party)
    return party


def register_entity(who: Who, *, name: str, uscc: str, representative: int, phone: str, address: str, region: str,
                    name_en: str = "", sample: bool = False, since: date | None = None, kind: EntityKind = EntityKind.COMPANY,
                    registered_on: date | None = None, business_scope: str = "") -> int:
    """Make a legal entity known; its legal representative may act for it from `since` or today. Returns the party.

    A sole trader's code and address are a person's, and a row does not say which it is: every firm's are sealed.
    """
    with database.atomic():
        party = _new_party(PartyKind.ENTITY)
        database.execute(
            "insert into identity_entity (party_id, name, name_en, uscc, uscc_index, representative_id, phone, address, region, "
            "sample, kind, status, registered_on, business_scope) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [party, name, name_en, vault.seal("identity_entity", "uscc", party, uscc, party=party), vault.index("uscc", uscc),
             representative, vault.seal("identity_entity", "phone", party, phone, party=party),
             vault.seal("identity_entity", "address", party, address, party=party), region, sample, kind, EntityStatus.ACTIVE,
             registered_on, business_scope])
        events.record(who, EntityRegistered(party=party), subject=f"party:{party}", party=party)
        appoint_agent(who, agent=representative, entity=party, representative=True,
                      valid_from=since or clock.today())
    return party


def appoint_agent(who: Who, *, agent: int, entity: int, valid_from: date, valid_to: date | None = None,
                  representative: bool = False) -> None:
    """Let a person act for a firm between two dates (IDN-10)."""
    with database.atomic():
        database.execute(
            "insert into identity_agency (agent_id, entity_id, representative, valid_from, valid_to) "
            "values (%s, %s, %s, %s, %s)", [agent, entity, representative, valid_from, valid_to])
        events.record(who, AgentAppointed(agent=agent, entity=entity, representative=representative),
                      subject=f"party:{entity}", party=entity)


def _new_party(kind: PartyKind) -> int:
    found = database.row("insert into identity_party (kind) values (%s) returning id", [kind])
    party = int(found[0]) if found else 0
    vault.make_key(party)
    return party
