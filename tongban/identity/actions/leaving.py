"""Freezing one's account, closing it for good, and what is erased then."""

from tongban.identity.actions.helping import end_help_of
from tongban.identity.actions.mandates import end_all_mandates
from tongban.identity.actions.new_phones import stop_new_phone
from tongban.identity.actions.proofing import check_tries, checked_number, count_try
from tongban.identity.errors import NotFrozen
from tongban.identity.events import (
    AccountClosed,
    AccountFrozen,
    AccountUnfrozen,
    ContactErased,
    PersonErased,
    SourceUnlinked,
)
from tongban.identity.queries import has_account
from tongban.identity.rules import credential_text
from tongban.identity.types import Actor
from tongban.kernel import database, events, vault
from tongban.kernel.types import Who

ERASING = (
    """update identity_person set name = '', name_en = '', id_number = '', id_number_index = 'erased-' || party_id, phone = '',
  phone_index = 'erased-' || party_id, former_phone = '', address = '', email = '', sex = '', ethnicity = '', region = ''
where party_id = %(party)s""",
    """update identity_mandate set
  principal_name = case when principal_id = %(party)s or accepted_at is null then '' else principal_name end,
  agent_name = case when agent_id = %(party)s or accepted_at is null then '' else agent_name end
where principal_id = %(party)s or agent_id = %(party)s""",
    "update identity_helping set principal_name = '' where principal_id = %(party)s",
    """delete from identity_staff s using identity_account a
where a.id = s.account_id and a.party_id = %(party)s and not a.active""",
    "update identity_account set party_id = null where party_id = %(party)s and kind = 'OFFICER' and not active",
)
"""What stands in clear beside what the key of a party seals; of an invitation nobody took up, the name it was for too."""


def freeze_account(actor: Actor) -> None:
    """Let nobody sign in to one's own account and no key of it work, until it is unfrozen (IDN-16).

    Signing in is answered as if the password were wrong: a stranger learns nothing. A phone that a clerk entered never
    counts then, for the same clerk could let the account work again.
    """
    with database.atomic():
        if database.row("select identity_freeze()") == (True,):
            _end_ways_in(actor)
            end_help_of(actor, actor.own)
            stop_new_phone(actor)
            events.record(actor, AccountFrozen(account=actor.account), subject=f"account:{actor.account}", party=actor.party)


def unfreeze_at_counter(actor: Actor, *, name: str, kind: str, number: str) -> None:
    """A clerk saw the person and the card: let the frozen account of whoever they are work again; nothing ended comes back.

    Cards without a frozen account are counted against the clerk, whose own account somebody else lets work again.
    """
    desk = f"unfreezing-desk:{actor.account}"
    check_tries(desk)
    text = credential_text(kind, checked_number(kind, number))
    with database.atomic():
        found = database.rows("select identity_unfreeze(%s, %s, %s)", [vault.indexes("id_number", text), name, list(actor.stakes)])
        for ((account, party),) in found:
            events.record(actor, AccountUnfrozen(account=account), subject=f"account:{account}", party=party)
        if not found:
            count_try(desk)
    if not found:
        raise NotFrozen


def close_account(actor: Actor) -> None:
    """Close one's own account for good; the login name is free again, and nothing leads back.

    With the last account of a person every mandate ends, given or held.
    """
    with database.atomic():
        if database.row("select identity_close()") == (True,):
            _end_ways_in(actor)
            end_help_of(actor, actor.own)
            if not has_account(actor.party):
                end_all_mandates(actor)
            events.record(actor, AccountClosed(account=actor.account), subject=f"account:{actor.account}", party=actor.party)


def erase_contact(who: Who, *, party: int) -> None:
    """Erase what served to reach a person and no record needs; cases keep what was handed in with them."""
    with database.atomic():
        database.execute("delete from identity_new_phone where party_id = %s", [party])
        erased = database.execute("update identity_person set phone = '', phone_index = 'erased-' || party_id, former_phone = '', "
                                  "address = '', name_en = '' where party_id = %s and phone <> ''", [party])
        if erased:
            events.record(who, ContactErased(party=party), subject=f"party:{party}", party=party)


def erase_person(who: Who, *, party: int) -> None:
    """Erase a person whom no record needs any more; their key goes, and with it every copy of what it sealed."""
    with database.atomic():
        for statement in ERASING:
            database.execute(statement, {"party": party})
        if vault.destroy_key(who, party=party):
            events.record(who, PersonErased(party=party), subject=f"party:{party}", party=party)


def _end_ways_in(actor: Actor) -> None:
    database.execute("update identity_session set closed_at = kernel_now() where account_id = %s and closed_at is null",
                     [actor.account])
    links = database.rows("update identity_link set ended_at = kernel_now() where account_id = %s and ended_at is null "
                          "returning id, source_id", [actor.account])
    events.record_all(actor, [events.Entry(happened=SourceUnlinked(link=link, source=source), subject=f"account:{actor.account}",
                                           party=actor.party) for link, source in links])
