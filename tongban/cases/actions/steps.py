"""What several verbs share: moving the legal state, completing a step of the process, the sealed answers."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from tongban.calendars import queries as calendars
from tongban.calendars.types import CORRECTIONS
from tongban.cases.access import LockedCase
from tongban.cases.errors import MoveNotAllowed, NothingToExamine, NotYourTurn
from tongban.cases.queries import last_checks, steps_of, stops_of
from tongban.cases.rules import clocks, commitment, due_instants, may_move
from tongban.cases.types import State, Visit
from tongban.catalogue import queries as catalogue
from tongban.identity.types import Role
from tongban.kernel import database, vault
from tongban.kernel.types import Channel, Text
from tongban.workflows import rules as workflows
from tongban.workflows.types import Task, TaskId, Verb


def move(case: LockedCase, to: State, act: str) -> None:
    """Move the legal state in memory, or refuse naming state and act (CASE-12)."""
    if not may_move(State(case.state), to):
        raise MoveNotAllowed(state=case.state, act=act)
    case.state, case.next_due_at = to, None


def only_in(case: LockedCase, *states: State, act: str) -> None:
    """Refuse an act that belongs to other states, where the move alone would not tell (CASE-12)."""
    if State(case.state) not in states:
        raise MoveNotAllowed(state=case.state, act=act)


def note_step(case: LockedCase, *, verb: str, name: Text, role: Role, account: int, reason: str) -> str:
    """Keep an act beside the process, with its reason in words, among the steps (CASE-05); the salted hash of it."""
    salt = secrets.token_hex(16)
    database.execute(
        "insert into cases_task (case_id, party, authority, node, name, role, verb, opened_at, done_at, done_by_id, "
        "opinion, salt) values (%s, %s, %s, %s, %s, %s, %s, kernel_now(), kernel_now(), %s, %s, %s)",
        [case.id, case.applicant_id, case.authority_id, verb, Jsonb(msgspec.to_builtins(name)), role, verb, account,
         reason, salt])
    return commitment(salt, reason)


def note_decision(case: LockedCase, *, kind: str, account: int, reason: str, ground: str = "",
                  right_organ: str = "") -> str:
    """Keep what was decided or declined, with its reason in words; the salted hash of it."""
    salt = secrets.token_hex(16)
    database.execute(
        "insert into cases_decision (case_id, party, authority, kind, ground, right_organ, reason, salt, at, by_id) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, kernel_now(), %s)",
        [case.id, case.applicant_id, case.authority_id, kind, ground, right_organ, reason, salt, account])
    return commitment(salt, reason)


def close_steps(case: LockedCase) -> None:
    """Leave nothing open in a case that is over."""
    database.execute("update cases_task set done_at = kernel_now() where case_id = %s and done_at is null", [case.id])


def let_run(case: LockedCase) -> bool:
    """End what stopped the clock while corrections were awaited; False if nothing did."""
    return database.execute("update cases_stop set ended_at = kernel_now() where case_id = %s and procedure = %s "
                            "and ended_at is null", [case.id, CORRECTIONS]) > 0


def recount(case: LockedCase) -> tuple[datetime, datetime]:
    """Set both due instants anew from acceptance, suspensions and extension; returns them."""
    guide = catalogue.guide(case.item_code, case.item_version)
    promised, statutory = clocks(guide, accepted_at=case.accepted_at or case.now, channel=Channel(case.channel),
                                 suspensions=stops_of(case.id), extension_days=case.extension_days)
    found = due_instants(promised, statutory, calendars.calendar(), case.now)
    case.promised_due_at, case.statutory_due_at = found
    return found


def open_step(case: LockedCase, verb: str, node: str = "") -> Task:
    """The open step that this verb completes; refused with the open ones named."""
    graph = catalogue.process(*process_of(case))
    tasks = workflows.open_tasks(graph, workflows.tokens_from_json(case.tokens))
    for task in tasks:
        if task.verb is Verb(verb) and node in ("", task.id):
            return task
    raise NotYourTurn(open_step=Text(zh="、".join(task.name.zh for task in tasks),
                                     en=", ".join(task.name.in_("en") for task in tasks)))


def complete_step(case: LockedCase, *, verb: str, account: int | None, node: str = "", recommends: bool | None = None,
                  opinion: str = "", visit: Visit | None = None) -> tuple[Task, str]:
    """Finish the step that `verb` completes, open the next ones; returns the step and the opinion's salted hash.

    The caller saves `tokens`. Next steps are due with the promise.
    """
    task = open_step(case, verb, node)
    graph = catalogue.process(*process_of(case))
    facts = {"situation": case.situation, "pace": case.pace, "recommends": recommends}
    before = workflows.tokens_from_json(case.tokens)
    tokens = workflows.advance(graph, before, task.id, facts)
    case.tokens = workflows.tokens_to_json(tokens)
    salt = secrets.token_hex(16)
    database.execute(
        "update cases_task set done_at = kernel_now(), done_by_id = %s, recommends = %s, opinion = %s, salt = %s, "
        "visited_on = %s, companion_id = %s where case_id = %s and node = %s and done_at is null",
        [account, recommends, opinion, salt, visit.on if visit else None, visit.companion if visit else None, case.id,
         task.id])
    already = {each.id for each in workflows.open_tasks(graph, before)} - {task.id}
    _open_steps(case, (each for each in workflows.open_tasks(graph, tokens) if each.id not in already))
    return task, commitment(salt, opinion) if opinion else ""


def reopen_step(case: LockedCase, node: str) -> None:
    """Have a finished step of the examination done again; what was open beyond it closes. The caller saves `tokens`."""
    graph = catalogue.process(*process_of(case))
    facts = {"situation": case.situation, "pace": case.pace}
    steps = steps_of(case.id)
    checks = last_checks(steps)
    if node not in {each.node for each in checks}:
        raise NothingToExamine
    done = {TaskId(each.node): {**facts, "recommends": each.recommends}
            for each in (*checks, *(each for each in steps if each.verb == Verb.ACCEPT and each.done_at))}
    before = workflows.tokens_from_json(case.tokens)
    tokens = workflows.reopen(graph, before, TaskId(node), done)
    case.tokens = workflows.tokens_to_json(tokens)
    close_steps(case)
    _open_steps(case, workflows.open_tasks(graph, tokens))


def _open_steps(case: LockedCase, tasks: Iterable[Task]) -> None:
    for each in tasks:
        database.execute(
            "insert into cases_task (case_id, party, authority, node, name, role, verb, opened_at, due_at, opinion, "
            "salt) values (%s, %s, %s, %s, %s, %s, %s, kernel_now(), %s, '', '')",
            [case.id, case.applicant_id, case.authority_id, each.id, Jsonb(msgspec.to_builtins(each.name)), each.role,
             each.verb, case.promised_due_at])


def process_of(case: LockedCase) -> tuple[str, int]:
    """The process version the case was submitted under."""
    guide = catalogue.guide(case.item_code, case.item_version)
    return guide.process_code, guide.process_version


def seal_answers(case: LockedCase, answers: dict[str, Any]) -> str:
    """The answers as they are stored."""
    return vault.seal("cases_case", "answers", f"{case.applicant_id}:{case.idempotency_key}",
                      msgspec.json.encode(answers, order="sorted").decode(), party=case.applicant_id)
