"""Raising how surely a person is known: by data (L2), by face or at the counter (L3); each step recorded (IDN-05)."""

import secrets
from datetime import date, timedelta

from tongban.identity.actions.attempts import digest
from tongban.identity.clients import face_check, population_register
from tongban.identity.errors import (
    CodeNotRight,
    CredentialNotValid,
    NotMatching,
    OtherCredential,
    ProofingTooLow,
    TooManyProofs,
    YourselfAtTheCounter,
)
from tongban.identity.events import AccountsConflicted, PersonProved, ProofingCodeGiven, ProofingFailed
from tongban.identity.queries import credential_types, party
from tongban.identity.rules import credential_text, is_credential, sex_of
from tongban.identity.types import Actor, Proofing, Way
from tongban.kernel import clock, database, events, parameters, vault
from tongban.kernel.codes import mask_name, normalise_code
from tongban.kernel.types import Who


def prove_by_data(actor: Actor, *, name: str, kind: str, number: str) -> bool:
    """Ask the register whether name, credential and the phone on record belong together (L2); True once they do.

    False if another account has this credential: then someone decides whether both are one person's.
    """
    _check_budget(actor.party or 0)
    number = checked_number(kind, number)
    known = party(actor.party or 0)
    if known is None or not population_register().matches(name=name, kind=kind, number=number, phone=known.phone):
        _note_failure(actor, actor.party or 0, Way.DATA)
        raise NotMatching
    return _settle(actor, actor.party or 0, Way.DATA, Proofing.L2, database.row(
        "select identity_prove(%s, %s, %s, %s, %s, %s, %s)",
        _proved(actor.party or 0, name, kind, number)))


def prove_by_face(actor: Actor) -> None:
    """Let the outside check compare the person's face with the credential already proved (L3)."""
    if actor.proofing < Proofing.L2:
        raise ProofingTooLow(needed=int(Proofing.L2), held=int(actor.proofing))
    _check_budget(actor.party or 0)
    known = party(actor.party or 0)
    if known is None or not face_check().is_same(kind=known.credential_type, number=known.code):
        _note_failure(actor, actor.party or 0, Way.FACE)
        raise NotMatching
    with database.atomic():
        database.row("select identity_raise(%s, %s)", [int(Proofing.L3), _until()])
        _record(actor, actor.party or 0, Way.FACE, Proofing.L3)


def give_proofing_code(actor: Actor) -> str:
    """Make the code that a person shows at the counter; an earlier one is void. Returns it, it is kept as a hash."""
    code = f"{secrets.randbelow(10**8):08d}"
    minutes = parameters.value("identity.code_minutes", clock.today())
    with database.atomic():
        database.execute("delete from identity_proofing_code where party_id = %s", [actor.party])
        database.execute("insert into identity_proofing_code (party_id, code_hash, expires_at) values (%s, %s, kernel_now() + %s)",
                         [actor.party, vault.token("proofing_code", code), timedelta(minutes=minutes)])
        events.record(actor, ProofingCodeGiven(party=actor.party or 0), subject=f"party:{actor.party}", party=actor.party)
    return code


def prove_at_counter(actor: Actor, *, code: str, name: str, kind: str, number: str) -> bool:
    """A clerk saw the person and the card: raise the account whose code they showed to L3 (IDN-05).

    False if another account has this credential. Wrong codes are counted against the clerk, other words against the person.
    """
    desk = f"proofing-desk:{actor.account}"
    check_tries(desk)
    number = checked_number(kind, number)
    index = vault.token("proofing_code", code)
    found = database.row("select identity_code_party(%s)", [index])
    if found is None or found[0] is None:
        count_try(desk)
        raise CodeNotRight
    about = int(found[0])
    if about in actor.stakes:
        raise YourselfAtTheCounter
    return _settle(actor, about, Way.COUNTER, Proofing.L3, database.row(
        "select identity_prove_at_counter(%s, %s, %s, %s, %s, %s, %s, %s)", [index, *_proved(about, name, kind, number)]))


def checked_number(kind: str, typed: str) -> str:
    """The number as the standards write it; refuses one that cannot be of its kind."""
    known, number = credential_types().get(kind), normalise_code(typed)
    if known is None or not is_credential(known, number):
        raise CredentialNotValid
    return number


def _proved(about: int, name: str, kind: str, number: str) -> list[object]:
    """What the database is told of a proof: never a number in clear."""
    text = credential_text(kind, number)
    return [name, kind, vault.seal("identity_person", "id_number", about, text, party=about), vault.sole_index("id_number", text),
            mask_name(name), sex_of(kind, number), _until()]


def _settle(actor: Actor, about: int, way: Way, level: Proofing, found: tuple[int | None] | None) -> bool:
    """Record what the database answered: done (0), another credential than before (-1), somebody else's (their party)."""
    outcome = found[0] if found else None
    if outcome is None:
        raise CodeNotRight
    if outcome < 0:
        _note_failure(actor, about, way)
        raise OtherCredential
    if outcome > 0:
        events.record(actor, AccountsConflicted(party=about, holder=outcome, way=way), subject=f"party:{about}", party=about)
        return False
    _record(actor, about, way, level)
    return True


def _record(who: Who, about: int, way: Way, level: Proofing) -> None:
    events.record(who, PersonProved(party=about, level=int(level), way=way), subject=f"party:{about}", party=about)


def _until() -> date | None:
    """The day a proof made today ends, if proofs end at all."""
    today = clock.today()
    days = parameters.value("identity.proofing_days", today)
    return today + timedelta(days=days) if days else None


def _check_budget(about: int) -> None:
    check_tries(f"proofing:{about}")


def check_tries(whose: str) -> None:
    found = database.row("select count(*) from identity_attempt where login_hash = %s and at > kernel_now() - interval '1 day'",
                         [digest(whose)])
    if found and found[0] >= parameters.value("identity.proofing_tries", clock.today()):
        raise TooManyProofs


def count_try(whose: str) -> None:
    database.execute("insert into identity_attempt (login_hash, address_hash, at) values (%s, %s, kernel_now())",
                     [digest(whose), digest(whose)])


def _note_failure(actor: Actor, about: int, way: Way) -> None:
    with database.atomic():
        count_try(f"proofing:{about}")
        events.record(actor, ProofingFailed(party=about, way=way), subject=f"party:{about}", party=about)
