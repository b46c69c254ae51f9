"""Saying which person a member of staff is outside the office (threat 4: nobody decides what is their own)."""

from tongban.identity.actions.proofing import checked_number
from tongban.identity.errors import StaffIdentityTaken
from tongban.identity.events import StaffIdentified
from tongban.identity.queries import party_by_id_number
from tongban.identity.rules import RESIDENT
from tongban.kernel import database, events, vault
from tongban.kernel.types import Who


def identify_staff(who: Who, *, account: int, number: str) -> None:
    """Tie an account of staff to the person with this number, known here already or only later; one account a person."""
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
            return
        database.execute("insert into identity_staff (account_id, id_number, id_number_index) values (%s, %s, %s)",
                         [account, vault.seal("identity_staff", "id_number", account, number), vault.sole_index("id_number", number)])
        database.execute("update identity_account set party_id = %s where id = %s and party_id is null and kind = 'OFFICER'",
                         [party_by_id_number(number), account])
        events.record(who, StaffIdentified(account=account), subject=f"account:{account}")
