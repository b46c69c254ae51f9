"""Saying which person a member of staff is outside the office (threat 4: nobody decides what is their own)."""

from datetime import timedelta

from tongban.identity.access import require_duty
from tongban.identity.actions.proofing import checked_number
from tongban.identity.errors import StaffIdentityTaken, StaffNotTied, StaffTakenBack, UntyingNotProposed
from tongban.identity.events import StaffDoubted, StaffIdentified, StaffUntied
from tongban.identity.queries import party_by_id_number
from tongban.identity.rules import RESIDENT
from tongban.identity.types import Actor, Duty
from tongban.kernel import clock, database, events, parameters, vault
from tongban.kernel.types import Who


def identify_staff(who: Who, *, account: int, number: str, brought_by: str = "") -> None:
    """Tie an account of staff to the person with this number, known here already or only later; one account a person.

    `brought_by`: the provisioning system that said so; two administrators who say it too, or took it back, have the last
    word.
    """
    number = checked_number(RESIDENT, number)
    indexes = vault.indexes("id_number", number)
    with database.atomic():
        database.row("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [indexes[0]])
        held = {tuple(row) for row in database.rows(
            "select account_id, id_number_index = any(%s) from identity_staff where account_id = %s or id_number_index = any(%s)",
            [indexes, account, indexes])}
        if held - {(account, True)}:
            raise StaffIdentityTaken
        if held:
            if not brought_by:
                database.execute("update identity_staff set brought_by = '' where account_id = %s", [account])
            return
        if brought_by and database.row("select 1 from identity_staff_taken_back where number_hash = %s",
                                       [_number_hash(account, number)]):
            raise StaffTakenBack
        database.execute(
            "insert into identity_staff (account_id, id_number, id_number_index, brought_by) values (%s, %s, %s, %s)",
            [account, vault.seal("identity_staff", "id_number", account, number), vault.sole_index("id_number", number), brought_by])
        database.execute("update identity_account set party_id = %s where id = %s and party_id is null and kind = 'OFFICER'",
                         [party_by_id_number(number), account])
        events.record(who, StaffIdentified(account=account), subject=f"account:{account}")


def doubt_staff(actor: Actor, *, login: str) -> None:
    """The system administrator proposes to take back which person holds an account of staff, as it was said wrongly."""
    require_duty(actor, Duty.SYSTEM)
    hours = parameters.value("identity.founding_hours", clock.today())
    with database.atomic():
        found = database.row(
            "update identity_staff s set doubted_by_id = %s, doubted_until = kernel_now() + %s from identity_account a "
            "where a.id = s.account_id and a.login = %s and a.id <> %s returning a.id",
            [actor.account, timedelta(hours=hours), login, actor.account])
        if found is None:
            raise StaffNotTied
        events.record(actor, StaffDoubted(account=found[0]), subject=f"account:{found[0]}")


def untie_staff(actor: Actor, *, login: str) -> None:
    """The security administrator agrees: the account is nobody's in particular again, until two say whose it is."""
    require_duty(actor, Duty.SECURITY)
    with database.atomic():
        found = database.row(
            "delete from identity_staff s using identity_account a where a.id = s.account_id and a.login = %s and a.id <> %s "
            "and s.doubted_until > kernel_now() returning a.id, a.party_id, s.id_number", [login, actor.account])
        if found is None:
            raise UntyingNotProposed
        account, party, sealed = found
        database.execute(
            "insert into identity_staff_taken_back (number_hash, account_id) values (%s, %s) on conflict do nothing",
            [_number_hash(account, vault.unseal("identity_staff", "id_number", account, sealed)), account])
        _let_go(actor, account, party)


def put_staff_right(who: Who, *, account: int, number: str, brought_by: str) -> None:
    """Take back whom a provisioning system itself said to hold an account, unless it says the same again."""
    gone = database.row(
        "delete from identity_staff s using identity_account a where a.id = s.account_id and a.id = %s and s.brought_by = %s "
        "and s.id_number_index <> all(%s) returning a.party_id",
        [account, brought_by, vault.indexes("id_number", checked_number(RESIDENT, number))])
    if gone:
        _let_go(who, account, gone[0])


def forget_staff(who: Who, *, account: int) -> None:
    """Whoever said whose it was: an account that was closed for good is nobody's any more."""
    gone = database.row("delete from identity_staff s using identity_account a where a.id = s.account_id and a.id = %s "
                        "returning a.party_id", [account])
    if gone:
        _let_go(who, account, gone[0])


def _let_go(who: Who, account: int, party: int | None) -> None:
    database.execute("update identity_account set party_id = null where id = %s and kind = 'OFFICER'", [account])
    events.record(who, StaffUntied(account=account), subject=f"account:{account}", party=party)


def _number_hash(account: int, number: str) -> str:
    return vault.token("staff", f"{account}:{number}")
