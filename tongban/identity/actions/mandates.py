"""The right to act for someone: offered or asked for, taken up by the other on their own sign-in, ended at once (IDN-10, IDN-11)."""

import secrets
from datetime import timedelta

from tongban.identity.errors import (
    InvitationNotValid,
    MandateNotFound,
    MandateTooLong,
    MandateToOneself,
    NotTheRepresentative,
    TooManyPrincipals,
)
from tongban.identity.events import AgentAppointed, AgentEnded, MandateEnded, MandateGiven, MandateOffered
from tongban.identity.queries import mandates, party, represents
from tongban.identity.queries.mandates import MandateRow
from tongban.identity.types import Actor, Terms
from tongban.kernel import clock, database, events, ids, parameters

CODE_LENGTH = 8


def offer_mandate(actor: Actor, *, principal: int, name: str, phone: str, terms: Terms) -> str:
    """Let someone act for oneself, or for the firm one represents, once they accept; returns the code they need, shown once.

    A mandate of a person begins as soon as it is taken up, that of a firm on the day it names.
    """
    if principal != actor.party and not represents(actor.party or 0, principal):
        raise NotTheRepresentative
    return _invite(actor, principal=principal, agent=None, name=name, phone=phone, terms=terms)


def ask_mandate(actor: Actor, *, name: str, phone: str, terms: Terms) -> str:
    """Ask a person to let one act for them; returns the code they need, shown once."""
    return _invite(actor, principal=None, agent=actor.party, name=name, phone=phone, terms=terms)


def accept_mandate(actor: Actor, *, code: str) -> str:
    """Take up what waits under a code, as the person it is for; returns the key of the mandate, which is now in force."""
    with database.atomic():
        found = mandates.invitation(actor, code)
        if found is None or actor.party is None:
            raise InvitationNotValid
        if actor.party in (found.principal, found.agent) or (found.firm and found.principal in actor.entities):
            raise MandateToOneself
        agent, principal = found.agent or actor.party, found.principal or actor.party
        if not found.firm:
            _check_room(agent, principal)
        database.execute("update identity_mandate set agent_id = %s, principal_id = %s, accepted_at = kernel_now(), "
                         "code_hash = '' where id = %s", [agent, principal, found.id])
        events.record(actor, _given(found, agent, principal), subject=f"party:{principal}", party=principal)
    return found.key


def end_mandate(actor: Actor, *, key: str) -> None:
    """End a mandate at once, or take back an invitation: whoever gave it, and whoever holds it."""
    with database.atomic():
        found = mandates.mandate(key)
        sides = () if found is None else (found.agent, found.principal)
        if found is None or not (set(sides) & set(actor.own) or (found.firm and represents(actor.party or 0, found.principal or 0))):
            raise MandateNotFound
        ended = database.execute("update identity_mandate set ended_at = kernel_now(), ended_by_id = %s, code_hash = '' "
                                 "where id = %s and ended_at is null", [actor.account, found.id])
        if ended:
            happened = (AgentEnded(mandate=found.id, agent=found.agent, entity=found.principal) if found.firm else
                        MandateEnded(mandate=found.id, agent=found.agent, principal=found.principal))
            events.record(actor, happened, subject=f"mandate:{found.id}", party=found.principal or found.agent)


def end_all_mandates(actor: Actor) -> None:
    """Whoever is gone acts for nobody, and nobody for them; what still waited to be taken up is void."""
    with database.atomic():
        ended = database.rows(
            "update identity_mandate set ended_at = kernel_now(), ended_by_id = %s, code_hash = '' where ended_at is null "
            "and valid_to >= kernel_today() and (principal_id = any(%s) or agent_id = any(%s)) "
            "returning id, agent_id, principal_id, firm", [actor.account, list(actor.own), list(actor.own)])
        for key, agent, principal, firm in ended:
            happened = (AgentEnded(mandate=key, agent=agent, entity=principal) if firm else
                        MandateEnded(mandate=key, agent=agent, principal=principal))
            events.record(actor, happened, subject=f"mandate:{key}", party=principal or agent)


def _invite(actor: Actor, *, principal: int | None, agent: int | None, name: str, phone: str, terms: Terms) -> str:
    today, firm = clock.today(), principal not in (None, actor.party)
    begins = terms.valid_from if firm else today
    days = parameters.value("identity.mandate_days", today)
    if begins < today or not timedelta(0) <= terms.valid_to - begins <= timedelta(days=days):
        raise MandateTooLong(days=days)
    own = party(principal or agent or 0)
    if own is None:
        raise MandateNotFound
    code = ids.spoken_code(secrets.token_bytes(CODE_LENGTH), CODE_LENGTH)
    open_for = timedelta(days=parameters.value("identity.invitation_days", today))
    with database.atomic():
        found = database.row(
            "insert into identity_mandate (key, principal_id, principal_name, agent_id, agent_name, firm, extent, items, "
            "valid_from, valid_to, started_by_id, phone_token, code_hash, offered_until) values "
            "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, kernel_now() + %s) returning id",
            [ids.public_id(), principal, own.name if principal else name, agent, name if principal else own.name,
             firm, int(terms.extent), " ".join(terms.items), begins, terms.valid_to,
             actor.account, mandates.phone_token(phone), mandates.code_hash(code), open_for])
        key = int(found[0]) if found else 0
        events.record(actor, MandateOffered(mandate=key, by_principal=principal is not None, firm=firm),
                      subject=f"mandate:{key}", party=principal or agent)
    return code


def _check_room(agent: int, principal: int) -> None:
    """Nobody acts for many people at a time: a family does not need it, and a trade in it is what the limit keeps out."""
    most = parameters.value("identity.most_principals", clock.today())
    database.row("select pg_advisory_xact_lock(hashtext('identity_mandate'), %s)", [agent % 2**31])
    held = database.row("select count(distinct principal_id) from identity_acting where agent_id = %s and not firm "
                        "and principal_id <> %s", [agent, principal])
    if held and held[0] >= most:
        raise TooManyPrincipals(most=most)


def _given(found: MandateRow, agent: int, principal: int) -> AgentAppointed | MandateGiven:
    extent, until = int(found.terms.extent), found.terms.valid_to.isoformat()
    if found.firm:
        return AgentAppointed(agent=agent, entity=principal, representative=False, mandate=found.id, extent=extent,
                              valid_to=until)
    return MandateGiven(mandate=found.id, agent=agent, principal=principal, extent=extent, valid_to=until)
