"""Proving who one is; wrong tries are counted by name and place together."""

from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password

from tongban.identity.actions.attempts import GATE, check_attempts, check_place, digest, note_place
from tongban.identity.actions.passwords import check_new_password
from tongban.identity.actions.sessions import close_open, open_session
from tongban.identity.errors import (
    PasswordNotYours,
    PasswordUnchanged,
    TooManyGuesses,
    WrongCredentials,
)
from tongban.identity.events import LookUpFailed, PasswordChanged, SignInFailed
from tongban.identity.queries import login_of, party
from tongban.identity.types import Actor, Strength
from tongban.kernel import clock, database, events, parameters
from tongban.kernel.types import Channel

LOOK_UPS, SIGN_INS = "look-ups:any", "sign-ins:any"
UNKNOWN_PASSWORD = make_password("no account has this password")


def sign_in(*, login: str, password: str, address: str, device: str = "", channel: Channel = Channel.WEB,
            browser: str = "", given: str = "") -> str:
    """Open a session of one factor and return its token; refuses alike for a wrong name and a wrong password.

    Failures are counted by name and place together, so that nobody can lock out someone else (IDN-16). The place is
    the address, or the `device` where this name was signed in before: others behind the address do not count there.
    A name counts as the one it leads to: a phone written in another way is the same name. One place may also not try
    many names, except where each is known.
    `given`: what the browser is given with the answer, to be known by from now on.
    """
    login_digest = digest(login_of(login))
    address_digest = digest(f"device:{device}" if device else address)
    check_attempts(login_digest, address_digest, known=bool(device))
    if not device:
        today = clock.today()
        check_place(SIGN_INS, address, most=parameters.value("identity.address_failures", today),
                    minutes=parameters.value("identity.lockout_minutes", today))
    found = database.row("select id, password, kind from identity_account where login = %s and active", [login_of(login)])
    matches = check_password(password, found[1] if found else UNKNOWN_PASSWORD)
    if found is None or not matches:
        with database.atomic():
            database.execute("insert into identity_attempt (login_hash, address_hash, at) "
                             "values (%s, %s, kernel_now())", [login_digest, address_digest])
            if not device:
                note_place(SIGN_INS, address)
            events.record(GATE, SignInFailed(known=found is not None), subject="sign-in")
        raise WrongCredentials
    return open_session(account=found[0], channel=channel, browser=browser, strength=Strength.S1, device=given)


def check_look_up(*, number: str, address: str) -> None:
    """Refuse to look up a case by its code after a few wrong codes for it from here, or many from here for any case.

    Case numbers can be guessed: only very many wrong codes from everywhere keep out the one who holds the right one.
    Whoever is signed in as the applicant needs no code and is not held up.
    """
    today = clock.today()
    minutes = parameters.value("identity.lockout_minutes", today)
    found = database.row(
        "select count(*) filter (where login_hash = %(case)s), count(*) filter (where login_hash = %(case)s and address_hash = "
        "%(here)s), count(*) filter (where login_hash = %(any)s and address_hash = %(here)s) "
        "from identity_attempt where login_hash in (%(case)s, %(any)s) and at > kernel_now() - %(lately)s",
        {"case": digest(f"look-up:{number}"), "any": digest(LOOK_UPS), "here": digest(address), "lately": timedelta(minutes=minutes)})
    of_case, of_case_here, from_here = found or (0, 0, 0)
    if (of_case_here >= parameters.value("identity.lockout_failures", today)
            or of_case >= parameters.value("identity.address_failures", today)
            or from_here >= parameters.value("identity.login_failures", today)):
        raise TooManyGuesses(minutes=minutes)


def note_wrong_look_up(*, number: str, address: str) -> None:
    """Count a wrong code against the case and against the address."""
    with database.atomic():
        database.execute("insert into identity_attempt (login_hash, address_hash, at) "
                         "select about, %s, kernel_now() from unnest(%s::text[]) as about",
                         [digest(address), [digest(f"look-up:{number}"), digest(LOOK_UPS)]])
        events.record(GATE, LookUpFailed(), subject="look-up")


def prove_password(actor: Actor, *, present: str, address: str) -> None:
    """Refuse whoever does not know the password of the session's account; wrong guesses count like failed sign-ins."""
    about, place = digest(f"password:{actor.account}"), digest(f"address:{address}")
    check_attempts(about, place, known=True)
    found = database.row("select password from identity_account where id = %s", [actor.account])
    if found is None or not check_password(present, found[0]):
        database.execute("insert into identity_attempt (login_hash, address_hash, at) values (%s, %s, kernel_now())",
                         [about, place])
        raise PasswordNotYours


def change_password(actor: Actor, *, present: str, new: str, address: str, keep: str) -> None:
    """Change one's own password; whoever else was signed in, and every key given out, has to come again.

    Wrong guesses count like failed sign-ins here (T28): a session left open is no way to try passwords.
    """
    known = party(actor.party or 0)
    check_new_password(new, about=(known.name, known.phone) if known else ())
    prove_password(actor, present=present, address=address)
    if present == new:
        raise PasswordUnchanged
    hashed = make_password(new)
    with database.atomic():
        database.execute("select identity_set_password(%s)", [hashed])
        close_open(actor.account, keep=keep)
        events.record(actor, PasswordChanged(account=actor.account), subject=f"account:{actor.account}", party=actor.party)
