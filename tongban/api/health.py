"""Is the node well, and may it be sent traffic?"""

from django.apps import apps
from django.http import HttpRequest, HttpResponse

from tongban.api.entry import ANYONE, Door
from tongban.api.routes import reply, route
from tongban.api.types import HealthView, ReadyView
from tongban.kernel import database, partitions, sequencing
from tongban.ledger import queries as ledger

SEQUENCER = """
select s.position, exists (
  select from pg_locks l where l.locktype = 'advisory' and l.granted and l.classid = 0 and l.objsubid = 1
    and l.objid = %s and l.database = (select oid from pg_database where datname = current_database()))
from kernel_sequencer s where s.id = 1
"""
MISSING = """
select count(*) from unnest(%s::text[], %s::text[]) as wanted(place, field)
where not exists (select from pg_attribute a where a.attrelid = to_regclass(wanted.place) and a.attname = wanted.field
                  and not a.attisdropped)
"""
"""Columns that the models have and the database lacks; the catalogue may be read by every login."""

PUBLIC = Door(gate=ANYONE)


@route("health", door=PUBLIC, returns={200: HealthView, 503: HealthView})
def health(request: HttpRequest) -> HttpResponse:
    """Does the database answer, and does a sequencer work? 503 if not; for monitoring, not for load balancers."""
    found = database.row(SEQUENCER, [sequencing.LOCK])
    position, held = found or (0, False)
    return reply(HealthView(database=True, sequencer=held, position=position), status=200 if held else 503)


@route("readyz", door=PUBLIC, returns={200: ReadyView, 503: ReadyView})
def readyz(request: HttpRequest) -> HttpResponse:
    """Is the database migrated as far as this program needs?

    Beside it: how many events are parked, whether the event log has room for too few months, and whether a witness
    refuses the public record.
    """
    wanted = [(model._meta.db_table, field.column) for model in apps.get_models()  # noqa: SLF001
              if model._meta.managed and not model._meta.proxy for field in model._meta.local_concrete_fields]  # noqa: SLF001
    missing = database.row(MISSING, [[table for table, _ in wanted], [column for _, column in wanted]])
    parked = database.row("select count(*) from kernel_parked")
    absent = missing[0] if missing else 0
    view = ReadyView(ready=not absent, missing=absent, parked=parked[0] if parked else 0, log_alarm=partitions.are_few(),
                     witness_alarm=not absent and bool(ledger.gaps()))
    return reply(view, status=503 if absent else 200)
