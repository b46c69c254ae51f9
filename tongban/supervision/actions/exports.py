"""Lists that leave as files: asked for, let go or refused by a second person, made, taken away, erased (SEC-11)."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor

from tongban.authorities import queries as authorities
from tongban.calendars import queries as calendars
from tongban.calendars.rules import working_days_between
from tongban.cases import queries as known
from tongban.cases.queries import CaseRow, Figure
from tongban.cases.types import IN_WORDS, State
from tongban.identity import queries as identity
from tongban.identity.types import Actor, Role
from tongban.kernel import clock, database, events, ids, parameters, vault
from tongban.kernel.types import Text, Who
from tongban.supervision.access import export_by_rule, export_of_asker, export_of_supervisor
from tongban.supervision.actions.texts import sealed
from tongban.supervision.errors import (
    ExportEmpty,
    ExportNotAwaiting,
    ExportNotReady,
    ExportTooLong,
    OwnExport,
    SupervisorOnly,
)
from tongban.supervision.events import (
    ExportApproved,
    ExportAsked,
    ExportFetched,
    ExportLapsed,
    ExportMade,
    ExportRefused,
)
from tongban.supervision.models import Export, ExportFile
from tongban.supervision.queries import keys_listed, left_alone
from tongban.supervision.rules import file_of, is_supervisor, promise_used, taken_by, words
from tongban.supervision.types import ExportState, Fetched, Listing

HEAD = (Text(zh="事项", en="Item"), Text(zh="办件编号", en="Case number"), Text(zh="部门", en="Authority"),
        Text(zh="状态", en="State"), Text(zh="提交日期", en="Sent on"), Text(zh="到期日期", en="Due"),
        Text(zh="超期工作日", en="Working days over"), Text(zh="办结日期", en="Ended on"),
        Text(zh="承诺时限用了（%）", en="Promise used (%)"))


def ask_export(actor: Actor, *, listing: Listing, language: str, reason: str) -> str:
    """Ask for a list as a file, for a reason; returns its key. The file will hold the cases listed now.

    When these rows and those the same person took alone lately are too many, a second supervisor decides first.
    """
    kept = words(reason)
    if not listing.authorities or not all(is_supervisor(actor, each) for each in listing.authorities):
        raise SupervisorOnly
    with database.atomic():
        now = clock.now()
        most, hours = (parameters.value(f"supervision.export_{each}", now.date()) for each in ("rows_most", "approval_hours"))
        cases = keys_listed(listing, most=most + 1)
        if not cases:
            raise ExportEmpty
        if len(cases) > most:
            raise ExportTooLong(most=most)
        rows, alone = len(cases), left_alone()
        salt, hashed = sealed(kept)
        made = Export.objects.create(
            key=ids.public_id(), asked_by_id=actor.account, asked_at=now, authorities=list(listing.authorities), figure=listing.figure,
            case_state=str(listing.state or ""), since=listing.since, until=listing.until, item=listing.item, region=listing.region,
            language=language, reason=kept, reason_salt=salt, state=ExportState.AWAITING if rows > alone else ExportState.MAKING,
            cases=cases, rows_asked=rows, alone=alone, due_at=now + timedelta(hours=hours))
        events.record(actor, ExportAsked(export=made.key, rows=rows, alone=alone, figure=listing.figure,
                                         authorities=list(listing.authorities), text_hash=hashed),
                      subject=f"export:{made.key}", authority=_authority(made))
    return made.key


def approve_export(actor: Actor, *, key: str) -> None:
    """Let the list leave, as the second person."""
    with database.atomic():
        found, now = _to_decide(actor, key), clock.now()
        found.state = ExportState.MAKING
        found.due_at = now + timedelta(hours=parameters.value("supervision.export_approval_hours", now.date()))
        _decide(actor, found, now, "", "")
        events.record(actor, ExportApproved(export=key, rows=found.rows_asked), subject=f"export:{key}",
                      authority=_authority(found))


def refuse_export(actor: Actor, *, key: str, reason: str) -> None:
    """Let the list not leave, as the second person, and say why."""
    kept = words(reason)
    with database.atomic():
        found = _to_decide(actor, key)
        found.state = ExportState.REFUSED
        salt, hashed = sealed(kept)
        _decide(actor, found, clock.now(), kept, salt)
        events.record(actor, ExportRefused(export=key, rows=found.rows_asked, text_hash=hashed), subject=f"export:{key}",
                      authority=_authority(found))


def make_export(who: Who, *, key: str) -> None:
    """Make the file of a request that may be made: the cases listed at the asking, those left out that its asker no longer sees."""
    with database.atomic():
        found, now = export_by_rule(key), clock.now()
        if found.state != ExportState.MAKING:
            return
        if found.due_at <= now:
            _lapse(who, found)
            return
        posts = [each for each in found.authorities if identity.staff_at(each, [found.asked_by_id], [Role.SUPERVISOR])]
        cases = known.cases_among(found.cases, authorities=posts)
        content = file_of(_mark(found, now, len(cases)), [each.in_(found.language) for each in HEAD],
                          _lines(cases, found.language, now, late=found.figure == Figure.OVERDUE))
        ExportFile.objects.create(export=found, account=found.asked_by_id, authorities=found.authorities, made_at=now,
                                  sealed=vault.seal_content("supervision_export_file", "sealed", key, content))
        found.state, found.rows_made, found.made_at = ExportState.READY, len(cases), now
        found.save(update_fields=["state", "rows_made", "made_at"])
        events.record(who, ExportMade(export=key, rows=len(cases), allowed=found.rows_asked, sha256=hashlib.sha256(content).hexdigest()),
                      subject=f"export:{key}", authority=_authority(found))


def fetch_export(actor: Actor, *, key: str) -> Fetched:
    """Take the file away; for whoever asked for it alone, as long as they supervise what it is about."""
    with database.atomic():
        found = export_of_asker(actor, key)
        kept = ExportFile.objects.filter(export=found).first()
        if kept is None or found.rows_made is None or found.made_at is None:
            raise ExportNotReady
        events.record(actor, ExportFetched(export=key, rows=found.rows_made), subject=f"export:{key}", authority=_authority(found))
        return Fetched(name=f"tongban-{clock.local(found.made_at):%Y%m%d-%H%M}-{key[:6]}.csv",
                       content=vault.unseal_content("supervision_export_file", "sealed", key, bytes(kept.sealed)))


def lapse_export(who: Who, *, key: str) -> None:
    """End a request that was not decided in time, or whose approval ran out before the file was made."""
    with database.atomic():
        found = export_by_rule(key)
        if found.state in (ExportState.AWAITING, ExportState.MAKING) and found.due_at <= clock.now():
            _lapse(who, found)


def erase_exports(who: Who, *, before: datetime, limit: int) -> Sequence[str]:
    """Files past their time; that they were made, by whom and why stays."""
    gone = [key for (key,) in database.rows(
        "delete from supervision_export_file where export_id in (select export_id from supervision_export_file where made_at < %s "
        "order by made_at limit %s) returning export_id", [before, limit])]
    database.execute("update supervision_export set state = 'ERASED' where id = any(%s)", [gone])
    return [str(key) for key in gone]


def _to_decide(actor: Actor, key: str) -> Export:
    found = export_of_supervisor(actor, key)
    if identity.is_one_person(found.asked_by_id, actor.account):
        raise OwnExport
    if found.state != ExportState.AWAITING or found.due_at <= clock.now():
        raise ExportNotAwaiting
    return found


def _decide(actor: Actor, found: Export, now: datetime, decision: str, salt: str) -> None:
    found.decided_by_id, found.decided_at, found.decision, found.decision_salt = actor.account, now, decision, salt
    found.save(update_fields=["state", "decided_by_id", "decided_at", "decision", "decision_salt", "due_at"])


def _lapse(who: Who, found: Export) -> None:
    found.state = ExportState.LAPSED
    found.save(update_fields=["state"])
    events.record(who, ExportLapsed(export=found.key), subject=f"export:{found.key}", authority=_authority(found))


def _authority(found: Export) -> int | None:
    """Of whose record it is, if the list is about one authority only."""
    return int(found.authorities[0]) if len(found.authorities) == 1 else None


def _mark(found: Export, now: datetime, rows: int) -> str:
    """Who took the list, when, why, and who let it go."""
    names = identity.staff_names([each for each in (found.asked_by_id, found.decided_by_id) if each])
    approved = f"{names.get(found.decided_by_id, '')} {found.decided_by_id}" if found.decided_by_id else ""
    return taken_by(f"{names.get(found.asked_by_id, '')} {found.asked_by_id}", asked_at=found.asked_at, made_at=now, request=found.key,
                    asked=found.rows_asked, rows=rows, reason=found.reason, approved_by=approved).in_(found.language)


def _lines(cases: Sequence[CaseRow], language: str, now: datetime, *, late: bool) -> Iterator[list[str]]:
    names = {key: authorities.authority(key).short_name.in_(language) for key in {row.authority for row in cases}}
    calendar, today = calendars.calendar(), clock.local(now).date()
    for row in cases:
        due, ended = row.due_at or row.promised_due_at, row.state in (State.COMPLETED, State.DELIVERED)
        last = clock.local(due - due.resolution).date() if due else None
        used = promise_used(row.accepted_at, row.completed_at, row.promised_due_at) if ended else None
        runs = row.state.is_open or row.state is State.DECIDED
        promised = clock.local(row.promised_due_at - row.promised_due_at.resolution).date() if row.promised_due_at else None
        yield [row.item_name.in_(language), row.number, names[row.authority], IN_WORDS[row.state].in_(language),
               _day(row.submitted_at), last.isoformat() if last else "",
               str(working_days_between(promised, today, calendar)) if late and promised and runs else "", _day(row.completed_at),
               _percent(used)]


def _day(moment: datetime | None) -> str:
    return clock.local(moment).date().isoformat() if moment else ""


def _percent(share: Fraction | None) -> str:
    return "" if share is None else f"{floor(share * 1000 + Fraction(1, 2)) / 10:.1f}"
