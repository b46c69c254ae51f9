"""Verbs of identity: register, appoint, open accounts, sign in and out."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import date, timedelta

from django.contrib.auth.hashers import check_password, make_password

from tongban.identity.errors import (
    AdministratorHoldsNoPost,
    AdministratorsExist,
    DutyMissing,
    FoundersNotApart,
    LoginTaken,
    PasswordNotYours,
    PasswordTooShort,
    PasswordUnchanged,
    ProposalNotFound,
    SecretNotValid,
    TooManyAttempts,
    TooManyGuesses,
    TriedEverywhere,
    WrongCredentials,
)
from tongban.identity.events import (
    AccountOpened,
    AdministratorConfirmed,
    AdministratorMade,
    AdministratorsBegun,
    AgentAppointed,
    EntityRegistered,
    KeyGiven,
    KeyWithdrawn,
    LookUpFailed,
    PasswordChanged,
    PersonRegistered,
    PostGiven,
    SessionsClosed,
    SignedIn,
    SignedOut,
    SignInFailed,
    SignInsCleaned,
    StaffConfirmed,
    StaffProposed,
)
from tongban.identity.queries import duty_of, kind_of, token_hash
from tongban.identity.types import Actor, ActorKind, Duty, Founder, PartyKind, Proofing, Role
from tongban.kernel import clock, database, events, parameters, vault
from tongban.kernel.codes import mask_name
from tongban.kernel.types import Channel, System, Who

GATE = System(name="sign-in")
LOOK_UPS = "look-ups:any"
UNKNOWN_PASSWORD = make_password("no account has this password")


def register_person(who: Who, *, name: str, id_number: str, phone: str, region: str, name_en: str = "",
                    address: str = "", proofing: Proofing = Proofing.L1, sample: bool = False) -> int:
    """Make a natural person known; returns the party. The number and phone are stored as ciphertext."""
    with database.atomic():
        party = _new_party(PartyKind.PERSON)
        database.execute(
            "insert into identity_person (party_id, name, name_en, id_number, id_number_index, phone, phone_index, "
            "address, region, proofing, sample) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [party, name, name_en, vault.seal("identity_person", "id_number", party, id_number),
             vault.index("id_number", id_number), vault.seal("identity_person", "phone", party, phone),
             vault.index("phone", phone),
             vault.seal("identity_person", "address", party, address) if address else "", region,
             int(proofing), sample])
        events.record(who, PersonRegistered(party=party, proofing=int(proofing)), subject=f"party:{party}", party=party)
    return party


def register_entity(who: Who, *, name: str, uscc: str, representative: int, phone: str, address: str, region: str,
                    name_en: str = "", sample: bool = False, since: date | None = None) -> int:
    """Make a legal entity known; its legal representative may act for it from `since` or today. Returns the party."""
    with database.atomic():
        party = _new_party(PartyKind.ENTITY)
        database.execute(
            "insert into identity_entity (party_id, name, name_en, uscc, representative_id, phone, address, region, "
            "sample) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [party, name, name_en, uscc, representative, vault.seal("identity_entity", "phone", party, phone),
             address, region, sample])
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


def open_account(who: Who, *, kind: ActorKind, login: str, password: str, name: str, name_en: str = "",
                 party: int | None = None, proofing: Proofing = Proofing.L0, sample: bool = False,
                 encoded: str | None = None) -> int:
    """Let someone sign in; citizens are shown by a masked name, staff by theirs. Returns the account.

    `party`: the person; that of a member of staff is who they are outside the office.
    `encoded`: the password as it is stored, where many accounts share one and it need not be hashed for each.
    """
    shown = mask_name(name) if kind is ActorKind.CITIZEN else name
    with database.atomic():
        found = database.row(
            "insert into identity_account (kind, login, password, party_id, display, display_en, proofing, active, "
            "sample) values (%s, %s, %s, %s, %s, %s, %s, true, %s) returning id",
            [kind, login, encoded or make_password(password), party, shown, name_en, int(proofing), sample])
        account = int(found[0]) if found else 0
        events.record(who, AccountOpened(account=account, kind=kind), subject=f"account:{account}", party=party)
    return account


def give_post(who: Who, *, account: int, authority: int, role: Role, valid_from: date,
              valid_to: date | None = None) -> None:
    """Let a member of staff hold a role at an authority (IDN-14)."""
    with database.atomic():
        given = database.execute(
            "insert into identity_post (account_id, authority_id, role, valid_from, valid_to) "
            "select %s, %s, %s, %s, %s where not exists (select 1 from identity_administrator where account_id = %s)",
            [account, authority, role, valid_from, valid_to, account])
        if not given:
            raise AdministratorHoldsNoPost
        events.record(who, PostGiven(account=account, authority=authority, role=role), subject=f"account:{account}",
                      authority=authority)


def sign_in(*, login: str, password: str, address: str, device: str = "", channel: Channel = Channel.WEB,
            browser: str = "") -> str:
    """Open a session and return its token; refuses alike for a wrong name and a wrong password.

    Failures are counted by name and place together, so that nobody can lock out someone else (IDN-16). The place is
    the address, or the `device` where this name was signed in before: others behind the address do not count there.
    """
    login_digest = _digest(login)
    address_digest = _digest(f"device:{device}" if device else address)
    _check_attempts(login_digest, address_digest, known=bool(device))
    found = database.row("select id, password, kind from identity_account where login = %s and active", [login])
    matches = check_password(password, found[1] if found else UNKNOWN_PASSWORD)
    if found is None or not matches:
        with database.atomic():
            database.execute("insert into identity_attempt (login_hash, address_hash, at) "
                             "values (%s, %s, kernel_now())", [login_digest, address_digest])
            events.record(GATE, SignInFailed(known=found is not None), subject="sign-in")
        raise WrongCredentials
    return open_session(account=found[0], channel=channel, browser=browser)


def check_look_up(*, number: str, address: str) -> None:
    """Refuse to look up a case by its code after a few wrong codes for it, or many from this address for any case.

    Whoever is signed in as the applicant needs no code and is not held up.
    """
    today = clock.today()
    minutes = parameters.value("identity.lockout_minutes", today)
    found = database.row(
        "select count(*) filter (where login_hash = %s), count(*) filter (where login_hash = %s and address_hash = %s) "
        "from identity_attempt where login_hash in (%s, %s) and at > kernel_now() - %s",
        [_digest(f"look-up:{number}"), _digest(LOOK_UPS), _digest(address), _digest(f"look-up:{number}"),
         _digest(LOOK_UPS), timedelta(minutes=minutes)])
    of_case, from_here = found or (0, 0)
    if (of_case >= parameters.value("identity.lockout_failures", today)
            or from_here >= parameters.value("identity.login_failures", today)):
        raise TooManyGuesses(minutes=minutes)


def note_wrong_look_up(*, number: str, address: str) -> None:
    """Count a wrong code against the case and against the address."""
    with database.atomic():
        database.execute("insert into identity_attempt (login_hash, address_hash, at) "
                         "select about, %s, kernel_now() from unnest(%s::text[]) as about",
                         [_digest(address), [_digest(f"look-up:{number}"), _digest(LOOK_UPS)]])
        events.record(GATE, LookUpFailed(), subject="look-up")


def open_session(*, account: int, channel: Channel, days: float | None = None, browser: str = "") -> str:
    """Open a session for an account whose holder is known; returns the token, which is stored only as a hash."""
    today = clock.today()
    token = secrets.token_urlsafe(32)
    idle = timedelta(days=days) if days else timedelta(minutes=parameters.value("identity.session_idle_minutes", today))
    total = timedelta(days=days) if days else timedelta(hours=parameters.value("identity.session_total_hours", today))
    with database.atomic():
        database.execute(
            "insert into identity_session (token_hash, account_id, channel, opened_at, last_seen_at, idle, expires_at, browser) "
            "values (%s, %s, %s, kernel_now(), kernel_now(), %s, kernel_now() + %s, %s)",
            [token_hash(token), account, channel, idle, total, browser])
        events.record(GATE, SignedIn(account=account, channel=channel), subject=f"account:{account}")
    return token


def sign_out(actor: Actor, *, token: str) -> None:
    """Close the session of a token at once."""
    with database.atomic():
        database.execute("update identity_session set closed_at = kernel_now() where token_hash = %s and closed_at is "
                         "null", [token_hash(token)])
        events.record(actor, SignedOut(account=actor.account), subject=f"account:{actor.account}")


def close_sessions(actor: Actor, *, keep: str, only: str = "") -> int:
    """End one's own sessions elsewhere, or only the one listed under a hash; the session of the token `keep` stays."""
    with database.atomic():
        closed = database.execute(
            "update identity_session set closed_at = kernel_now() where account_id = %s and channel <> %s "
            "and closed_at is null and token_hash <> %s and (%s = '' or token_hash = %s)",
            [actor.account, Channel.API, token_hash(keep), only, only])
        if closed:
            events.record(actor, SessionsClosed(account=actor.account, count=closed), subject=f"account:{actor.account}",
                          party=actor.party)
    return closed


def change_password(actor: Actor, *, present: str, new: str, address: str, keep: str) -> None:
    """Change one's own password; whoever else was signed in, and every key given out, has to come again.

    Wrong guesses count like failed sign-ins here (T28): a session left open is no way to try passwords.
    """
    length = parameters.value("identity.password_length", clock.today())
    if len(new) < length:
        raise PasswordTooShort(length=length)
    digest, place = _digest(f"password:{actor.account}"), _digest(f"address:{address}")
    _check_attempts(digest, place, known=True)
    found = database.row("select password from identity_account where id = %s", [actor.account])
    if found is None or not check_password(present, found[0]):
        database.execute("insert into identity_attempt (login_hash, address_hash, at) values (%s, %s, kernel_now())",
                         [digest, place])
        raise PasswordNotYours
    if present == new:
        raise PasswordUnchanged
    hashed = make_password(new)
    with database.atomic():
        database.execute("select identity_set_password(%s)", [hashed])
        database.execute("update identity_session set closed_at = kernel_now() where account_id = %s and closed_at is null "
                         "and token_hash <> %s", [actor.account, token_hash(keep)])
        events.record(actor, PasswordChanged(account=actor.account), subject=f"account:{actor.account}", party=actor.party)


def _new_party(kind: PartyKind) -> int:
    found = database.row("insert into identity_party (kind) values (%s) returning id", [kind])
    return int(found[0]) if found else 0


def clean_up(who: Who) -> int:
    """Delete failed sign-ins and ended sessions that are past their time; returns how many."""
    today = clock.today()
    kept = timedelta(days=parameters.value("identity.session_days", today))
    with database.atomic():
        attempts = database.execute("delete from identity_attempt where at < kernel_now() - %s",
                                    [timedelta(days=parameters.value("identity.attempt_days", today))])
        sessions = database.execute(
            "delete from identity_session where least(closed_at, expires_at, last_seen_at + idle) < kernel_now() - %s",
            [kept])
        if attempts or sessions:
            events.record(who, SignInsCleaned(attempts=attempts, sessions=sessions), subject="sign-in")
    return attempts + sessions


def _check_attempts(login_digest: str, address_digest: str, *, known: bool) -> None:
    """Pause this name at this place after a few failures; after many from everywhere, slow it where it is unknown."""
    today = clock.today()
    minutes = parameters.value("identity.lockout_minutes", today)
    pause = parameters.value("identity.login_pause_seconds", today)
    found = database.row(
        "select count(*) filter (where address_hash = %s), count(*), coalesce(max(at) > kernel_now() - %s, false) "
        "from identity_attempt where login_hash = %s and at > kernel_now() - %s",
        [address_digest, timedelta(seconds=pause), login_digest, timedelta(minutes=minutes)])
    here, everywhere, just_now = found or (0, 0, False)
    if here >= parameters.value("identity.lockout_failures", today):
        raise TooManyAttempts(minutes=minutes)
    if not known and just_now and everywhere >= parameters.value("identity.login_failures", today):
        raise TriedEverywhere(seconds=pause)


def _digest(value: str) -> str:
    return hashlib.sha256(value.strip().lower().encode()).hexdigest()


def give_key(actor: Actor, *, key: str, days: int) -> bool:
    """Let programs act for a citizen with this key for some days; the same key again changes nothing and is no key made."""
    with database.atomic():
        made = database.execute(
            "insert into identity_session (token_hash, account_id, channel, opened_at, last_seen_at, idle, expires_at, browser) "
            "values (%s, %s, %s, kernel_now(), kernel_now(), %s, kernel_now() + %s, '') on conflict do nothing",
            [token_hash(key), actor.account, Channel.API, timedelta(days=days), timedelta(days=days)])
        if made:
            events.record(actor, KeyGiven(account=actor.account, days=days), subject=f"account:{actor.account}",
                          party=actor.party)
    return bool(made)


def withdraw_key(actor: Actor, *, key: str) -> None:
    """Close a key of one's own, by the hash it is listed under; it stops working at once."""
    with database.atomic():
        closed = database.execute(
            "update identity_session set closed_at = kernel_now() where token_hash = %s and account_id = %s "
            "and channel = %s and closed_at is null", [key, actor.account, Channel.API])
        if closed:
            events.record(actor, KeyWithdrawn(account=actor.account), subject=f"account:{actor.account}",
                          party=actor.party)


def begin_administrators(who: Who, *, founders: Mapping[Duty, Founder]) -> dict[Duty, str]:
    """Ask three people to become the first administrators; returns a one-time secret for each, valid for a day.

    Beginning again voids what was begun before; once there are administrators it is refused.
    """
    named = list(founders.values())
    if set(founders) != set(Duty) or min(len({each.login for each in named}), len({each.name for each in named})) < 3:
        raise FoundersNotApart
    hours = parameters.value("identity.founding_hours", clock.today())
    made = {duty: secrets.token_urlsafe(15) for duty in Duty}
    with database.atomic():
        _lock_founding()
        if any(kind_of(each.login) for each in named):
            raise LoginTaken
        latest = database.row("select coalesce(max(round), 0) + 1 from identity_founder")
        number = int(latest[0]) if latest else 1
        for duty, each in founders.items():
            database.execute(
                "insert into identity_founder (round, duty, login, name, secret_hash, password, expires_at) "
                "values (%s, %s, %s, %s, %s, '', kernel_now() + %s)",
                [number, duty, each.login, each.name, token_hash(made[duty]), timedelta(hours=hours)])
        events.record(who, AdministratorsBegun(round=number), subject="administrators")
    return made


def confirm_administrator(who: Who, *, login: str, secret: str, password: str) -> bool:
    """One of the three confirms with a password of their own; returns whether that made the administrators."""
    length = parameters.value("identity.password_length", clock.today())
    if len(password) < length:
        raise PasswordTooShort(length=length)
    with database.atomic():
        _lock_founding()
        found = database.row(
            "select id, round, duty, secret_hash from identity_founder where login = %s and confirmed_at is null "
            "and expires_at > kernel_now() and round = (select max(round) from identity_founder)", [login])
        if found is None or not hmac.compare_digest(found[3], token_hash(secret)):
            raise SecretNotValid
        key, number, duty, _hash = found
        database.execute("update identity_founder set password = %s, secret_hash = '', confirmed_at = kernel_now() "
                         "where id = %s", [make_password(password), key])
        events.record(who, AdministratorConfirmed(round=number, duty=duty), subject="administrators")
        ready = database.rows("select duty, login, name, password from identity_founder where round = %s "
                              "and confirmed_at is not null order by id", [number])
        if len(ready) < len(Duty):
            return False
        for each, account_name, name, encoded in ready:
            account = open_account(who, kind=ActorKind.OFFICER, login=account_name, password="", name=name, encoded=encoded)
            database.execute("insert into identity_administrator (account_id, duty) values (%s, %s)", [account, each])
            events.record(who, AdministratorMade(account=account, duty=each), subject=f"account:{account}")
        database.execute("update identity_founder set password = '' where round = %s", [number])
    return True


def propose_staff(actor: Actor, *, login: str, name: str, authority: int, role: Role) -> int:
    """The system administrator proposes a post for someone, new or known; returns the proposal."""
    _require_duty(actor, Duty.SYSTEM)
    hours = parameters.value("identity.founding_hours", clock.today())
    with database.atomic():
        found = database.row(
            "insert into identity_proposal (login, name, role, authority_id, proposed_by_id, expires_at) "
            "values (%s, %s, %s, %s, %s, kernel_now() + %s) returning id",
            [login, name, role, authority, actor.account, timedelta(hours=hours)])
        key = int(found[0]) if found else 0
        events.record(actor, StaffProposed(proposal=key, authority=authority, role=role), subject=f"proposal:{key}",
                      authority=authority)
    return key


def confirm_staff(actor: Actor, *, login: str) -> str:
    """The security administrator confirms what waits for an account name; returns a first password for a new account."""
    _require_duty(actor, Duty.SECURITY)
    with database.atomic():
        waiting = database.rows(
            "select id, name, authority_id, role from identity_proposal where login = %s and confirmed_at is null "
            "and expires_at > kernel_now() order by id for update", [login])
        if not waiting:
            raise ProposalNotFound
        known = database.row("select id, kind from identity_account where login = %s", [login])
        if known and known[1] != ActorKind.OFFICER:
            raise LoginTaken
        password = "" if known else secrets.token_urlsafe(12)
        account = int(known[0]) if known else open_account(actor, kind=ActorKind.OFFICER, login=login, password=password,
                                                           name=waiting[0][1])
        for key, _name, authority, role in waiting:
            give_post(actor, account=account, authority=authority, role=Role(role), valid_from=clock.today())
            database.execute("update identity_proposal set confirmed_at = kernel_now() where id = %s", [key])
            events.record(actor, StaffConfirmed(proposal=key, account=account), subject=f"proposal:{key}",
                          authority=authority)
    return password


def _require_duty(actor: Actor, duty: Duty) -> None:
    if duty_of(actor.account) is not duty:
        raise DutyMissing


def _lock_founding() -> None:
    """One founding step at a time, and none once there are administrators."""
    database.row("select pg_advisory_xact_lock(hashtext('identity_founder'))")
    if database.row("select 1 from identity_administrator limit 1"):
        raise AdministratorsExist
