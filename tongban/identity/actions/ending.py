"""An administrator signs people out: of a breach, or of somebody who cannot do it themselves."""

from tongban.identity.access import require_duty
from tongban.identity.actions.helping import end_help_of
from tongban.identity.errors import AccountUnknown
from tongban.identity.events import SessionsClosed
from tongban.identity.queries import login_of
from tongban.identity.types import Actor, Duty
from tongban.kernel import clock, database, events

AT_ONCE = 5000
END = """
with open as (
  select token_hash from identity_session where closed_at is null and opened_at <= %(now)s
  and (%(accounts)s::bigint[] is null or account_id = any(%(accounts)s)) order by account_id, token_hash limit %(most)s for update),
ended as (
  update identity_session s set closed_at = kernel_now() from open o where s.token_hash = o.token_hash
  returning s.account_id, s.expires_at > kernel_now() and s.last_seen_at + s.idle > kernel_now() as live)
select a.id, case when a.kind = 'CITIZEN' then a.party_id end, count(*) filter (where e.live)
from ended e join identity_account a on a.id = e.account_id group by a.id order by a.id
"""
"""Sessions that ran out are closed as well, as other systems may still rest on them; they are not counted.

A member of staff is told nothing at home of what ended at work.
"""
UNUSED = """
update identity_pairing set allowed = false
where allowed and used_at is null and (%(accounts)s::bigint[] is null or account_id = any(%(accounts)s))
"""
PROOFS = "delete from identity_proofing_code where %(parties)s::bigint[] is null or party_id = any(%(parties)s)"


def end_sessions(actor: Actor, *, login: str | None = None, account: int | None = None) -> int:
    """The security administrator ends every session and key of programs of a person, or without a name of everybody.

    Of a citizen the other accounts that are theirs too. Help at a counter ends, and codes shown there are void. Sessions come
    first, so that nobody lets a computer in by one; then computers that were let in and have not come back; then sessions once
    more: those opened by what began before. Returns how many were in use.
    """
    require_duty(actor, Duty.SECURITY)
    accounts, parties = (None, None) if login is None and account is None else _whose(login, account)
    ended = _end_open(actor, accounts)
    with database.atomic():
        database.execute(UNUSED, {"accounts": accounts})
        database.execute(PROOFS, {"parties": parties})
        end_help_of(actor, parties)
    return ended + _end_open(actor, accounts)


def _whose(login: str | None, account: int | None) -> tuple[list[int], list[int]]:
    """The accounts of whoever holds this one, and their parties; of staff the one account."""
    found = database.rows(
        "select o.id, o.party_id from identity_account a join identity_account o "
        "on o.id = a.id or (a.kind = 'CITIZEN' and o.kind = 'CITIZEN' and o.party_id = a.party_id) "
        "where a.id = %s or a.login = %s", [account, login_of(login) if login is not None else None])
    if not found:
        raise AccountUnknown
    return [key for key, _ in found], [party for _, party in found if party is not None]


def _end_open(actor: Actor, accounts: list[int] | None) -> int:
    """End what is open now, some thousand at a time, so that a second call goes on where a first was stopped."""
    named, ended = {"accounts": accounts, "now": clock.now(), "most": AT_ONCE}, 0
    while True:
        with database.atomic():
            found = database.rows(END, named)
            events.record_all(actor, [events.Entry(happened=SessionsClosed(account=whose, count=count), subject=f"account:{whose}",
                                                   party=party) for whose, party, count in found])
        if not found:
            return ended
        ended += sum(int(count) for _, _, count in found)
