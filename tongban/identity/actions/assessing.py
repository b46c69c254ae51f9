"""Assessing what it means for people to let somebody know who they are, before that begins and again later (SEC-04).

个人信息保护法第五十五条、第五十六条: whoever proposes writes it, whoever agrees has read it, and what it does not speak of is not shared.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tongban.identity.access import require_duty
from tongban.identity.errors import AssessedNotConfirmed, AssessmentNotProposed, AssessmentNotValid
from tongban.identity.events import AssessmentConfirmed, AssessmentWritten
from tongban.identity.types import Actor, Assessment, Duty
from tongban.kernel import clock, database, events, parameters
from tongban.kernel.types import Who

SHORTEST, LONGEST = 10, 2000
RELEASED = "select scopes || authorities from identity_client where key = %(key)s and closed_at is null"
OPEN_SOURCE = "select 1 from identity_source where key = %(key)s and closed_at is null"
WAITS = """
select 'clients' from identity_client where key = %(key)s and confirmed_at is null
union all select 'sources' from identity_source where key = %(key)s and confirmed_at is null
"""
WRITTEN = """
insert into identity_assessment (client_id, source_id, released, purpose, effect, measures, assessor, assessed_on, next_look,
  proposed_by_id, expires_at)
values (%(client)s, %(source)s, %(released)s, %(purpose)s, %(effect)s, %(measures)s, %(assessor)s, %(assessed_on)s, %(next_look)s,
  %(by)s, %(until)s) returning id
"""
AGREED = """
update identity_assessment set confirmed_by_id = %(by)s, confirmed_at = kernel_now() where id = %(assessment)s
and %(key)s in (client_id, source_id) and confirmed_at is null and expires_at > kernel_now() and next_look >= kernel_today()
returning id
"""
STANDS = ("update identity_client set assessment_id = %s where key = %s", "update identity_source set assessment_id = %s where key = %s")
ENDED = """
with over as (
  select a.id from identity_assessment a left join identity_client c on c.key = a.client_id
    left join identity_source s on s.key = a.source_id
  where coalesce(c.closed_at, s.closed_at, case when c.confirmed_at is null and s.confirmed_at is null
    then coalesce(c.expires_at, s.expires_at) end) < %s order by a.id limit %s),
clients as (update identity_client set assessment_id = null where assessment_id in (select id from over)),
sources as (update identity_source set assessment_id = null where assessment_id in (select id from over))
select id from over
"""


def assess_again(actor: Actor, *, key: str, assessment: Assessment) -> int:
    """The system administrator assesses anew what was let in, or waits to be; returns the key of what waits for the other one."""
    require_duty(actor, Duty.SYSTEM)
    with database.atomic():
        released = database.row(RELEASED, {"key": key})
        if released is None and database.row(OPEN_SOURCE, {"key": key}) is None:
            raise AssessmentNotProposed
        return write_assessment(actor, client=key if released else None, source=None if released else key,
                                released=released[0] if released else (), assessment=assessment)


def confirm_assessment(actor: Actor, *, key: str, assessment: int) -> None:
    """The security administrator agrees to a new assessment of what was let in; it stands on that one from now on."""
    require_duty(actor, Duty.SECURITY)
    waits = database.row(WAITS, {"key": key})
    if waits is not None:
        raise AssessedNotConfirmed(command=waits[0], key=key)
    agree_to_assessment(actor, key=key, assessment=assessment)


def agree_to_assessment(actor: Actor, *, key: str, assessment: int) -> None:
    """What an assessment speaks of stands on it from now on: the security administrator read it."""
    with database.atomic():
        found = database.row(AGREED, {"by": actor.account, "assessment": assessment, "key": key})
        if found is None:
            raise AssessmentNotProposed
        for stands in STANDS:
            database.execute(stands, [assessment, key])
        events.record(actor, AssessmentConfirmed(assessment=assessment, sharing=key), subject=f"assessment:{assessment}")


def write_assessment(actor: Actor, *, client: str | None = None, source: str | None = None, released: Sequence[str] = (),
                     assessment: Assessment) -> int:
    """Keep an assessment with what it speaks of, for the other administrator to read; returns its key."""
    check_assessment(assessment)
    told = assessment
    hours = parameters.value("identity.founding_hours", clock.today())
    with database.atomic():
        made = database.row(WRITTEN, {
            "client": client, "source": source, "released": list(released), "purpose": told.purpose.strip(),
            "effect": told.effect.strip(), "measures": told.measures.strip(), "assessor": told.assessor.strip(),
            "assessed_on": told.assessed_on, "next_look": told.next_look, "by": actor.account,
            "until": clock.now() + timedelta(hours=hours)})
        key = int(made[0]) if made else 0
        events.record(actor, AssessmentWritten(assessment=key, sharing=client or source or ""), subject=f"assessment:{key}")
    return key


def erase_assessments(who: Who, *, before: datetime, limit: int) -> list[str]:
    """Delete what assesses sharings that ended, or were never agreed to, before an instant; returns the keys."""
    with database.atomic():
        gone = [key for (key,) in database.rows(ENDED, [before, limit])]
        database.execute("delete from identity_assessment where id = any(%s)", [gone])
    return [str(key) for key in gone]


def check_assessment(told: Assessment) -> None:
    """Refuse an assessment that says nothing, was not made yet, or never looks again."""
    today = clock.today()
    for text in (told.purpose, told.effect, told.measures):
        if not SHORTEST <= len(text.strip()) <= LONGEST:
            raise AssessmentNotValid(why="purpose, effect and measures are each written out")
    if not 0 < len(told.assessor.strip()) <= 60:
        raise AssessmentNotValid(why="it names who assessed")
    if told.assessed_on > today:
        raise AssessmentNotValid(why="the day it was made is not to come")
    latest = told.assessed_on + timedelta(days=parameters.value("identity.assessment_days", today))
    if not today < told.next_look <= latest:
        raise AssessmentNotValid(why=f"the next look is to come, and on {latest} at the latest" if today < latest
                                 else f"it was made on {told.assessed_on}, so long ago that it has to be made anew")
