"""The months the event log has room for; events of a month without room go to a rest that should stay empty."""

from tongban.kernel import database

MONTHS = 13
FEW = 2
AHEAD = """
select coalesce(min(month), %s) - 1 from generate_series(1, %s) month
where to_regclass('kernel_event_' || to_char(kernel_today() + make_interval(months => month), 'YYYY_MM')) is null
"""


def keep() -> int:
    """Make what is missing of the thirteen months ahead; returns how many were made. Nothing is locked if none is."""
    if months_ahead() >= MONTHS:
        return 0
    found = database.row("select kernel_keep_partitions(%s)", [MONTHS])
    return int(found[0]) if found else 0


def months_ahead() -> int:
    """How many months after this one follow without a gap; every login may ask."""
    found = database.row(AHEAD, [MONTHS + 1, MONTHS])
    return int(found[0]) if found else 0


def are_few() -> bool:
    """Must an operator see to it, because the worker did not?"""
    return months_ahead() < FEW
