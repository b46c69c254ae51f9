"""Wrong tries: counted and paused so that nobody locks out someone else (IDN-16)."""

from datetime import timedelta

from tongban.identity.errors import TooManyAttempts, TriedEverywhere
from tongban.kernel import clock, database, parameters, vault
from tongban.kernel.types import System

GATE = System(name="sign-in")


def check_attempts(login_digest: str, address_digest: str, *, known: bool) -> None:
    """Pause this name at this place after a few failures; after many from everywhere, slow it where it is unknown.

    One try at a time, so that many at once are not counted as one.
    """
    database.row("select pg_advisory_xact_lock(hashtext('identity_try:' || %s || %s))", [login_digest, address_digest])
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


def check_place(what: str, address: str, *, most: int, minutes: int) -> None:
    """Refuse a place from which this was tried too often lately, whatever name was given each time."""
    found = database.row("select count(*) from identity_attempt where login_hash = %s and address_hash = %s "
                         "and at > kernel_now() - %s", [digest(what), digest(address), timedelta(minutes=minutes)])
    if found and found[0] >= most:
        raise TooManyAttempts(minutes=minutes)


def note_place(what: str, address: str) -> None:
    """Count one more of this from a place."""
    database.execute("insert into identity_attempt (login_hash, address_hash, at) values (%s, %s, kernel_now())",
                     [digest(what), digest(address)])


def digest(value: str) -> str:
    """What is counted by; under a key, because people type their numbers where a name is asked for."""
    return vault.token("identity.attempt", value.strip().lower())
