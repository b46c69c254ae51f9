"""Two accounts with one credential: an officer decides whether they are one person's (IDN-13); and the day's figures."""

from tongban.identity.errors import ConflictDecided, OwnConflict
from tongban.identity.events import AccountBlocked, AccountsMerged, PeopleCounted
from tongban.identity.queries import conflict
from tongban.identity.types import Actor, BlockReason
from tongban.kernel import database, events
from tongban.kernel.types import Who


def merge_accounts(actor: Actor, *, key: int) -> int:
    """Both are one person's: the later account goes on with the earlier party; returns that party.

    Nothing moves in the log: what happened to the later party stays under its key, and both sign-ins see it.
    """
    with database.atomic():
        _check_own(actor, key)
        found = database.row("select identity_merge(%s)", [key])
        if found is None or found[0] is None:
            raise ConflictDecided
        kept, merged = int(found[0][0]), int(found[0][1])
        events.record(actor, AccountsMerged(kept=kept, merged=merged), subject=f"party:{kept}", party=kept)
    return kept


def refuse_merge(actor: Actor, *, key: int, reason: BlockReason) -> None:
    """They are not one person's: the later account is closed until its holder comes to a counter with the card."""
    with database.atomic():
        _check_own(actor, key)
        found = database.row("select identity_refuse_merge(%s, %s)", [key, reason])
        if found is None or found[0] is None:
            raise ConflictDecided
        events.record(actor, AccountBlocked(party=int(found[0]), reason=reason), subject=f"party:{found[0]}", party=int(found[0]))


def count_people(who: Who) -> int:
    """Write the figures of every day since the last one written, one row a day (IDN-15); returns how many days.

    Visits are sign-ins of people; how many were registered is what stands when the row is written.
    """
    with database.atomic():
        added = database.execute(
            "insert into identity_day (day, registered, real_name, visits) "
            "select d::date, (select count(*) from identity_account where kind = 'CITIZEN' and active), "
            "(select count(*) from identity_person p join identity_party y on y.id = p.party_id "
            " where p.proofing >= 2 and y.merged_into_id is null), "
            "(select count(*) from identity_session s join identity_account a on a.id = s.account_id where a.kind = 'CITIZEN' "
            " and s.channel <> 'api' and (s.opened_at at time zone 'Asia/Shanghai')::date = d::date) "
            "from generate_series(greatest((select max(day) + 1 from identity_day), kernel_today() - 30, "
            "case when exists (select from identity_day) then null else kernel_today() - 1 end), "
            "kernel_today() - 1, interval '1 day') as d on conflict do nothing")
        if added:
            events.record(who, PeopleCounted(days=added), subject="people")
    return added


def _check_own(actor: Actor, key: int) -> None:
    found = conflict(key)
    if found is not None and ({found.party, found.holder} & set(actor.stakes) or found.raised_by == actor.account):
        raise OwnConflict
