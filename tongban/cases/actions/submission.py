"""Submitting and withdrawing an application."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

import msgspec
from django.db import IntegrityError
from psycopg.errors import NotNullViolation
from psycopg.types.json import Jsonb

from tongban.calendars import queries as calendars
from tongban.calendars.types import local
from tongban.cases.access import case_for_update, draft_to_send, sent_draft
from tongban.cases.actions.steps import close_steps, let_run, move
from tongban.cases.errors import ApplicantNotYours, Incomplete, NumbersUsedUp, SameKeyOtherContent
from tongban.cases.events import CaseSubmitted, CaseWithdrawn
from tongban.cases.queries import check_submission, lapsed_materials, owes_papers
from tongban.cases.rules import check_item, check_promises, receipt, with_form, words_of
from tongban.cases.types import GivenMaterial, Right, State, Submitted
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import Guide
from tongban.documents import actions as documents
from tongban.forms import rules as forms
from tongban.identity import queries as identity
from tongban.identity.types import Actor, Extent, PartyKind
from tongban.kernel import database, events, parameters, vault
from tongban.kernel.codes import mask_name
from tongban.workflows import rules as workflows

SUBMIT = """
with prior as (
  select number, digest from cases_case where applicant_id = %(applicant)s and idempotency_key = %(key)s
), seq as (
  insert into cases_sequence (item_code, day, last) select %(item)s, %(received)s, 1
  where not exists (select from prior)
  on conflict (item_code, day) do update set last = cases_sequence.last + 1 returning last
), made as (
  insert into cases_case (number, item_code, item_version, item_name, situation, state, pace, channel, applicant_id,
    applicant_name, agent_id, authority_id, region, answers, tokens, idempotency_key, digest, submitted_at,
    received_on, intake_due_at, deemed, extension_days, outcome, licence, next_due_at)
  select %(item)s || to_char(%(received)s::date, 'YYYYMMDD') || cases_sequence_text(seq.last), %(item)s, %(version)s,
    %(item_name)s, %(situation)s, 'SUBMITTED', %(pace)s, %(channel)s, %(applicant)s, %(applicant_name)s, %(account)s,
    %(authority)s, %(region)s, %(answers)s, %(tokens)s, %(key)s, %(digest)s, kernel_now(), %(received)s,
    %(intake_due)s, false, 0, '', '', %(intake_due)s
  from seq returning id, number
), materials as (
  insert into cases_material (case_id, party, authority, code, name, way, trust, document_id, file_name, media_type,
    size, licence, source, due_on)
  select made.id, %(applicant)s, %(authority)s, m.code, m.name, m.way, m.trust, m.document, m.file_name, m.media_type,
    m.size, m.licence, m.source, m.due_on
  from made, jsonb_to_recordset(%(materials)s) as m(code text, name jsonb, way text, trust text, document bigint,
    file_name text, media_type text, size bigint, licence text, source jsonb, due_on date)
), tasks as (
  insert into cases_task (case_id, party, authority, node, name, role, verb, opened_at, due_at, opinion, salt)
  select made.id, %(applicant)s, %(authority)s, t.node, t.name, t.role, t.verb, kernel_now(), %(intake_due)s, '', ''
  from made, jsonb_to_recordset(%(tasks)s) as t(node text, name jsonb, role text, verb text)
), words as (
  insert into cases_word (authority, word, case_id)
  select %(authority)s, w, made.id from made, unnest(%(words)s::text[] || lower(right(made.number, 12))
    || lower(right(made.number, 4)) || lower(made.number)) as w
), sent as (
  update cases_draft set submitted_as = made.number, answers = '', updated_at = kernel_now() from made
  where key = %(draft)s
), happened as (
  insert into kernel_event (module, name, version, subject, actor, on_behalf_of, role, channel, party, authority,
    payload)
  select 'cases', 'CaseSubmitted', 1, made.number, %(actor)s, %(behalf)s, %(role)s, %(channel)s, %(applicant)s,
    %(authority)s, %(happened)s from made
)
select number, %(digest)s, false from made union all select number, digest, true from prior
"""

OF_THE_DAY = frozenset({"past", "promise_broken"})
"""Faults that come with time: an application sent before they arose stays sent, whoever sends it again."""


def submit_case(actor: Actor, *, item_code: str, item_version: int, situation: str, answers: dict[str, Any],
                materials: Iterable[GivenMaterial], applicant: int, key: str, now: datetime,
                draft: str = "") -> Submitted:
    """Send an application once: the same key again gives the same case, another content under it is refused.

    Writes case, materials, first tasks, search words and event in one statement. Raises `Incomplete` with every
    problem at once, and writes nothing then. `now` is the database's time as the caller read it.
    """
    if applicant in actor.merged or (actor.extent_for(applicant, item_code) or 0) < Extent.SIGN:
        raise ApplicantNotYours
    guide = catalogue.guide(item_code, item_version)
    refusals = check_item(guide, is_legal=actor.is_firm(applicant))
    if refusals and not _sent_before(applicant, key):
        raise refusals[0]
    brought = tuple(materials)
    lapsed = lapsed_materials(actor, guide, applicant, brought)
    given = with_form(guide, situation, (each for each in brought if each.code not in lapsed))
    form = catalogue.form(guide.form_code, guide.form_version)
    kept = forms.visible_answers(form, answers)
    problems = check_submission(guide, situation, kept, given, today=local(now).date(), lapsed=lapsed)
    if (broken := check_promises(given)) and owes_papers(applicant, now.date()):
        problems += broken
    if any(each.code not in OF_THE_DAY for each in problems) or (problems and not _sent_before(applicant, key)):
        raise Incomplete(problems)
    values = _values(actor, guide, situation, kept, given, applicant, key, now, draft)
    with database.atomic():
        number, digest, again = _once(values)
        if again and digest != values["digest"]:
            raise SameKeyOtherContent
        if not again:
            files = [each.document for each in given if each.document is not None]
            documents.share_with(actor, documents=files, authority=guide.authority_id)
    return Submitted(number=number, again=again)


def submit_draft(actor: Actor, *, key: str) -> Submitted:
    """Send a draft under the version in force; its key is the idempotency key: a second click finds the first case."""
    with database.atomic():
        database.row("select 1 from cases_draft where key = %s and applicant_id = any(%s) for update",
                     [key, list(actor.reach)])
        if number := sent_draft(actor, key):
            return Submitted(number=number, again=True)
        draft = draft_to_send(actor, key)
        return submit_case(actor, item_code=draft.item_code, item_version=draft.item_version,
                           situation=draft.situation, answers=draft.typed, materials=draft.given,
                           applicant=draft.applicant, key=key, now=draft.now, draft=key)


def withdraw_case(actor: Actor, *, number: str) -> None:
    """Take an application back before it is decided (CASE-24)."""
    with database.atomic():
        case = case_for_update(actor, number, Right.APPLY)
        move(case, State.WITHDRAWN, "withdrawn")
        let_run(case)
        case.save(update_fields=["state", "next_due_at"])
        close_steps(case)
        events.record(actor.on_behalf(case.applicant_id), CaseWithdrawn(), subject=number, party=case.applicant_id,
                      authority=case.authority_id)


def _sent_before(applicant: int, key: str) -> bool:
    return database.row("select 1 from cases_case where applicant_id = %s and idempotency_key = %s",
                        [applicant, key]) is not None


def _once(values: dict[str, Any]) -> tuple[str, str, bool]:
    """Run the statement; when the same key is being written at this very moment, read what the other wrote.

    Raises `NumbersUsedUp` for the 31,000th case of an item on a day (CASE-01 has four characters for it).
    """
    try:
        with database.atomic():
            found = database.row(SUBMIT, values)
    except IntegrityError as refused:
        if isinstance(refused.__cause__, NotNullViolation) and refused.__cause__.diag.column_name == "number":
            raise NumbersUsedUp from refused
        found = database.row("select number, digest, true from cases_case where applicant_id = %(applicant)s and "
                             "idempotency_key = %(key)s", values)
        if found is None:
            raise
    if found is None:
        raise LookupError("the submission returned nothing")
    return found[0], found[1], found[2]


def _values(actor: Actor, guide: Guide, situation: str, answers: dict[str, Any], given: tuple[GivenMaterial, ...],
            applicant: int, key: str, now: datetime, draft: str) -> dict[str, Any]:
    received, intake_due = receipt(now, actor.channel, calendars.calendar(),
                                   parameters.value("cases.intake_days", now.date()))
    graph = catalogue.process(guide.process_code, guide.process_version)
    facts = {"situation": situation, "pace": str(guide.pace)}
    tokens = workflows.begin(graph, facts)
    tasks = [{"node": task.id, "name": msgspec.to_builtins(task.name), "role": task.role, "verb": task.verb}
             for task in workflows.open_tasks(graph, tokens)]
    plain = msgspec.json.encode(answers, order="sorted")
    party = identity.party(applicant)
    if party is None:
        raise LookupError("the applicant is not visible to whoever submits")
    shown = mask_name(party.name) if party.kind is PartyKind.PERSON else party.name
    handed_in = [(each.code, each.way, each.document, each.licence) for each in given]
    content = msgspec.json.encode([guide.code, situation, plain.decode(), handed_in], order="sorted")
    submitted = CaseSubmitted(item_code=guide.code, item_version=guide.version, received_on=received.isoformat(),
                              draft=draft, intake_due_at=intake_due.isoformat())
    return {
        "item": guide.code, "version": guide.version, "item_name": Jsonb(msgspec.to_builtins(guide.name)),
        "situation": situation, "pace": guide.pace, "channel": actor.channel, "applicant": applicant,
        "applicant_name": shown, "account": actor.account, "authority": guide.authority_id, "region": guide.region,
        "answers": vault.seal("cases_case", "answers", f"{applicant}:{key}", plain.decode(), party=applicant),
        "tokens": Jsonb(workflows.tokens_to_json(tokens)), "key": key,
        "digest": hashlib.sha256(content).hexdigest(), "received": received, "intake_due": intake_due,
        "materials": Jsonb(msgspec.to_builtins(given)), "tasks": Jsonb(tasks),
        "words": list(words_of(party.name, guide.name.zh, guide.name.in_("en"))), "draft": draft, "actor": actor.actor_id,
        "behalf": f"party:{applicant}" if applicant != actor.party else "", "role": actor.role,
        "happened": Jsonb(asdict(submitted)),
    }
