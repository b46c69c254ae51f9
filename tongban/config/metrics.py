"""Figures for monitoring: what web processes count, and what the database shows when somebody asks.

Every process counts into files of its own under `var/metrics`; the worker adds them up and answers on a port of this
machine only. Labels are names of routes, classes, followers and the like, never anything about people.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from wsgiref.simple_server import WSGIServer

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from tongban.config.admission import Rank, rank_of
from tongban.identity import queries as people
from tongban.kernel import database, following, modes, partitions
from tongban.kernel.errors import HouseError
from tongban.kernel.modes import Mode
from tongban.kernel.secrecy import Kind, Place
from tongban.ledger import queries as ledger

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
REQUESTS = Counter("tongban_requests", "Requests Django answered", ["route", "rank", "status"])
DURATIONS = Histogram("tongban_request_seconds", "How long Django took", ["rank"], buckets=SECONDS)
ADMISSIONS = Counter("tongban_admissions", "Requests let in or turned away", ["rank", "outcome"])
WAITS = Histogram("tongban_admission_wait_seconds", "How long those let in stood in line", ["rank"], buckets=SECONDS)
REFUSED = Counter("tongban_access_refused", "Signed-in callers kept from a route or from what is not theirs", ["kind"])
KEPT = Counter("tongban_kept_pages", "Pages for everyone: from the shelf or drawn", ["outcome"])
UPLOADS = Counter("tongban_uploads_refused", "Files refused", ["code"])
SECRETS = Counter("tongban_secrets_kept_out", "Files and words with a mark of secrecy that were not taken", ["kind", "place"])
VIOLATIONS = Counter("tongban_policy_violations", "What browsers reported against the policy of pages", ["directive"])
FOLDER = Path(settings.FIGURES)
FOLDER.mkdir(parents=True, exist_ok=True)
SECRETS_BY = {(kind, place): SECRETS.labels(kind, place) for kind in Kind for place in Place}
"""Each there from the start, so that the first one already is an increase."""

KEPT_BY = {outcome: KEPT.labels(outcome) for outcome in ("kept", "drawn")}
log = structlog.get_logger(__name__)

LAGS = """
select f.follower, greatest(s.position - coalesce(c.position, 0), 0), coalesce(extract(epoch from kernel_now() - (
    select p.at from kernel_position p where p.position = coalesce(c.position, 0) + 1)), 0),
  (select count(*) from kernel_parked k where k.follower = f.follower)
from unnest(%s::text[]) as f(follower) cross join kernel_sequencer s left join kernel_cursor c on c.follower = f.follower
"""
UNPLACED = """
select coalesce(extract(epoch from kernel_now() - min(e.at)), 0) from kernel_sequencer s, kernel_event e
where e.xact >= pg_snapshot_xmin(s.last_snapshot) and e.id > s.floor and not pg_visible_in_snapshot(e.xact, s.last_snapshot)
"""
JOBS = "select queue_name, status::text, count(*) from procrastinate_jobs where status in ('todo', 'doing', 'failed') group by 1, 2"
CONNECTIONS = """
select usename::text, count(*) from pg_stat_activity where datname = current_database() and usename like 'tongban%%' group by 1
"""
TICKED = [monotonic()]
"""When the tick last came round, in the worker."""


def counted(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Count and time every request Django answers, and every file it refuses."""

    def respond(request: HttpRequest) -> HttpResponse:
        began = monotonic()
        response = get_response(request)
        route = request.resolver_match.view_name if request.resolver_match else "none"
        rank = rank_of(request.META).name
        REQUESTS.labels(route, rank, str(response.status_code)).inc()
        DURATIONS.labels(rank).observe(monotonic() - began)
        for examined in getattr(request, "examined", {}).values():
            if isinstance(examined, HouseError):
                UPLOADS.labels(examined.code).inc()
        for kind, place in getattr(request, "kept_out", ()):
            SECRETS_BY[kind, place].inc()
        if violated := getattr(request, "violated", ""):
            VIOLATIONS.labels(violated).inc()
        if kept_from := getattr(request, "kept_from", ""):
            REFUSED.labels(kept_from).inc()
        return response

    return respond


def admission(rank: Rank, outcome: str, waited: float) -> None:
    """Count one request let in or turned away."""
    ADMISSIONS.labels(rank.name, outcome).inc()
    if outcome == "admitted":
        WAITS.labels(rank.name).observe(waited)


def kept(outcome: str) -> None:
    """Count one page for everyone."""
    KEPT_BY[outcome].inc()


class House(Collector):
    """What the database shows at this moment; nothing while it cannot be asked."""

    def collect(self) -> Iterator[Metric]:
        with database.serving("worker"):
            try:
                return iter(list(_shown()))
            except Exception as error:  # noqa: BLE001 - the rest of the figures is told all the same
                log.warning("figures_missing", error=type(error).__name__)
                return iter(())
            finally:
                database.connection().close()


def _shown() -> Iterator[Metric]:
    lags = database.rows(LAGS, [list(following.FOLLOWERS)])
    yield _gauge("tongban_follower_lag_positions", "Events a follower has not read", "follower",
                 {name: behind for name, behind, *_ in lags})
    yield _gauge("tongban_follower_lag_seconds", "Age of the oldest event a follower has not read", "follower",
                 {name: float(age) for name, _, age, _ in lags})
    yield _gauge("tongban_parked_events", "Events that took no effect and wait for someone", "follower",
                 {name: parked for name, *_, parked in lags})
    (unplaced,) = database.row(UNPLACED) or (0,)
    yield _gauge("tongban_sequencer_delay_seconds", "Age of the oldest event without a position", "", {"": float(unplaced)})
    jobs = GaugeMetricFamily("tongban_jobs", "Jobs by queue and state", labels=["queue", "status"])
    waiting = {(queue, status): 0 for queue in ("licences", "messages") for status in ("todo", "doing", "failed")}
    for (queue, status), count in {**waiting, **{(each[0], each[1]): each[2] for each in database.rows(JOBS)}}.items():
        jobs.add_metric([queue, status], count)
    yield jobs
    yield _gauge("tongban_tick_late_seconds", "Seconds since the tick last came round", "", {"": monotonic() - TICKED[0]})
    yield _gauge("tongban_database_connections", "Connections by login", "login", dict(database.rows(CONNECTIONS)))
    (most,) = database.row("select current_setting('max_connections')::int") or (0,)
    yield _gauge("tongban_database_connections_limit", "Connections the database takes", "", {"": most})
    yield _gauge("tongban_log_alarm", "1 if the event log has room for too few months", "", {"": int(partitions.are_few())})
    record = ledger.standing()
    yield _gauge("tongban_seal_age_seconds", "Age of the newest signed checkpoint", "",
                 {"": (record.now - record.sealed_at).total_seconds()})
    audit = ledger.last_audit()
    yield _gauge("tongban_record_faults", "Faults found when everything was last compared with the record", "",
                 {"": audit.faults if audit else 0})
    yield from _witnesses()
    yield _gauge("tongban_unsealed_acts_allowed", "Acts a supervisor allowed although nothing was sealed", "status",
                 {str(act): count for act, count in ledger.leaves_counted().items()})
    day, peak = next(iter(people.days(limit=1)), None), people.peak()
    yield _gauge("tongban_people", "People registered, by real name, and visits, at the end of the last day", "kind",
                 {"registered": day.registered, "real_name": day.real_name, "visits": day.visits, "peak_visits": peak.visits}
                 if day and peak else {})
    (alarms,) = database.row("select count(*) from supervision_signal where rule = 'MANY_READ' and state <> 'CLOSED'") or (0,)
    yield _gauge("tongban_many_read", "Open signals that an officer read of many people within few minutes", "", {"": alarms})
    now = modes.current().mode
    yield _gauge("tongban_mode", "1 for how far the house is open", "mode", {str(each): int(each is now) for each in Mode})


def _witnesses() -> Iterator[Metric]:
    every = ledger.witnesses()
    refusing = {gap.witness for gap in ledger.gaps()}
    others = [each.answers for each in every if each.name not in refusing]
    counts: dict[str, float] = {"cosigns": sum(others), "silent": len(others) - sum(others), "refuses": len(refusing)}
    yield _gauge("tongban_witnesses", "Witnesses of the record: they cosign, do not answer, or refuse", "status", counts)
    yield _gauge("tongban_witnesses_needed", "How many must cosign before people are told that something is sealed", "",
                 {"": ledger.witnesses_needed()})


def _gauge(name: str, text: str, label: str, values: dict[str, float]) -> Metric:
    made = GaugeMetricFamily(name, text, labels=[label] if label else [])
    for key, value in values.items():
        made.add_metric([key] if label else [], value)
    return made


def registry() -> CollectorRegistry:
    """Everything there is to see."""
    made = CollectorRegistry(auto_describe=False)
    MultiProcessCollector(made)  # type: ignore[no-untyped-call]
    made.register(House())
    return made


def serve(port: int) -> WSGIServer | None:
    """Answer on a port of this machine; None if something else holds it, for monitoring stops no work."""
    tidy()
    try:
        server, _thread = start_http_server(port, addr="127.0.0.1", registry=registry())
    except OSError as error:
        log.warning("figures_not_served", port=port, error=type(error).__name__, mend="name another in TONGBAN_METRICS_PORT")
        return None
    return server


def tidy() -> None:
    """Forget what processes that are gone have counted."""
    for path in FOLDER.glob("*_*.db"):
        number = path.stem.rpartition("_")[2]
        if number.isdigit() and not Path(f"/proc/{number}").exists():
            path.unlink(missing_ok=True)
