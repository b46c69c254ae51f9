"""What is known of a party."""

from dataclasses import dataclass

from tongban.identity.rules import RESIDENT, credential_number, credential_text
from tongban.identity.types import PartyKind
from tongban.kernel import database, vault


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyView:
    """What forms and licences may know of a party; numbers in clear, so handle with care."""

    party: int
    kind: PartyKind
    name: str
    name_en: str
    code: str
    phone: str
    address: str
    region: str
    representative: str
    sample: bool
    credential_type: str = ""


def party(key: int) -> PartyView | None:
    """A party the current scope may see, decrypted."""
    person = database.planned_row(
        "select name, name_en, id_number, phone, address, region, sample, credential_type from identity_person "
        "where party_id = %s", [key])
    if person:
        name, name_en, number, phone, address, region, sample, kind = person
        return PartyView(party=key, kind=PartyKind.PERSON, name=name, name_en=name_en, representative="",
                         code=credential_number(_plain("id_number", key, number)) if number else "",
                         phone=_plain("phone", key, phone), address=_plain("address", key, address),
                         region=region, sample=sample, credential_type=kind)
    entity = database.planned_row(
        "select e.name, e.name_en, e.uscc, e.phone, e.address, e.region, e.sample, "
        "(select name from identity_person p where p.party_id = e.representative_id) "
        "from identity_entity e where e.party_id = %s", [key])
    if entity is None:
        return None
    name, name_en, uscc, phone, address, region, sample, representative = entity
    return PartyView(party=key, kind=PartyKind.ENTITY, name=name, name_en=name_en,
                     code=vault.unseal("identity_entity", "uscc", key, uscc),
                     phone=vault.unseal("identity_entity", "phone", key, phone),
                     address=vault.unseal("identity_entity", "address", key, address),
                     region=region, representative=representative or "", sample=sample)


def _plain(column: str, key: int, sealed: str) -> str:
    """What a person's cell holds; empty where it was erased or never filled."""
    return vault.unseal("identity_person", column, key, sealed) if sealed else ""


def party_by_id_number(number: str, kind: str = RESIDENT) -> int | None:
    """The person with a credential, found by blind index over type and number."""
    found = database.row("select party_id from identity_person where id_number_index = any(%s)",
                         [vault.indexes("id_number", credential_text(kind, number))])
    return found[0] if found else None


def party_by_uscc(uscc: str) -> int | None:
    """The legal entity with a unified social credit code."""
    found = database.row("select party_id from identity_entity where uscc_index = any(%s)",
                         [vault.indexes("uscc", uscc)])
    return found[0] if found else None


def represents(person: int, entity: int) -> bool:
    """Is the person the legal representative of the firm today (IDN-10)?"""
    return database.row(
        "select 1 from identity_agency where agent_id = %s and entity_id = %s and representative "
        "and valid_from <= kernel_today() and (valid_to is null or valid_to >= kernel_today())",
        [person, entity]) is not None


def is_sample(party: int) -> bool:
    """Was the party made up for a trial, as the accounts of whoever acts for it say? Officers may ask."""
    return database.planned_row(
        "select 1 from identity_account where sample and (party_id = %(party)s or party_id in "
        "(select agent_id from identity_agency where entity_id = %(party)s)) limit 1", {"party": party}) is not None


def has_account(party: int | None) -> bool:
    """Can this person still sign in as a citizen, or will they be able to once they unfreeze?"""
    return database.row("select 1 from identity_account where party_id = %s and kind = 'CITIZEN' and closed_at is null",
                        [party]) is not None


def is_merged(merged: int, kept: int) -> bool:
    """Was the first party found to be the second?"""
    return database.row("select 1 from identity_party where id = %s and merged_into_id = %s", [merged, kept]) is not None


def everyone_of(party: int) -> list[int]:
    """The parties that are one person: the one that stays, then those merged into it."""
    return [key for (key,) in database.rows(
        "with k as (select coalesce(merged_into_id, id) as kept from identity_party where id = %s) select p.id from k "
        "join identity_party p on p.id = k.kept or p.merged_into_id = k.kept order by p.id <> k.kept, p.id", [party])]


def has_left(party: int) -> bool:
    """Had this person accounts, and closed them all? One of staff ends when it is no longer active."""
    return database.row(
        "select 1 from identity_account a join identity_party p on a.party_id = coalesce(p.merged_into_id, p.id) "
        "where p.id = %s having bool_and(a.closed_at is not null or (a.kind = 'OFFICER' and not a.active))", [party]) is not None
