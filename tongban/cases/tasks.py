"""What time brings to cases, and slow work on many of them."""

from functools import partial

from tongban.cases.actions import (
    break_promises,
    close_unanswered,
    deem_accepted,
    erase_drafts,
    erase_granted,
    erase_kept,
    erase_others,
    erase_papers,
    recalculate_case,
)
from tongban.cases.queries import due_numbers, oldest, overdue_promises, running_numbers
from tongban.cases.types import State
from tongban.kernel import database
from tongban.kernel.jobs import job
from tongban.kernel.retention import keeps
from tongban.kernel.ticking import each_alone, on_tick
from tongban.kernel.types import System, Text

TICK = System(name="tick")
RULE = System(name="cases")
AT_ONCE = 200


@on_tick("cases.due")
def act_on_due() -> int:
    """Accept by silence and close what was not corrected, each in its own transaction; one that fails holds up none."""
    return each_alone(due_numbers(AT_ONCE), _act)


@on_tick("cases.promises")
def note_broken_promises() -> int:
    """Note promised materials that did not come, each case in its own transaction."""
    return each_alone(overdue_promises(AT_ONCE), lambda number: break_promises(TICK, number=number))


@job("cases.recalculate")
def recalculate() -> None:
    """Count every running clock anew, each case alone; tried again as a whole if one failed."""
    after, failed = 0, 0
    with database.serving("worker"):
        while page := running_numbers(after=after, limit=AT_ONCE):
            done = each_alone(page, lambda found: recalculate_case(RULE, number=found[1]))
            after, failed = page[-1][0], failed + len(page) - done
    if failed:
        raise RuntimeError(f"{failed} cases could not be counted anew")


def _act(due: tuple[str, State]) -> bool:
    number, state = due
    act = deem_accepted if state is State.SUBMITTED else close_unanswered
    return act(TICK, number=number)


keeps("drafts", figure="retention.draft_days", erase=erase_drafts, oldest=partial(oldest, "cases_draft", "updated_at"),
      what=Text(zh="没有交的草稿", en="Drafts that were not sent"))
keeps("papers", figure="retention.paper_days", erase=erase_papers,
      oldest=partial(oldest, "documents_document", "kept_at", "not made and authorities = '{}'"),
      what=Text(zh="传了没有交的文件", en="Papers uploaded and not handed in"))
keeps("granted cases", figure="retention.granted_days", erase=erase_granted,
      oldest=partial(oldest, "cases_case", "completed_at", "answers <> '' and outcome = 'GRANTED'"),
      what=Text(zh="准予的办件：您填的内容和材料", en="Granted cases: what you wrote and handed in"))
keeps("other cases", figure="retention.other_days", erase=erase_others,
      oldest=partial(oldest, "cases_case", "completed_at", "answers <> '' and outcome <> 'GRANTED'"),
      what=Text(zh="其他办结的办件：您填的内容和材料", en="Other finished cases: what you wrote and handed in"))
keeps("former people", figure="retention.former_days", erase=erase_kept, oldest=lambda: None,
      what=Text(zh="证照、办件或单位里留着的姓名和证件号码：不再需要以后",
                en="Name and identity number kept for a licence, a case or a firm, once nothing needs them"))
"""Since when nothing needs somebody is written nowhere, so none of them is ever said to be past their time."""
