"""A way back for whoever forgot the password: a code to the phone, then the proof by which they were known (T28).

Nobody comes back on less than they were once proved by: at L1 the name they gave, at L2 the register, at L3 the face as well.
"""

from django.contrib.auth.hashers import make_password

from tongban.identity.actions.attempts import GATE
from tongban.identity.actions.enrolling import Asked, code_hash, count_asked, draw_code, phone_of
from tongban.identity.actions.passwords import check_new_password
from tongban.identity.actions.proofing import check_tries, checked_number, count_try
from tongban.identity.clients import face_check, population_register, texts_are_simulated
from tongban.identity.errors import CodeNotRight, NotMatching
from tongban.identity.events import PasswordRecovered, RecoveryAsked, RecoveryFailed
from tongban.identity.queries import token_hash
from tongban.identity.rules import credential_text
from tongban.identity.types import Proofing, Purpose
from tongban.kernel import database, events, vault


def ask_to_recover(*, phone: str, address: str) -> Asked:
    """Send a code to the phone if an account has it; whoever asks does not see whether one does.

    Only of a sample is the code shown, and only while text messages are simulated.
    """
    drawn = draw_code(phone=phone, address=address)
    with database.atomic():
        found = database.row("select party, sample from identity_ask_to_recover(%s, %s, %s, %s, %s)", drawn.kept)
        count_asked(drawn, address)
        holder, sample = found or (None, False)
        events.record(GATE, RecoveryAsked(known=holder is not None), subject=f"enrolment:{token_hash(drawn.key)}", party=holder)
    return Asked(key=drawn.key, simulated=drawn.code if sample and texts_are_simulated() else None)


def recovery_level(*, key: str, code: str) -> Proofing | None:
    """How surely its holder has to prove again who they are, once the code was typed; None for a wrong one."""
    if phone_of(key=key, code=code, purpose=Purpose.RECOVER) is None:
        return None
    return _asked_for(key, code)[1]


def prove_for_recovery(*, key: str, code: str, name: str, kind: str = "", number: str = "") -> None:
    """Prove again who one is, as surely as one was known; every try is counted against the phone, and its holder told of what did not fit.

    Counted before it is answered, so that many at once are no more than few one by one.
    """
    phone = phone_of(key=key, code=code, purpose=Purpose.RECOVER)
    if phone is None:
        raise CodeNotRight
    about = f"recovery:{vault.sole_index('phone', phone)}"
    holder, level = _asked_for(key, code)
    known = checked_number(kind, number) if level >= Proofing.L2 else ""
    with database.atomic():
        database.row("select pg_advisory_xact_lock(hashtext(%s))", [about])
        check_tries(about)
        count_try(about)
    index = vault.sole_index("id_number", credential_text(kind, known)) if known else None
    found = database.row("select party, level from identity_whose_recovery(%s, %s, %s, %s)",
                         [token_hash(key), code_hash(key, code), name, index])
    if found is None or not _is_proved(found[1], name=name, kind=kind, number=known, phone=phone):
        with database.atomic():
            events.record(GATE, RecoveryFailed(), subject=f"enrolment:{token_hash(key)}", party=holder)
        raise NotMatching
    database.row("select identity_settle_recovery(%s, %s, %s, %s)", [token_hash(key), code_hash(key, code), *found])


def recover(*, key: str, code: str, password: str) -> int:
    """Set the new password of whoever proved who they are; every session and every key of programs ends. Returns the account."""
    phone = phone_of(key=key, code=code, purpose=Purpose.RECOVER)
    if phone is None:
        raise CodeNotRight
    check_new_password(password, about=(phone,))
    hashed = make_password(password)
    with database.atomic():
        found = database.rows("select account, whose, proved from identity_recover(%s, %s, %s) order by account",
                              [token_hash(key), code_hash(key, code), hashed])
        if not found:
            raise CodeNotRight
        for account, party, level in found:
            events.record(GATE, PasswordRecovered(account=account, level=level), subject=f"account:{account}", party=party)
    return int(found[0][0])


def _asked_for(key: str, code: str) -> tuple[int | None, Proofing]:
    """Whose phone it is, if one person's, and the level at which its holder was proved."""
    found = database.row("select party, level from identity_recovery_of(%s, %s)", [token_hash(key), code_hash(key, code)])
    if found is None or found[1] is None:
        raise CodeNotRight
    return found[0], Proofing(found[1])


def _is_proved(level: int, *, name: str, kind: str, number: str, phone: str) -> bool:
    if level >= Proofing.L2 and not population_register().matches(name=name, kind=kind, number=number, phone=phone):
        return False
    return level < Proofing.L3 or face_check().is_same(kind=kind, number=number)
