"""Help at a counter: the person shows a code, the clerk acts for them, one at a time, until either ends it (HALL-08)."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from tongban.identity.actions.attempts import check_attempts, digest
from tongban.identity.errors import HelpCodeNotValid, HelpingAlready, HelpNotFound, HelpNotYours
from tongban.identity.events import HelpAsked, HelpEnded, HelpStarted
from tongban.identity.queries import party, token_hash
from tongban.identity.types import Actor, Role
from tongban.kernel import clock, database, disclosures, events, parameters
from tongban.kernel.errors import NotPermitted
from tongban.kernel.types import Who

LAST = 4


def ask_help(actor: Actor) -> str:
    """Show a person six figures that let one clerk help them; an earlier code no longer works. Returns the figures."""
    known = party(actor.party or 0)
    if known is None or actor.party is None:
        raise HelpNotFound
    code = f"{secrets.randbelow(10**6):06d}"
    today = clock.today()
    minutes = parameters.value("identity.help_code_minutes", today)
    idle = parameters.value("identity.help_idle_seconds", today)
    with database.atomic():
        database.execute("update identity_helping set ended_at = kernel_now(), code_hash = '' where principal_id = %s "
                         "and started_at is null and ended_at is null", [actor.party])
        found = database.row(
            "insert into identity_helping (principal_id, principal_name, code_hash, offered_until, session, idle) "
            "values (%s, %s, %s, kernel_now() + %s, '', %s) returning id",
            [actor.party, known.name, _hash(code, known.code[-LAST:]), timedelta(minutes=minutes), timedelta(seconds=idle)])
        key = int(found[0]) if found else 0
        events.record(actor, HelpAsked(helping=key), subject=f"help:{key}", party=actor.party)
    return code


def start_help(actor: Actor, *, token: str, code: str, last: str) -> str:
    """Begin to act for the person who read out this code and the last characters of their number; returns their name.

    A wrong code is counted, and after some this account may not try for a while. The person finds it among who looked.
    """
    place = next((post.authority for post in actor.posts if post.role is Role.RECEPTIONIST), None)
    if place is None:
        raise NotPermitted
    if actor.helping is not None:
        raise HelpingAlready
    about = digest(f"help:{actor.account}")
    check_attempts(about, about, known=True)
    hashed = _hash(code, last)
    database.execute("select set_config('app.invitation', %s, true)", [hashed])
    found = database.row(
        "select id, principal_id, principal_name from identity_helping where code_hash = %s and started_at is null "
        "and ended_at is null and offered_until > kernel_now() for update", [hashed])
    if found is None:
        database.execute("insert into identity_attempt (login_hash, address_hash, at) values (%s, %s, kernel_now())",
                         [about, about])
        raise HelpCodeNotValid
    key, principal, name = found
    if principal in actor.stakes:
        raise HelpNotYours
    clerk = replace(actor, acting_role=str(Role.RECEPTIONIST))
    with database.atomic():
        _end_left_over(actor)
        database.execute("update identity_helping set helper_id = %s, session = %s, started_at = kernel_now(), "
                         "last_seen_at = kernel_now(), code_hash = '' where id = %s", [actor.account, token_hash(token), key])
        disclosures.disclose(clerk, party=principal, fields=("matters",), reason="help", subject=f"help:{key}", authority=place)
        events.record(clerk, HelpStarted(helping=key, helper=actor.account), subject=f"help:{key}", party=principal)
    return str(name)


def end_help(actor: Actor, *, key: int) -> None:
    """End the help at once: the clerk who gives it, or the person who has it."""
    with database.atomic():
        found = database.row(
            "update identity_helping set ended_at = kernel_now(), code_hash = '' where id = %s and ended_at is null "
            "and (helper_id = %s or principal_id = %s) returning principal_id, helper_id, started_at is not null",
            [key, actor.account, actor.party])
        if found is None:
            raise HelpNotFound
        principal, helper, started = found
        if started:
            events.record(actor, HelpEnded(helping=key, helper=helper, idle=False), subject=f"help:{key}", party=principal)


def end_help_of(actor: Actor, parties: Sequence[int] | None) -> None:
    """Nobody helps these people any more, None for nobody at all, and no code of theirs leads to it."""
    with database.atomic():
        ended = database.rows(
            "update identity_helping set ended_at = kernel_now(), code_hash = '' where ended_at is null "
            "and (%(parties)s::bigint[] is null or principal_id = any(%(parties)s)) "
            "returning id, principal_id, helper_id, started_at is not null", {"parties": None if parties is None else list(parties)})
        events.record_all(actor, [
            events.Entry(happened=HelpEnded(helping=key, helper=helper, idle=False), subject=f"help:{key}", party=principal)
            for key, principal, helper, started in ended if started])


def end_idle_help(who: Who) -> int:
    """End the help in which nothing was done for a while; returns how many."""
    return _end(who, "last_seen_at <= kernel_now() - idle", [])


def _end_left_over(actor: Actor) -> None:
    """Close what the same clerk let run out, so that its person is told; what still runs elsewhere is theirs to end first."""
    _end(actor, "helper_id = %s and last_seen_at <= kernel_now() - idle", [actor.account])
    if database.row("select 1 from identity_helping where helper_id = %s and started_at is not null and ended_at is null",
                    [actor.account]):
        raise HelpingAlready


def _end(who: Who, where: str, values: list[int]) -> int:
    with database.atomic():
        ended = database.rows("update identity_helping set ended_at = kernel_now() where ended_at is null and started_at is not null "
                              f"and {where} returning id, principal_id, helper_id", values)
        events.record_all(who, [
            events.Entry(happened=HelpEnded(helping=key, helper=helper, idle=True), subject=f"help:{key}", party=principal)
            for key, principal, helper in ended])
    return len(ended)


def _hash(code: str, last: str) -> str:
    return token_hash(f"help:{''.join(code.split())}:{last.strip().upper()}")
