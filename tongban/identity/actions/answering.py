"""Naming who answers for this node, for what it keeps, and above it: said by one administrator, agreed by another.

Nothing is written over: a new name counts from its day on, and whoever answered before stays on record (SEC-03).
"""

import re
from collections.abc import Sequence
from datetime import timedelta

import msgspec
from psycopg.types.json import Jsonb

from tongban.identity.access import require_duty
from tongban.identity.errors import AccountUnknown, NamingNotValid, ResponsibleNotProposed
from tongban.identity.events import ResponsibleConfirmed, ResponsibleMadeUp, ResponsibleProposed
from tongban.identity.types import Actor, Charge, Duty, Named
from tongban.kernel import clock, database, events, parameters
from tongban.kernel.types import Text, Who

LINE = re.compile(r"\+?[0-9][0-9 -]{2,18}")
NAMED = """
insert into identity_responsibility (charge, name, unit, person, post, line, account_id, effective_from, sample, proposed_by_id,
  expires_at, confirmed_at)
values (%(charge)s, %(name)s, %(unit)s, %(person)s, %(post)s, %(line)s, %(account)s, %(since)s, %(sample)s, %(by)s, %(until)s,
  case when %(sample)s then kernel_now() end) returning id
"""


def propose_responsible(actor: Actor, *, named: Sequence[Named]) -> list[int]:
    """The system administrator names who is to answer for what; returns the keys of what waits for the other one."""
    require_duty(actor, Duty.SYSTEM)
    today = clock.today()
    until = clock.now() + timedelta(hours=parameters.value("identity.founding_hours", today))
    keys = []
    with database.atomic():
        for each in named:
            _check(each)
            if each.since and each.since < today:
                raise NamingNotValid(why="nobody answers for what lies behind: the day is today or later")
            keys.append(_write(each, {"account": _account(each.login), "since": each.since or today, "sample": False,
                                      "by": actor.account, "until": until}))
        events.record_all(actor, [events.Entry(happened=ResponsibleProposed(responsibility=key, charge=each.charge),
                                               subject=f"responsible:{each.charge}")
                                  for key, each in zip(keys, named, strict=True)])
    return keys


def confirm_responsible(actor: Actor, *, keys: Sequence[int]) -> list[Charge]:
    """The security administrator agrees to those they read, all or none."""
    require_duty(actor, Duty.SECURITY)
    with database.atomic():
        found = database.rows(
            "update identity_responsibility set confirmed_by_id = %s, confirmed_at = kernel_now() where id = any(%s) "
            "and confirmed_at is null and expires_at > kernel_now() returning id, charge", [actor.account, list(keys)])
        if not keys or len(found) < len(set(keys)):
            raise ResponsibleNotProposed
        events.record_all(actor, [events.Entry(happened=ResponsibleConfirmed(responsibility=key, charge=charge),
                                               subject=f"responsible:{charge}") for key, charge in sorted(found)])
    return [Charge(charge) for _key, charge in sorted(found)]


def name_sample_responsible(who: Who, *, named: Named) -> None:
    """Name somebody invented for a trial, where nobody was named yet; pages and checks say that it is a sample."""
    _check(named)
    with database.atomic():
        if database.row("select 1 from identity_responsibility where charge = %s", [named.charge]):
            return
        key = _write(named, {"account": None, "since": named.since or clock.today(), "sample": True, "by": None, "until": None})
        events.record(who, ResponsibleMadeUp(responsibility=key, charge=named.charge), subject=f"responsible:{named.charge}")


def _check(named: Named) -> None:
    for text in (named.unit, named.person, named.post, *([named.name] if named.name else [])):
        if not (text.zh.strip() and text.en.strip()) or max(len(text.zh), len(text.en)) > 120:
            raise NamingNotValid(why="unit, person and post are written in both languages, at most 120 characters each")
    if (named.name is not None) is not (named.charge in (Charge.SUPERIOR, Charge.NODE)):
        raise NamingNotValid(why="a node has a name of its own, a data set has none")
    if not LINE.fullmatch(named.line):
        raise NamingNotValid(why="the line on duty is a telephone number")


def _account(login: str) -> int | None:
    """The account of staff of whoever is named, where they have one."""
    if not login:
        return None
    found = database.row("select id from identity_account where login = %s and kind = 'OFFICER' and active", [login])
    if found is None:
        raise AccountUnknown
    return int(found[0])


def _write(named: Named, more: dict[str, object]) -> int:
    """Enter a row; returns its key."""
    def written(text: Text | None) -> Jsonb | None:
        return Jsonb(msgspec.to_builtins(text)) if text else None

    made = database.row(NAMED, {"charge": named.charge, "name": written(named.name), "unit": written(named.unit),
                                "person": written(named.person), "post": written(named.post), "line": named.line, **more})
    return int(made[0]) if made else 0
