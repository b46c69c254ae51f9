"""What the people around a node must have done: named who answers (SEC-03), assessed what is shared (SEC-04), practised (SEC-02).

And somebody must hear of incidents (SEC-12).
"""

from dataclasses import dataclass
from typing import Any

import psycopg

from tongban.identity.types import Charge

UNANSWERED = """
select c.charge || case when f.charge is null or f.has_left then '' else ' (sample)' end
from unnest(%(charges)s::text[]) with ordinality c (charge, place) left join identity_answering() f on f.charge = c.charge
where f.charge is null or f.has_left or f.sample order by c.place
"""
STALE = """
select coalesce(c.name, s.name) from identity_assessment a left join identity_client c on c.assessment_id = a.id
left join identity_source s on s.assessment_id = a.id
where a.next_look < kernel_today() and coalesce(c.confirmed_at, s.confirmed_at) is not null
and coalesce(c.closed_at, s.closed_at) is null order by a.id
"""
FIGURE = """
(select value from kernel_parameter where name = 'federation.{name}_days' and effective_from <= kernel_today()
 order by effective_from desc limit 1)
"""
SINCE = """
coalesce(extract(day from kernel_now() - (select max(known_at) from federation_incident
  where rehearsal = '{kind}' and closed_at is not null))::int > {figure}::text::int, true)
"""
ASKED = f"""
select exists (select from federation_peer where superior and confirmed_at is not null and closed_at is null),
  (select count(*) from federation_incident where reported_at is null and due_at <= kernel_now()),
  {SINCE.format(kind="DRILL", figure=FIGURE.format(name="drill"))}, {SINCE.format(kind="EXERCISE", figure=FIGURE.format(name="exercise"))}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """What is known of it; `hub`: this node is the top one and reports to nobody."""

    hub: bool
    superior: bool
    late: int
    drill_due: bool
    exercise_due: bool
    unanswered: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()


def ask(connection: psycopg.Connection[tuple[Any, ...]], *, hub: bool) -> Organisation:
    """What the database says, asked as its owner."""
    superior, late, drill, exercise = connection.execute(ASKED).fetchone() or (False, 0, True, True)
    charges = [each for each in Charge if each is not Charge.SUPERIOR or not hub]
    unanswered, stale = (tuple(row[0] for row in connection.execute(query, {"charges": charges}).fetchall())
                         for query in (UNANSWERED, STALE))
    return Organisation(hub=hub, superior=superior, late=late, drill_due=drill, exercise_due=exercise, unanswered=unanswered, stale=stale)


def judge(found: Organisation) -> list[str]:
    """What is missing, and what to do."""
    said = {
        ("No superior node hears of incidents here. Let one in: tongban nodes propose, tongban nodes confirm. Only the topmost node "
         "has none: TONGBAN_HUB=1."): not found.superior and not found.hub,
        f"{found.late} incidents should have been reported and were not. See: tongban incidents list": found.late and not found.hub,
        ("No drill of an incident was held and closed in the last quarter. Hold one: tongban incidents note --rehearsal drill"
         ): found.drill_due,
        ("No exercise was held and closed in the last year. Hold one: tongban incidents note --rehearsal exercise"
         ): found.exercise_due,
        (f"Nobody who is there answers for {', '.join(found.unanswered)}. Name a unit and a person for each: "
         "tongban responsible name, tongban responsible confirm."): found.unanswered,
        **{(f"The assessment of {each} should have been looked at again: people's data goes on being shared on it. Write it anew, or "
            "end the sharing: tongban assessments write, tongban assessments confirm."): True for each in found.stale}}
    return [sentence for sentence, wrong in said.items() if wrong]
