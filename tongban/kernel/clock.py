"""The one clock: the database's. People read it in Asia/Shanghai."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from tongban.kernel import database

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The database's time, aware, in Asia/Shanghai."""
    found = database.planned_row("select kernel_now()")
    if found is None:
        raise RuntimeError("the database told no time")
    moment: datetime = found[0]
    return moment.astimezone(SHANGHAI)


def today() -> date:
    """The date in Asia/Shanghai by the database's clock."""
    return now().date()


def this_day() -> date:
    """The date by this machine's clock: good enough to say which figure of policy a page is drawn by, and for no deadline."""
    return datetime.now(SHANGHAI).date()


def this_year() -> int:
    """The year by this machine's clock: good enough to say whether a day is written with its year, and for nothing else."""
    return datetime.now(SHANGHAI).year


def of_this_machine() -> datetime:
    """The time by this machine's clock: to see how far it is from the database's, and to say when a page was drawn."""
    return datetime.now(SHANGHAI)


def local(moment: datetime) -> datetime:
    """`moment` as people in Asia/Shanghai read it."""
    return moment.astimezone(SHANGHAI)
