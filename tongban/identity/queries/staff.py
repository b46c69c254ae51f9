"""Members of staff: their names, their posts, the administrators."""

from collections.abc import Iterable
from functools import lru_cache

from tongban.identity.types import Duty, Role
from tongban.kernel import database
from tongban.kernel.types import Text


def staff_names(accounts: list[int], language: str = "zh") -> dict[int, str]:
    """Names of members of staff by account: as case records have them, or as the head of a page has them in a language."""
    found = database.rows("select id, display, display_en from identity_account where id = any(%s) and kind = 'OFFICER'", [accounts])
    return {account: Text(zh=display, en=display_en).in_(language) for account, display, display_en in found}


def is_one_person(account: int, other: int) -> bool:
    """Are these accounts one, or of one person?"""
    return account == other or database.row("select 1 from identity_account a join identity_account b on b.party_id = a.party_id "
                                            "where a.id = %s and b.id = %s", [account, other]) is not None


def staff_at(authority: int, accounts: list[int], roles: Iterable[Role]) -> dict[int, str]:
    """Names of those among the accounts who hold one of the posts at the authority today."""
    found = database.rows(
        "select a.id, a.display from identity_account a where a.id = any(%s) and a.kind = 'OFFICER' and a.active "
        "and exists (select from identity_post p where p.account_id = a.id and p.authority_id = %s and p.role = any(%s) "
        "and p.valid_from <= kernel_today() and (p.valid_to is null or p.valid_to >= kernel_today()))",
        [accounts, authority, [str(role) for role in roles]])
    return dict(found)


def posted_at(authority: int, roles: Iterable[Role]) -> dict[int, str]:
    """Names of everybody who holds one of the posts at the authority today, by account."""
    found = database.planned_rows(
        "select a.id, a.display from identity_post p join identity_account a on a.id = p.account_id where p.authority_id = %s "
        "and p.role = any(%s) and p.valid_from <= kernel_today() and (p.valid_to is null or p.valid_to >= kernel_today()) "
        "and a.kind = 'OFFICER' and a.active order by a.display, a.id", [authority, [str(role) for role in roles]])
    return dict(found)


def duty_of(account: int) -> Duty | None:
    """Which of the three administrators an account is; the worker's login may ask."""
    found = database.row("select duty from identity_administrator d join identity_account a on a.id = d.account_id "
                         "where d.account_id = %s and a.active", [account])
    return Duty(found[0]) if found else None


@lru_cache(maxsize=1)
def holds_samples() -> bool:
    """Are there sample accounts? Asked once a process: samples come only before anybody is served."""
    return database.row("select 1 from identity_account where sample limit 1") is not None


def is_trial() -> bool:
    """Are there samples and no administrators? Only then one hand may give posts; the worker's login may ask."""
    return database.row("select 1 where exists (select from identity_account where sample) "
                        "and not exists (select from identity_administrator)") is not None
