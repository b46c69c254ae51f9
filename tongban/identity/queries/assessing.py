"""What letting others know who people are means for them, as two administrators agreed."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tongban.kernel import clock, database

COLUMNS = "a.id, coalesce(a.client_id, a.source_id), a.purpose, a.effect, a.measures, a.assessor, a.assessed_on, a.next_look"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentRow:
    """An assessment of the sharing with that key."""

    id: int
    sharing: str
    purpose: str
    effect: str
    measures: str
    assessor: str
    assessed_on: date
    next_look: date

    @property
    def overdue(self) -> bool:
        """Is the day past on which somebody meant to look again?"""
        return self.next_look < clock.today()


def proposed_assessment(key: str) -> AssessmentRow | None:
    """What was written last of a sharing and waits to be agreed to."""
    found = database.row(f"select {COLUMNS} from identity_assessment a where %s in (a.client_id, a.source_id) and a.confirmed_at is null "
                         "and a.expires_at > kernel_now() order by a.id desc limit 1", [key])
    return _row(found) if found else None


def assessments() -> dict[str, AssessmentRow]:
    """On what everything stands that is let in, by its key."""
    found = [_row(row) for row in database.rows(
        f"select {COLUMNS} from identity_assessment a where exists (select from identity_client c where c.assessment_id = a.id "
        "and c.closed_at is null) or exists (select from identity_source s where s.assessment_id = a.id and s.closed_at is null) "
        "order by a.id")]
    return {each.sharing: each for each in found}


def oldest_ended_sharing() -> datetime | None:
    """When the sharing ended, or was given up, that ended first of those whose assessment is still here."""
    found = database.row(
        "select min(coalesce(c.closed_at, s.closed_at, case when c.confirmed_at is null and s.confirmed_at is null "
        "then coalesce(c.expires_at, s.expires_at) end)) from identity_assessment a left join identity_client c on c.key = a.client_id "
        "left join identity_source s on s.key = a.source_id")
    return found[0] if found else None


def _row(row: Any) -> AssessmentRow:
    key, sharing, purpose, effect, measures, assessor, on, next_look = row
    return AssessmentRow(id=key, sharing=sharing, purpose=purpose, effect=effect, measures=measures, assessor=assessor, assessed_on=on,
                         next_look=next_look)
