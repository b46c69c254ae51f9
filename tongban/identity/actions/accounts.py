"""Letting someone sign in, and giving staff their posts."""

from datetime import date

from django.contrib.auth.hashers import make_password

from tongban.identity.errors import AdministratorHoldsNoPost
from tongban.identity.events import AccountOpened, PostGiven
from tongban.identity.types import ActorKind, Proofing, Role
from tongban.kernel import database, events
from tongban.kernel.codes import mask_name
from tongban.kernel.types import Who


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
    """Let a member of staff hold a role at an authority, for the first time or again (IDN-14)."""
    with database.atomic():
        given = database.execute(
            "insert into identity_post (account_id, authority_id, role, valid_from, valid_to) "
            "select %s, %s, %s, %s, %s where not exists (select 1 from identity_administrator where account_id = %s) "
            "on conflict (account_id, authority_id, role) do update set valid_from = excluded.valid_from, "
            "valid_to = excluded.valid_to where identity_post.valid_to < kernel_today()",
            [account, authority, role, valid_from, valid_to, account])
        if not given:
            raise AdministratorHoldsNoPost
        events.record(who, PostGiven(account=account, authority=authority, role=role), subject=f"account:{account}",
                      authority=authority)
