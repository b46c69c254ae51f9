"""The whole of it: how many cases of what kind when, the matters of those who sign in first, and the playing of it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from django.db import connections

from tongban.cases import actions as cases
from tongban.catalogue import queries as catalogue
from tongban.config import samples
from tongban.config.sample_cases.answering import Answering
from tongban.config.sample_cases.cast import Cast
from tongban.config.sample_cases.lives import Course, Plan, Story
from tongban.config.sample_cases.playing import DAY, Life, Play, played_clock, put_clock_right
from tongban.identity.types import Actor
from tongban.kernel import clock, database
from tongban.kernel.types import Channel

SEED = 20260302
CASES, DAYS = 150, 60
GOALING = "food-operation-gaoling"
COURSES = {
    Course.CORRECTED: 11, Course.CORRECTED_LATE: 2, Course.UNANSWERED: 1, Course.DECLINED: 3, Course.SILENT: 1,
    Course.WITHDRAWN: 3, Course.STOPPED: 3, Course.EXTENDED: 1, Course.PROMISED: 3, Course.REFUSED: 2, Course.LATE: 5,
}
"""Of every hundred cases; the others go as they should."""
ALSO = ((GOALING, Course.VOIDED, 20), ("public-hygiene-guangan", Course.SILENT, 30))
"""What must not be left to chance: item, course, working days before the end."""
WAITING = (
    *((GOALING, Course.WAITS, days) for days in (4, 4, 3, 3, 2, 2, 1, 1, 1, 0, 0, 0)),
    *((GOALING, Course.WAITS_CORRECTED, days) for days in (9, 8, 7)),
    *((GOALING, Course.WAITS_FOR_EXAMINATION, days) for days in (12, 11, 8, 7, 5, 4, 3)),
    *((GOALING, Course.WAITS_FOR_DECISION, days) for days in (13, 11, 10, 6)),
    ("road-occupation-huimin", Course.WAITS_FOR_EXAMINATION, 8),
    ("public-hygiene-guangan", Course.WAITS_FOR_EXAMINATION, 8),
    ("retirement-guangan", Course.WAITS_FOR_DECISION, 12),
)
"""Cases still in somebody's hands at the end."""


OTHERS = """
select count(*) from pg_stat_activity where datname = current_database() and usesysid is not null and pid <> all(%s)
"""


class Served(Exception):
    """Somebody else uses the database: a clock that is played with would be theirs too."""


def is_wanted() -> bool:
    """Is there no case yet? Otherwise nothing is invented beside what people did."""
    return database.row("select 1 from cases_case limit 1") is None


def load(say: Callable[[str], None], *, number: int = CASES) -> int:
    """Play the history up to now; returns how many cases there are then. Call with the worker's login.

    `number`: how many cases come in by chance, besides those that must be there.
    """
    samples.refuse_beside_real_cases()
    if not is_wanted():
        return 0
    _refuse_while_served()
    put_clock_right()
    end = clock.now()
    play = Play(start=end - DAYS * DAY, end=end, seed=SEED)
    with played_clock():
        cast = Cast(play)
        play.watch = Answering(play, cast).look
        for plan in _plans(play, cast, number):
            play.begin(Story(cast, plan).life())
        for life in _xiaoman(play, cast):
            play.begin(life)
        play.run(lambda gone: None if gone % 20 or not gone else say(f"  {gone} of {DAYS} days"))
    made = database.row("select count(*) from cases_case")
    count = int(made[0]) if made else 0
    say(f"sample history: {count} cases of {DAYS} days" + (f", {play.failed} left unfinished" if play.failed else ""))
    return count


def _refuse_while_served() -> None:
    """Raise `Served` if anybody but this process is connected: all would be told the hour that is played."""
    ours = [each.connection.info.backend_pid for each in connections.all(initialized_only=True) if each.connection]
    found = database.row(OTHERS, [ours])
    if found and found[0]:
        raise Served(f"{found[0]} other connections use this database. Stop web and worker, then invent the history.")


def _plans(play: Play, cast: Cast, number: int) -> Iterator[Plan]:
    rng = play.random
    days = [play.start.date() + place * DAY for place in range(DAYS + 1)]
    busy = [1.0 if play.calendar.is_working(day) else 0.22 for day in days]
    wanted = [(slug, turn) for slug, place in cast.words["items"].items()
              for turn in range(max(min(2, number), round(number * place["share"] / 100)))]
    courses = _shares(len(wanted))
    rng.shuffle(courses)
    for (slug, turn), course in zip(wanted, courses, strict=True):
        at = play.online(rng.choices(days, busy)[0])
        if at <= play.end:
            yield Plan(slug=slug, actor=cast.applicant(slug, turn), at=at, course=course)
    for turn, (slug, course, ago) in enumerate((*ALSO, *WAITING)):
        at = min(play.online(play.before(ago)), play.end - timedelta(minutes=7 * (turn + 1)))
        yield Plan(slug=slug, actor=cast.applicant(slug, turn), at=at, course=course)


def _shares(count: int) -> list[Course]:
    """So many courses in the shares they are to have; the rest is plain."""
    some = [course for course, share in COURSES.items() for _ in range(round(count * share / 100))]
    return [*some, *[Course.PLAIN] * count][:count]


def _xiaoman(play: Play, cast: Cast) -> Iterator[Life]:
    """What the first citizen finds: a licence, a review to give, a case under way, one to correct, a draft."""
    her = cast.known["wang-xiaoman"]

    def plan(slug: str, course: Course, ago: int, *, as_person: bool = False, grade: int = 0) -> Life:
        at = play.online(play.before(ago)).replace(hour=10)
        return Story(cast, Plan(slug=slug, actor=her, at=at, course=course, as_person=as_person, grade=grade,
                                fetched=grade > 0)).life()

    yield plan(GOALING, Course.PLAIN, 30, grade=1)
    yield plan("residence-permit-guangan", Course.PLAIN, 4, as_person=True)
    yield plan("public-hygiene-guangan", Course.WAITS_FOR_DECISION, 5)
    yield plan(GOALING, Course.UNANSWERED, 3)
    yield _draft(play, cast, replace(her, channel=Channel.MOBILE))


def _draft(play: Play, cast: Cast, her: Actor) -> Life:
    yield play.online(play.before(1)).replace(hour=20)
    guide = catalogue.guide(catalogue.code_of("road-occupation-huimin"))
    play.act(her, lambda actor: cases.start_draft(
        actor, item_code=guide.code, applicant=her.entities[0], answers=cast.answers(actor, guide, her.entities[0])))
