"""Registering by phone: a code to the phone, then a name and a password make an account of level L1 (IDN-05)."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import make_password

from tongban.identity.actions.attempts import GATE, digest
from tongban.identity.actions.codes import WORDS, bring
from tongban.identity.actions.passwords import check_new_password
from tongban.identity.clients import texts_are_simulated
from tongban.identity.errors import CodeNotRight, TooManyEnrolments
from tongban.identity.events import AccountOpened, EnrolmentAsked, EnrolmentCodeSent, PersonRegistered
from tongban.identity.queries import login_of, token_hash
from tongban.identity.types import ActorKind, Proofing, Purpose
from tongban.kernel import clock, database, events, parameters, vault
from tongban.kernel.codes import mask_name
from tongban.kernel.types import Who
from tongban.messages.clients import ShortMessages
from tongban.messages.types import DeliveryState

ASKED = "enrolments:any"
MESSAGES = {
    Purpose.REGISTER: f"{WORDS}不是您本人操作，不用理会。",
    Purpose.RECOVER: f"{WORDS}不是您本人操作，不用理会，密码没有变。",
    Purpose.COUNTER: "【通办】您正在窗口登记新手机号。验证码 {code}，请给面前的工作人员看，{minutes} 分钟内有效。"
                     "您不在窗口的，不要告诉任何人。",
}
"""What is sent; only at a counter is a code shown to anybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A phone that asked to register: the key its browser goes on with, and what is shown instead of sent.

    `simulated`: the code, empty for a phone that gets none; None where a provider brings it.
    """

    key: str
    simulated: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A code drawn for a phone: the browser's key, the code, what is counted, and what the database keeps of them."""

    key: str
    code: str
    counted: str
    kept: tuple[object, ...]


def ask_to_enrol(*, phone: str, address: str, own: int | None = None, purpose: Purpose = Purpose.REGISTER,
                 who: Who = GATE) -> Asked:
    """Send a code to the phone; one that has an account is told so instead, and nobody else sees the difference.

    `own`: whose new phone it is to be; what they sign in with already is no other account. `who`: the clerk, at a counter.
    """
    drawn = draw_code(phone=phone, address=address)
    with database.atomic():
        found = database.row("select identity_ask_to_enrol(%s, %s, %s, %s, %s, %s, %s, %s)",
                             [*drawn.kept, login_of(phone), own, purpose])
        holder = found[0] if found else None
        count_asked(drawn, address)
        events.record(who, EnrolmentAsked(known=holder is not None), subject=f"enrolment:{token_hash(drawn.key)}", party=holder)
    return Asked(key=drawn.key, simulated=("" if holder else drawn.code) if texts_are_simulated() else None)


def draw_code(*, phone: str, address: str) -> Drawn:
    """A code for a phone that may still get one; refuses where too many were asked for this phone or from here."""
    index = vault.sole_index("phone", phone)
    counted = digest(f"enrol:{index}")
    _check_budget(counted, digest(address))
    key = secrets.token_urlsafe(24)
    code, lasting = _code(token_hash(key)), timedelta(minutes=parameters.value("identity.code_minutes", clock.today()))
    return Drawn(key=key, code=code, counted=counted, kept=(
        token_hash(key), code_hash(key, code), vault.seal("identity_enrolment", "phone", token_hash(key), phone), index, lasting))


def count_asked(drawn: Drawn, address: str) -> None:
    """Count one more code for its phone, and one more from this address."""
    database.execute("insert into identity_attempt (login_hash, address_hash, at) values (%s, %s, kernel_now()), "
                     "(%s, %s, kernel_now())", [drawn.counted, digest(address), digest(ASKED), digest(address)])


def send_enrolment_code(who: Who, *, enrolment: str, provider: ShortMessages) -> None:
    """Bring a code to the phone that asked, once; a phone whose code would lead nowhere gets none."""
    with database.atomic():
        claimed = database.row(
            "update identity_enrolment set state = %s where key_hash = %s and state = '' and leads_on and used_at is null "
            "and expires_at > kernel_now() returning purpose", [DeliveryState.WAITING, enrolment])
    if claimed is None:
        return
    state = bring(provider, recipient=f"enrolment:{enrolment}", code=_code(enrolment),
                  words=MESSAGES[Purpose(claimed[0])],
                  again=lambda: database.execute("update identity_enrolment set state = '' where key_hash = %s", [enrolment]))
    with database.atomic():
        database.execute("update identity_enrolment set state = %s where key_hash = %s", [state, enrolment])
        events.record(who, EnrolmentCodeSent(state=state), subject=f"enrolment:{enrolment}")


def phone_of(*, key: str, code: str, purpose: Purpose = Purpose.REGISTER) -> str | None:
    """The phone that asked for this, once its code was typed; None for a wrong one, of which only a few are let pass."""
    today = clock.today()
    found = database.row("select identity_try_enrolment(%s, %s, %s, %s, %s)", [
        token_hash(key), code_hash(key, code), purpose, parameters.value("identity.code_tries", today),
        timedelta(minutes=parameters.value("identity.enrolment_minutes", today))])
    return vault.unseal("identity_enrolment", "phone", token_hash(key), found[0]) if found and found[0] else None


def enrol(*, key: str, code: str, name: str, password: str) -> int:
    """Open an account of level L1 for the phone whose code was typed; returns the account, in a trial a sample like all there."""
    phone = phone_of(key=key, code=code)
    if phone is None:
        raise CodeNotRight
    check_new_password(password, about=(phone, name))
    drawn = database.row("select nextval('identity_party_id_seq')")
    party = int(drawn[0]) if drawn else 0
    with database.atomic():
        vault.make_key(party)
        found = database.row(
            "select identity_enrol(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [token_hash(key), code_hash(key, code), party, name, vault.seal("identity_person", "phone", party, phone, party=party),
             vault.sole_index("phone", phone), make_password(password), login_of(phone), mask_name(name)])
        account = found[0] if found else None
        if account is None:
            raise CodeNotRight
        events.record(GATE, PersonRegistered(party=party, proofing=int(Proofing.L1)), subject=f"party:{party}", party=party)
        events.record(GATE, AccountOpened(account=account, kind=ActorKind.CITIZEN), subject=f"account:{account}", party=party)
    return int(account)


def _check_budget(phone: str, address: str) -> None:
    today = clock.today()
    found = database.row(
        "select count(*) filter (where login_hash = %(phone)s and at > kernel_now() - interval '1 hour'), "
        "count(*) filter (where login_hash = %(phone)s), count(*) filter (where login_hash = %(any)s and address_hash = %(from)s "
        "and at > kernel_now() - interval '1 hour') from identity_attempt "
        "where login_hash in (%(phone)s, %(any)s) and at > kernel_now() - interval '1 day'",
        {"phone": phone, "any": digest(ASKED), "from": address})
    hour, day, from_here = found or (0, 0, 0)
    if (hour >= parameters.value("identity.codes_an_hour", today) or day >= parameters.value("identity.codes_a_day", today)
            or from_here >= parameters.value("identity.codes_an_address", today)):
        raise TooManyEnrolments


def _code(enrolment: str) -> str:
    """The code follows from the row, so that a job can send it; the row alone does not tell it."""
    return vault.digits("ENROL", enrolment)


def code_hash(key: str, code: str) -> str:
    """Six digits alone could be tried one by one; with the browser's key they cannot."""
    return token_hash(f"{key}|{code}")
