"""Whether a node is ready for incidents: somebody hears of them in time, and it was practised lately (SEC-02, SEC-12)."""

from dataclasses import dataclass
from typing import Any

import psycopg

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
class Readiness:
    """What is known of it; `hub`: this node is the top one and reports to nobody."""

    hub: bool
    superior: bool
    late: int
    drill_due: bool
    exercise_due: bool


def ask(connection: psycopg.Connection[tuple[Any, ...]], *, hub: bool) -> Readiness:
    """What the database says, asked as its owner."""
    superior, late, drill, exercise = connection.execute(ASKED).fetchone() or (False, 0, True, True)
    return Readiness(hub=hub, superior=superior, late=late, drill_due=drill, exercise_due=exercise)


def judge(found: Readiness) -> list[str]:
    """What is missing, and what to do."""
    said = {
        ("No superior node hears of incidents here. Let one in: tongban nodes propose, tongban nodes confirm. Only the topmost node "
         "has none: TONGBAN_HUB=1."): not found.superior and not found.hub,
        f"{found.late} incidents should have been reported and were not. See: tongban incidents list": found.late and not found.hub,
        ("No drill of an incident was held and closed in the last quarter. Hold one: tongban incidents note --rehearsal drill"
         ): found.drill_due,
        ("No exercise was held and closed in the last year. Hold one: tongban incidents note --rehearsal exercise"
         ): found.exercise_due}
    return [sentence for sentence, wrong in said.items() if wrong]
