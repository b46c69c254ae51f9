"""What time brings to supervision, and files made from lists."""

from tongban.kernel import database
from tongban.kernel.jobs import job
from tongban.kernel.retention import keeps
from tongban.kernel.ticking import each_alone, on_tick
from tongban.kernel.types import System, Text
from tongban.supervision.actions import erase_exports, lapse_export, make_export, raise_signals
from tongban.supervision.queries import oldest_export, overdue_exports

TICK = System(name="tick")
AT_ONCE = 200


@on_tick("supervision.signals")
def look_at_clocks() -> int:
    """Raise what clocks that are due deserve."""
    return raise_signals(TICK, limit=AT_ONCE)


@on_tick("supervision.exports")
def end_waiting() -> int:
    """End requests for files that nobody decided in time."""
    return each_alone(overdue_exports(AT_ONCE), lambda key: lapse_export(TICK, key=key))


@job("supervision.make_export")
def make_file(export: str) -> None:
    """Make one file that was asked for."""
    with database.serving("worker"):
        make_export(System(name="supervision"), key=export)


keeps("exports", figure="retention.export_days", erase=erase_exports, oldest=oldest_export,
      what=Text(zh="监督人员导出的办件清单（不含申请人姓名）", en="Lists of cases that supervisors took as files; they name no applicant"))
