"""What of a person ends with their account, and what the law lets go later."""

from datetime import datetime

from tongban.cases.errors import CasesStillOpen
from tongban.cases.events import CasesErased, DraftsErased
from tongban.cases.queries import draft_papers, unfinished
from tongban.documents import actions as documents
from tongban.identity import actions as identity
from tongban.identity.queries import everyone_of, has_account, has_left
from tongban.identity.types import Actor
from tongban.kernel import database, events
from tongban.kernel.types import Who
from tongban.messages import actions as messages

ENDED = "('COMPLETED', 'DELIVERED', 'NOT_ACCEPTED', 'WITHDRAWN', 'CLOSED_NO_SUPPLEMENT', 'TRANSFERRED', 'VOID')"
GRANTED = f"c.state in {ENDED} and c.outcome = 'GRANTED'"
NEEDED = """(
  exists (select from licences_licence where holder_id = any({parties}) and state not in ('DRAFT', 'SIGNED'))
  or exists (select from cases_case where applicant_id = any({parties}) and answers <> '')
  or exists (select from cases_material m join documents_document d on d.id = m.document_id where d.party = any({parties}))
  or exists (select from identity_agency where agent_id = any({parties}) and (valid_to is null or valid_to >= kernel_today()))
  or exists (select from identity_account where party_id = any({parties}) and closed_at is null
             and (kind <> 'OFFICER' or active)))"""
KEPT = f"""
select distinct p.party_id from identity_account a join identity_party i on i.id = a.party_id or i.merged_into_id = a.party_id
join identity_person p on p.party_id = i.id
cross join lateral (select array_agg(id) as parties from identity_party where id = i.id or merged_into_id = i.id) own
where a.closed_at < %(before)s and p.name <> ''
  and not exists (select from identity_account where party_id = a.party_id and kind = 'CITIZEN' and closed_at is null)
  and not {NEEDED.format(parties="own.parties")}
order by p.party_id limit %(limit)s
"""
OTHERS = f"c.state in {ENDED} and c.outcome <> 'GRANTED'"


def close_account(actor: Actor) -> None:
    """Close one's own account for good, unless a case of one's own is still open (IDN-16); drafts go at once."""
    with database.atomic():
        waiting = unfinished(actor)
        if waiting:
            raise CasesStillOpen(count=len(waiting))
        gone = database.execute("update cases_draft set discarded_at = kernel_now(), answers = '', materials = '[]' "
                                "where account_id = %s and submitted_as = '' and discarded_at is null", [actor.account])
        if gone:
            events.record(actor, DraftsErased(count=gone), subject=f"account:{actor.account}", party=actor.party)
        identity.close_account(actor)


def erase_former(who: Who, *, party: int) -> None:
    """Erase what no record needs of a person without an account; all of it once no case and no licence names them.

    Whoever still has an account, of two that became one or whatever the log says, loses nothing. What was merged into
    them goes with them: each earlier party as soon as nothing stands under it, the one that stayed after all of them.
    """
    with database.atomic():
        kept, *merged = everyone_of(party)
        if has_account(kept):
            return
        for each in (*merged, kept):
            identity.erase_contact(who, party=each)
            messages.forget_party(who, party=each)
        for each, own in (*((each, [each]) for each in merged), (kept, [kept, *merged])):
            if not is_needed(own):
                documents.forget(who, documents=draft_papers(each))
                identity.erase_person(who, party=each)


def is_needed(parties: list[int]) -> bool:
    """Does a case with content, a paper in one, a licence, a firm they represent or another account still need who this was?"""
    return database.row(f"select 1 where {NEEDED.format(parties='%(parties)s')}", {"parties": parties}) is not None


def erase_kept(who: Who, *, before: datetime, limit: int) -> list[str]:
    """People who left and were kept for something that is gone since."""
    found = [party for (party,) in database.rows(KEPT, {"before": before, "limit": limit})]
    for party in found:
        erase_former(who, party=party)
    return [str(party) for party in found]


def erase_drafts(who: Who, *, before: datetime, limit: int) -> list[str]:
    """Drafts nobody touched for long; what was sent is a case and is kept as one."""
    found = database.rows("delete from cases_draft where key in (select key from cases_draft where updated_at < %s "
                          "order by updated_at limit %s for update skip locked) returning key", [before, limit])
    return [key for (key,) in found]


def erase_papers(who: Who, *, before: datetime, limit: int) -> list[str]:
    """Papers that were uploaded and never handed in: no case and no draft names them."""
    found = [key for (key,) in database.rows(
        "select d.id from documents_document d where not d.made and d.kept_at < %s "
        "and not exists (select from cases_material m where m.document_id = d.id) "
        "and not exists (select from cases_draft f where f.applicant_id = d.party and f.materials @> jsonb_build_array("
        "jsonb_build_object('document', d.id))) "
        "and not exists (select from licences_licence l where l.document_id = d.id) order by d.id limit %s", [before, limit])]
    return [str(key) for key in documents.forget(who, documents=found)]


def erase_granted(who: Who, *, before: datetime, limit: int) -> list[str]:
    """The content of cases that were granted."""
    return _erase_cases(who, GRANTED, before, limit)


def erase_others(who: Who, *, before: datetime, limit: int) -> list[str]:
    """The content of cases that ended otherwise."""
    return _erase_cases(who, OTHERS, before, limit)


def _erase_cases(who: Who, which: str, before: datetime, limit: int) -> list[str]:
    """Answers, papers, opinions and reasons go; number, dates and outcome stay, and so do the proofs in the record."""
    found = database.rows(
        f"select c.id, c.number, c.applicant_id from cases_case c where {which} and c.answers <> '' "
        "and coalesce(c.completed_at, c.decided_at, c.submitted_at) < %s order by c.id limit %s for update of c skip locked",
        [before, limit])
    if not found:
        return []
    ids = [row[0] for row in found]
    papers = [key for (key,) in database.rows(
        "select distinct document_id from cases_material where case_id = any(%s) and document_id is not null", [ids])]
    for statement in (
            "update cases_material set document_id = null, file_name = '' where case_id = any(%s)",
            "update cases_task set opinion = '', salt = '' where case_id = any(%s)",
            "update cases_decision set reason = '', salt = '' where case_id = any(%s)",
            "update cases_correction set items = '[]' where case_id = any(%s)",
            "delete from cases_word where case_id = any(%s)",
            "update cases_case set answers = '', applicant_name = '' where id = any(%s)"):
        database.execute(statement, [ids])
    events.record_all(who, [events.Entry(happened=CasesErased(), subject=number, party=party) for _, number, party in found])
    still = {key for (key,) in database.rows("select distinct document_id from cases_material where document_id = any(%s)", [papers])}
    documents.forget(who, documents=[key for key in papers if key not in still])
    for party in {row[2] for row in found}:
        if has_left(party):
            erase_former(who, party=party)
    return [number for _, number, _ in found]
