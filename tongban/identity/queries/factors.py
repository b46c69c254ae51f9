"""How someone may prove who they are, and the browsers they did so on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyotp

from tongban.identity.clients import texts_are_simulated
from tongban.identity.queries.callers import shown_login, token_hash
from tongban.identity.queries.passkeys import creation_options, credential_of
from tongban.identity.types import Actor, ActorKind, Factor, Purpose, Strength
from tongban.kernel import clock, database, parameters, vault


def number_for_codes(actor: Actor) -> str:
    """What stands for the phone that gets an account's codes; empty if codes are not open to it.

    Staff get none, but samples in a trial, whose code is shown on the page. Whoever came back after a forgotten password and
    has a passkey or an app is asked for that for a day: the phone alone must not be both steps.
    """
    if actor.kind is ActorKind.OFFICER:
        found = database.row("select 'account:' || id from identity_account where id = %s and sample", [actor.account])
    else:
        found = database.row("select phone_index from identity_person where party_id = %s and phone_index <> '' "
                             "and not identity_codes_held_back()", [actor.party])
    return found[0] if found else ""


def phone_end(actor: Actor) -> str:
    """The last digits of the phone on record of whoever asks, so that they know which one it is."""
    found = database.row("select phone from identity_person where party_id = %s", [actor.party])
    return vault.unseal("identity_person", "phone", actor.party, found[0])[-2:] if found else ""


def second_ways(actor: Actor) -> tuple[Factor, ...]:
    """The second factors the caller has, the surest first."""
    open_to = factors_allowed(actor.kind)
    found = {Factor(kind) for (kind,) in database.rows(
        "select kind from identity_factor where account_id = %s and removed_at is null", [actor.account])}
    mine: list[Factor] = [each for each in (Factor.PASSKEY, Factor.TOTP) if each in found and each in open_to]
    if mine and recovery_left(actor.account):
        mine.append(Factor.RECOVERY)
    if number_for_codes(actor):
        mine.insert(len(mine) - (Factor.RECOVERY in mine), Factor.CODE)
    return tuple(mine)


def ways(actor: Actor) -> tuple[Factor, ...]:
    """How the caller may prove who they are: by a second factor, and by the password only where it alone is enough.

    That is so on a known device where one factor opens everything, and for whoever has still to set up a second one.
    """
    found = second_ways(actor)
    alone = wanted_strength(actor) is Strength.S1 and actor.known_device
    return (*found, Factor.PASSWORD) if alone or (not found and actor.strength is Strength.S1) else found


def factors_allowed(kind: ActorKind) -> frozenset[Factor]:
    """Which second factors may be set up and used: all by citizens, by staff those the installation named."""
    if kind is ActorKind.CITIZEN:
        return frozenset({Factor.PASSKEY, Factor.TOTP})
    return frozenset(Factor(each) for each in parameters.value("identity.staff_factors", clock.today()))


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRow:
    """A second factor someone set up."""

    key: int
    kind: Factor
    name: str
    credential: str
    added_at: datetime
    used_at: datetime | None


def factors_of(account: int) -> list[FactorRow]:
    """The second factors of an account, in the order they were set up."""
    return [FactorRow(key=key, kind=Factor(kind), name=name, credential=credential, added_at=added, used_at=used)
            for key, kind, name, credential, added, used in database.rows(
                "select id, kind, name, credential, added_at, used_at from identity_factor where account_id = %s "
                "and removed_at is null order by id limit 50", [account])]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRow:
    """A browser an account is known on; `here` if it is the one that asks."""

    key: int
    browser: str
    first_at: datetime
    last_at: datetime
    here: bool


def devices_of(account: int, token: str) -> list[DeviceRow]:
    """Where an account is known, the latest first; `token` is that of the session that asks."""
    return [DeviceRow(key=key, browser=browser, first_at=first, last_at=last, here=here)
            for key, browser, first, last, here in database.rows(
                "select d.id, d.browser, d.first_at, d.last_at, exists(select from identity_session s where s.token_hash = %s "
                "and s.device_hash = d.device_hash) from identity_device d where d.account_id = %s and d.removed_at is null "
                "order by d.last_at desc, d.id desc limit 50", [token_hash(token), account])]


def recovery_left(account: int) -> int:
    """How many recovery codes are still good."""
    found = database.row("select count(*) from identity_recovery where account_id = %s and used_at is null", [account])
    return int(found[0]) if found else 0


def new_passkey(actor: Actor) -> dict[str, Any]:
    """What the caller's browser needs to make another passkey."""
    return creation_options(actor.account, name=shown_login(actor.account) or actor.display,
                            known=[each.credential for each in factors_of(actor.account) if each.kind is Factor.PASSKEY])


def login_of_passkey(answer: str) -> str:
    """The login whose passkey an answer says it is of; nothing is proved by it."""
    found = database.row("select login from identity_passkey(%s)", [credential_of(answer)])
    return found[0] if found else ""


def new_secret() -> str:
    """A secret for an app that shows codes, 160 bits."""
    return pyotp.random_base32()


def totp_address(actor: Actor, secret: str) -> str:
    """The secret as apps read it from a picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=shown_login(actor.account) or actor.display, issuer_name="Tongban")


def wanted_strength(actor: Actor) -> Strength:
    """How surely a caller must have proved who they are to see what is theirs (table 5.8); more so on a new device."""
    asked = _asked_of(actor.kind)
    return asked if actor.known_device else max(asked, Strength.S2)


def code_is_asked(token: str, purpose: Purpose = Purpose.PROVE) -> bool:
    """Was a code asked for in this session and is still good?"""
    return _open_code(token, purpose) is not None


def code_was_asked(token: str) -> bool:
    """Was a code ever asked for in this session?"""
    return database.row("select 1 from identity_code where session_hash = %s limit 1", [token_hash(token)]) is not None


def one_factor_is_enough(account: int, given: str) -> bool:
    """Is a password enough for this account where this cookie was given to its browser?"""
    kind = database.row("select kind from identity_account where id = %s", [account])
    known = database.row("select 1 from identity_device where account_id = %s and device_hash = %s and removed_at is null",
                         [account, token_hash(given)])
    return kind is not None and known is not None and _asked_of(ActorKind(kind[0])) is Strength.S1


def shown_code(actor: Actor, token: str, purpose: Purpose = Purpose.PROVE) -> str:
    """The code itself, of a sample account while text messages are simulated; of anybody else never."""
    nonce = _open_code(token, purpose)
    return vault.digits(purpose, nonce) if nonce and is_shown(actor) else ""


def is_shown(actor: Actor) -> bool:
    """Are codes of this account shown instead of sent? Only those of samples, and only while text messages are simulated."""
    return texts_are_simulated() and database.row("select 1 from identity_account where id = %s and sample",
                                                  [actor.account]) is not None


def _asked_of(kind: ActorKind) -> Strength:
    name = "identity.strength_staff" if kind is ActorKind.OFFICER else "identity.strength_personal"
    return Strength(parameters.value(name, clock.this_day()))


def _open_code(token: str, purpose: Purpose) -> str | None:
    found = database.row(
        "select nonce, used_at is null and expires_at > kernel_now() and tries < %s from identity_code "
        "where session_hash = %s and purpose = %s order by id desc limit 1",
        [parameters.value("identity.code_tries", clock.today()), token_hash(token), purpose])
    return found[0] if found and found[1] else None


def browser_of_device(device: int) -> str:
    """The browser of a known device, in two words."""
    found = database.row("select browser from identity_device where id = %s", [device])
    return found[0] if found else ""
