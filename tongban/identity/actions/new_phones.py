"""A phone that was lost: a clerk sees the person and the card and enters the new one, which counts after a day (T28).

One clerk alone must not take an account over: the phone on record is told at once, and whoever has it can stop the change.
"""

from datetime import datetime, timedelta

from tongban.identity.actions.enrolling import Asked, ask_to_enrol, code_hash, phone_of
from tongban.identity.actions.proofing import check_tries, checked_number, count_try
from tongban.identity.errors import CardNotKnown, CodeNotRight, PhoneWaits
from tongban.identity.events import DetailsCorrected, NewPhoneNamed, NewPhoneStopped
from tongban.identity.queries import token_hash
from tongban.identity.rules import credential_text
from tongban.identity.types import Actor, Purpose
from tongban.kernel import clock, database, events, parameters, vault
from tongban.kernel.ticking import each_alone
from tongban.kernel.types import Who

DUE = "select party_id from identity_new_phone where due_at <= kernel_now() order by party_id"
TAKE = """
delete from identity_new_phone n where n.party_id = %s and n.due_at <= kernel_now() returning n.phone,
  exists (select from identity_account a where a.party_id = n.party_id and a.kind = 'CITIZEN' and a.active)
"""
TAKEN = """
select 1 from identity_person p join identity_account a on a.party_id = p.party_id
where p.phone_index = %s and p.party_id <> %s and a.kind = 'CITIZEN' and a.active
"""


def ask_for_new_phone(actor: Actor, *, name: str, kind: str, number: str, phone: str, address: str) -> Asked:
    """Send a code to the phone of whoever the card belongs to; refuses cards without an account that works."""
    party, _indexes = _party_of_card(actor, name=name, kind=kind, number=number)
    return ask_to_enrol(phone=phone, address=address, own=party, purpose=Purpose.COUNTER, who=actor)


def name_new_phone(actor: Actor, *, name: str, kind: str, number: str, key: str, code: str) -> datetime:
    """Enter the phone whose code was typed for the person of the card; returns from when it is theirs."""
    party, indexes = _party_of_card(actor, name=name, kind=kind, number=number)
    phone = phone_of(key=key, code=code, purpose=Purpose.COUNTER)
    if phone is None:
        raise CodeNotRight
    lasting = timedelta(hours=parameters.value("identity.new_phone_hours", clock.today()))
    with database.atomic():
        found = database.row("select identity_name_new_phone(%s, %s, %s, %s, %s, %s, %s, %s)", [
            token_hash(key), code_hash(key, code), indexes, name, list(actor.stakes), party,
            vault.seal("identity_person", "phone", party, phone, party=party), lasting])
        if found is None or found[0] is None:
            raise CodeNotRight
        due: datetime = found[0]
        events.record(actor, NewPhoneNamed(party=party, due=due.isoformat()), subject=f"party:{party}", party=party)
    return due


def stop_new_phone(actor: Actor) -> bool:
    """Say no to the phone that a clerk entered for oneself; False where none waits."""
    with database.atomic():
        stopped = database.execute("delete from identity_new_phone where party_id = %s", [actor.party])
        if stopped:
            events.record(actor, NewPhoneStopped(party=actor.party or 0), subject=f"party:{actor.party}", party=actor.party)
    return bool(stopped)


def take_new_phones(who: Who) -> int:
    """Put the phones on record that are due, the former ones kept until they were told; returns how many.

    Of an account that ended or was frozen meanwhile nothing is taken, nor a phone that another account has now.
    """
    return each_alone([party for (party,) in database.rows(DUE)], lambda party: _take(who, party))


def _take(who: Who, party: int) -> None:
    found = database.row(TAKE, [party])
    if found is None:
        return
    sealed, works = found
    index = vault.sole_index("phone", vault.unseal("identity_person", "phone", party, sealed)) if works else ""
    if works and database.row(TAKEN, [index, party]) is None:
        database.execute("update identity_person set former_phone = phone, phone = %s, phone_index = %s where party_id = %s",
                         [sealed, index, party])
        events.record(who, DetailsCorrected(fields=("phone",)), subject=f"party:{party}", party=party)
    else:
        events.record(who, NewPhoneStopped(party=party), subject=f"party:{party}", party=party)


def _party_of_card(actor: Actor, *, name: str, kind: str, number: str) -> tuple[int, list[str]]:
    """Whose card it is, not the clerk's own; cards nobody has are counted against the clerk.

    The phone one clerk entered no second entry of theirs replaces: its person is told of it only on the phone they lost.
    """
    desk = f"new-phone-desk:{actor.account}"
    check_tries(desk)
    indexes = vault.indexes("id_number", credential_text(kind, checked_number(kind, number)))
    found = database.row("select identity_party_of_card(%s, %s, %s)", [indexes, name, list(actor.stakes)])
    if found is None or found[0] is None:
        count_try(desk)
        raise CardNotKnown
    if database.row("select identity_new_phone_is_mine(%s)", [found[0]]) == (True,):
        raise PhoneWaits
    return found[0], indexes
