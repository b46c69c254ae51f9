"""Time as it is played: the database tells the hour we set, lives go on in its order, rules act in between."""

import heapq
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

import msgspec
import structlog
from django.db import connections
from procrastinate.contrib.django import app

from tongban.calendars import queries as calendars
from tongban.calendars.rules import add_working_days, next_working_day
from tongban.identity.types import Actor, ActorKind
from tongban.kernel import database, following, parameters, partitions, sequencing, ticking
from tongban.kernel.clock import SHANGHAI
from tongban.kernel.errors import HouseError

SETTING = "app.sample_now"
PLAYED = f"""
create or replace function kernel_now() returns timestamptz language sql stable as
  $$select coalesce(nullif(current_setting('{SETTING}', true), '')::timestamptz, statement_timestamp())$$
"""
TRUE = "create or replace function kernel_now() returns timestamptz language sql stable as 'select statement_timestamp()'"
LOGINS = ("worker", "citizen", "officer")
DAY = timedelta(days=1)
ROUNDS = (time(11, 30), time(17, 31))
"""From when, within twenty-five minutes, rules act on a working day: what was decided before is finished then."""
NIGHT = time(0, 4)
FRESH = """
select distinct e.name from kernel_position p join kernel_event e on e.id = p.event and e.at = p.at
where p.position > coalesce((select max(position) from kernel_cursor where follower = any(%s)), 0)
"""
log = structlog.get_logger(__name__)
Life = Iterator[datetime]


@contextmanager
def played_clock() -> Iterator[None]:
    """Let the database's clock be set, and put it back whatever happens."""
    before = _definition()
    _own(PLAYED)
    try:
        yield
    finally:
        for login in LOGINS:
            connections[login].close()
        _own(before)
        parameters.forget()


def put_clock_right() -> bool:
    """Put the clock back if the process that played with it was killed; False if it was right."""
    if SETTING not in _definition():
        return False
    _own(TRUE)
    return True


def _definition() -> str:
    with connections[database.OWNER].cursor() as cursor:
        cursor.execute("select pg_get_functiondef('kernel_now()'::regprocedure)")
        return str(cursor.fetchone()[0])


def _own(sql: str) -> None:
    with connections[database.OWNER].cursor() as cursor:
        cursor.execute(sql)
    connections[database.OWNER].close()


class Play:
    """Lives that wait for their hour, and the hour it is."""

    def __init__(self, *, start: datetime, end: datetime, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a history, no secret
        self.calendar = calendars.calendar()
        self.now, self.start, self.end = start, start, end
        self.failed = 0
        self.watch: Callable[[], None] = lambda: None
        self._waiting: list[tuple[datetime, int, Life]] = []
        self._order = count()
        self._told: dict[str, datetime] = {}

    def begin(self, life: Life) -> None:
        """Let a life go on to the first moment it waits for."""
        self._go_on(life)

    def run(self, say: Callable[[int], None]) -> None:
        """Let time pass to the end; between the acts of people rules do what they do. `say` is told the days gone."""
        with self.by_rule():
            partitions.keep()
        for at in self._rules():
            while self._waiting and self._waiting[0][0] <= at:
                self.now, _, life = heapq.heappop(self._waiting)
                self._go_on(life)
            self.now = at
            self._act_by_rule()
            if at.time() == NIGHT:
                say((at - self.start).days)

    def _rules(self) -> Iterator[datetime]:
        """When rules act: at night, twice on a working day, and at the end."""
        day = self.start.date() + DAY
        while day <= self.end.date():
            rounds = [datetime.combine(day, NIGHT, SHANGHAI)]
            if self.calendar.is_working(day):
                rounds += [datetime.combine(day, hour, SHANGHAI) + timedelta(seconds=self.random.randrange(1500))
                           for hour in ROUNDS]
            yield from (at for at in rounds if at < self.end)
            day += DAY
        yield self.end

    def _go_on(self, life: Life) -> None:
        try:
            moment = next(life)
        except StopIteration:
            return
        except HouseError as refused:
            self.failed += 1
            log.warning("life_ended", refusal=repr(refused), at=str(self.now))
            return
        if moment <= self.end:
            heapq.heappush(self._waiting, (max(moment, self.now), next(self._order), life))

    def _act_by_rule(self) -> None:
        with self.by_rule():
            if self.now.time() == NIGHT or self.now == self.end:
                ticking.tick()
            while sequencing.take_turn():
                _follow()
                _run_jobs()
        self.watch()

    @contextmanager
    def by_rule(self) -> Iterator[None]:
        """The worker's login at this hour."""
        with database.serving("worker"):
            self._tell("worker")
            yield

    def act(self, actor: Actor, action: Callable[..., Any], /, **arguments: Any) -> Any:
        """Do something as a request of this actor would at this hour."""
        login = "citizen" if actor.kind is ActorKind.CITIZEN else "officer"
        with database.serving(login):
            self._tell(login)
            with database.acting(parties=actor.parties, authorities=actor.authorities, account=actor.account):
                return action(actor, **arguments)

    def _tell(self, login: str) -> None:
        """Set the clock of a login; what is lost when the machine stops is not waited for."""
        if login not in self._told:
            database.execute("set synchronous_commit = off")
        if self._told.get(login) != self.now:
            database.execute("select set_config(%s, %s, false)", [SETTING, self.now.isoformat()])
            self._told[login] = self.now

    def online(self, day: date) -> datetime:
        """An hour at which people sit down and apply."""
        hour = self.random.choices(range(7, 22), (1, 3, 7, 9, 8, 4, 3, 6, 8, 7, 4, 3, 4, 4, 2))[0]
        return datetime.combine(day, time(hour, self.random.randrange(60), self.random.randrange(60)), SHANGHAI)

    def office(self, days: int = 0, *, early: bool = False) -> datetime:
        """An office hour so many working days from now; today if there still is time. `early`: before noon."""
        day = self.now.date()
        if days or not self.calendar.is_working(day) or self.now.time() > time(16, 30):
            day = add_working_days(day, max(days, 1), self.calendar)
        morning = early or self.random.random() < 0.55
        opens, minutes = (time(9), 150) if morning else (time(13, 40), 200)
        found = datetime.combine(day, opens, SHANGHAI) + timedelta(seconds=self.random.randrange(minutes * 60))
        soon = self.now + timedelta(seconds=self.random.randrange(240, 2400))
        return max(found, soon) if day == self.now.date() else found

    def before(self, days: int) -> date:
        """The working day so many before the last one of the history."""
        day = self.end.date()
        while not self.calendar.is_working(day):
            day -= DAY
        while days:
            day -= DAY
            days -= self.calendar.is_working(day)
        return day

    def next_day(self) -> date:
        return next_working_day(self.now.date(), self.calendar)


def _follow() -> None:
    """Let those followers catch up that know an event of the last turn; in one transaction, which saves commits."""
    fresh = {name for (name,) in database.rows(FRESH, [list(following.FOLLOWERS)])}
    with database.atomic():
        for follower in following.FOLLOWERS.values():
            if follower.events & fresh:
                while following.catch_up(follower):
                    pass


def _run_jobs() -> None:
    """Run what followers queued, as the worker's jobs would."""
    found = database.rows("select id, task_name, args::text from procrastinate_jobs where status = 'todo' order by id")
    with database.atomic():
        for key, name, arguments in found:
            app.tasks[name].func(**msgspec.json.decode(arguments))
            database.rows("select procrastinate_finish_job_v1(%s, 'succeeded', true)", [key])
