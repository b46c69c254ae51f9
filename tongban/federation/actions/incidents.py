"""Incidents of this node: noted by a person or a rule, reported to the superior node in time, closed with what was learned (SEC-12)."""

from datetime import timedelta

from tongban.federation import queries, rules
from tongban.federation.clients import Superior
from tongban.federation.errors import IncidentNotValid, IncidentOver, IncidentUnknown, SuperiorHolds
from tongban.federation.events import (
    IncidentClosed,
    IncidentCorrected,
    IncidentNoted,
    IncidentOverdue,
    IncidentReported,
)
from tongban.federation.types import SCHEMA, Incident, IncidentTold, Report, Severity
from tongban.identity.access import require_duty
from tongban.identity.types import Actor, Duty
from tongban.kernel import clock, database, events, ids, parameters, vault
from tongban.kernel.types import Who

FIGURES = {Severity.MAJOR: "federation.major_minutes", Severity.ORDINARY: "federation.ordinary_minutes"}
INSERT = """
insert into federation_incident (key, cause, kind, severity, rehearsal, what, measures, people, version, known_at, due_at, reported_version)
values (%(key)s, %(cause)s, %(kind)s, %(severity)s, %(rehearsal)s, %(what)s, %(measures)s, %(people)s, 1, kernel_now(),
        kernel_now() + %(within)s, 0)
on conflict (cause) where closed_at is null and cause <> '' do nothing returning due_at
"""
NEXT = """
update federation_incident set version = version + 1, what = coalesce(%(what)s, what), measures = coalesce(%(measures)s, measures),
  people = coalesce(%(people)s, people), closed_at = case when %(close)s then kernel_now() end
where key = %(key)s and closed_at is null returning version
"""
HOLDS = """
update federation_incident set reported_version = %s, reported_at = coalesce(reported_at, %s)
where key = %s and reported_version < %s returning id
"""


def note_incident(actor: Actor, *, told: IncidentTold) -> str:
    """An administrator of the system or of security notes an incident, or a drill; returns its key."""
    require_duty(actor, Duty.SYSTEM, Duty.SECURITY)
    return _note(actor, told, cause="")


def note_by_rule(who: Who, *, cause: str, told: IncidentTold) -> str:
    """The house itself found something; while an incident of the same cause is open there is no second one (then nothing)."""
    return _note(who, told, cause=cause)


def correct_incident(actor: Actor, *, key: str, what: str | None, measures: str | None, people: int | None) -> None:
    """Say what is known by now, while what is None stays as it was; the superior node gets the new version."""
    require_duty(actor, Duty.SYSTEM, Duty.SECURITY)
    if what is None and measures is None and people is None:
        raise IncidentNotValid(why="say what is known by now")
    with database.atomic():
        version = _next(key, what=what, measures=measures, people=people, close=False)
        events.record(actor, IncidentCorrected(incident=key, version=version), subject=f"incident:{key}")


def close_incident(actor: Actor, *, key: str, what: str | None, measures: str, people: int | None) -> None:
    """The security administrator closes an incident with what was learned of it; what else is None stays as it was."""
    require_duty(actor, Duty.SECURITY)
    if not measures.strip():
        raise IncidentNotValid(why="say what was done and what was learned")
    with database.atomic():
        version = _next(key, what=what, measures=measures, people=people, close=True)
        events.record(actor, IncidentClosed(incident=key, version=version), subject=f"incident:{key}")


def report_incident(who: Who, *, key: str, superior: Superior) -> bool:
    """Bring the newest version to the superior node; called outside a transaction. False where there is nobody or nothing to tell."""
    told, peer = queries.incident(key), queries.superior()
    if told is None or peer is None or told.reported_version == told.version:
        return False
    try:
        receipt = superior.report(peer, _report(told))
    except SuperiorHolds as known:
        _overtake(who, key=key, held=int(str(known.facts["held"])))
        return False
    with database.atomic():
        if database.row(HOLDS, [receipt.version, receipt.received_at, key, receipt.version]):
            events.record(who, IncidentReported(incident=key, version=receipt.version, received_at=receipt.received_at.isoformat()),
                          subject=f"incident:{key}")
    return True


def tell_overdue(who: Who, *, key: str) -> None:
    """Say once that the time to report ran out."""
    if database.row("update federation_incident set overdue_at = kernel_now() where key = %s and reported_at is null "
                    "and overdue_at is null and due_at <= kernel_now() returning id", [key]):
        events.record(who, IncidentOverdue(incident=key), subject=f"incident:{key}")


def _overtake(who: Who, *, key: str, held: int) -> None:
    """This node was restored to an earlier hour, so what it tells next is a version above the one that is held."""
    with database.atomic():
        found = database.row("update federation_incident set version = %s where key = %s and version <= %s returning version",
                             [held + 1, key, held])
        if found:
            events.record(who, IncidentCorrected(incident=key, version=found[0]), subject=f"incident:{key}")


def _note(who: Who, told: IncidentTold, *, cause: str) -> str:
    _check(told.what, told.measures, told.people)
    key, minutes = ids.public_id(), parameters.value(FIGURES[told.severity], clock.today())
    with database.atomic():
        made = database.row(INSERT, {"key": key, "cause": cause, "kind": told.kind, "severity": told.severity,
                                     "rehearsal": told.rehearsal or "", "people": told.people, "within": timedelta(minutes=minutes),
                                     **_sealed(key, told.what, told.measures)})
        if made is None:
            return ""
        events.record(who, IncidentNoted(incident=key, kind=told.kind, severity=told.severity, rehearsal=told.rehearsal or "",
                                         due_at=made[0].isoformat()), subject=f"incident:{key}")
    return key


def _next(key: str, *, what: str | None, measures: str | None, people: int | None, close: bool) -> int:
    _check("as it was" if what is None else what, measures or "", people)
    found = database.row(NEXT, {"key": key, "people": people, "close": close, **_sealed(key, what, measures)})
    if found is None:
        raise IncidentUnknown if queries.incident(key) is None else IncidentOver
    return int(found[0])


def _check(what: str, measures: str, people: int | None) -> None:
    why = rules.why_not_noted(what, measures, people)
    if why:
        raise IncidentNotValid(why=why)


def _sealed(key: str, what: str | None, measures: str | None) -> dict[str, str | None]:
    return {name: None if text is None else vault.seal("federation_incident", name, key, text)
            for name, text in (("what", what), ("measures", measures))}


def _report(told: Incident) -> Report:
    return Report(schema=SCHEMA, incident=told.key, version=told.version, kind=told.kind, severity=told.severity, rehearsal=told.rehearsal,
                  what=told.what, measures=told.measures, people=told.people, known_at=told.known_at, closed_at=told.closed_at)
