"""Putting one's own details right (Personal Information Protection Law art. 46)."""

import re

from tongban.identity.actions.enrolling import Asked, ask_to_enrol, phone_of
from tongban.identity.errors import CodeNotRight, PhoneNotValid
from tongban.identity.events import DetailsCorrected
from tongban.identity.queries import party
from tongban.identity.types import Actor
from tongban.kernel import database, events, vault
from tongban.kernel.crypto.fields import normalise_value
from tongban.kernel.errors import NotPermitted

MOBILE = re.compile("1[3-9][0-9]{9}")


def ask_for_phone(actor: Actor, *, phone: str, address: str) -> Asked | None:
    """Send a code to a phone that is to be one's own from now on; None where it is on record already.

    A phone with another account gets no code that works: codes, proofs and mandates go by the phone on record.
    """
    known, number = party(actor.party or 0), normalise_value(phone)
    if not MOBILE.fullmatch(number):
        raise PhoneNotValid
    return None if known is not None and known.phone == number else ask_to_enrol(
        phone=number, address=address, own=actor.party)


def correct_details(actor: Actor, *, phone: str, address: str, name_en: str, key: str = "", code: str = "") -> tuple[str, ...]:
    """Change one's own phone, address and English name; returns the names of what changed.

    Another phone needs the code that was sent to it. Cases keep what was handed in with them. The phone that was on
    record is kept until the person was told there.
    """
    known = party(actor.party or 0)
    if known is None:
        raise NotPermitted
    number = normalise_value(phone)
    if not MOBILE.fullmatch(number):
        raise PhoneNotValid
    wanted = {"phone": number, "address": address.strip(), "name_en": name_en.strip()}
    changed = tuple(name for name, value in wanted.items() if value != getattr(known, name))
    if not changed:
        return ()
    if "phone" in changed and phone_of(key=key, code=code) != number:
        raise CodeNotRight
    with database.atomic():
        if "phone" in changed:
            database.execute("delete from identity_new_phone where party_id = %s", [known.party])
        database.row("select identity_correct(%s, %s, %s, %s)", [
            vault.seal("identity_person", "phone", known.party, wanted["phone"], party=known.party),
            vault.index("phone", wanted["phone"]),
            vault.seal("identity_person", "address", known.party, wanted["address"], party=known.party)
            if wanted["address"] else "", wanted["name_en"]])
        events.record(actor, DetailsCorrected(fields=changed), subject=f"party:{known.party}", party=known.party)
    return changed
