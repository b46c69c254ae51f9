"""Queues that officers save for themselves."""

import msgspec
from psycopg.types.json import Jsonb

from tongban.cases.errors import Incomplete, TooManyViews, ViewNotFound
from tongban.cases.events import ViewRemoved, ViewSaved
from tongban.cases.rules import MOST_VIEWS, check_view_name
from tongban.cases.types import Wanted
from tongban.identity.types import Actor
from tongban.kernel import database, events


def save_view(actor: Actor, *, name: str, wanted: Wanted) -> int:
    """Keep a queue under a name; what was kept under that name before gives way. Returns its key."""
    problems = check_view_name(name.strip())
    if problems:
        raise Incomplete(problems)
    with database.atomic():
        found = database.row(
            "insert into cases_view (account_id, name, wanted) select %(account)s, %(name)s, %(wanted)s "
            "where exists (select from cases_view where account_id = %(account)s and name = %(name)s) "
            "or (select count(*) from cases_view where account_id = %(account)s) < %(most)s "
            "on conflict (account_id, name) do update set wanted = excluded.wanted returning id",
            {"account": actor.account, "name": name.strip(), "wanted": Jsonb(msgspec.to_builtins(wanted)),
             "most": MOST_VIEWS})
        if found is None:
            raise TooManyViews(most=MOST_VIEWS)
        events.record(actor, ViewSaved(view=found[0]), subject=f"account:{actor.account}")
    return int(found[0])


def remove_view(actor: Actor, *, key: int) -> None:
    """Forget one of the actor's own saved queues."""
    with database.atomic():
        if not database.execute("delete from cases_view where id = %s and account_id = %s", [key, actor.account]):
            raise ViewNotFound
        events.record(actor, ViewRemoved(view=key), subject=f"account:{actor.account}")
