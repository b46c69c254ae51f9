"""The verbs of a case: the only writers of its tables, each with its own event."""

from tongban.cases.actions.clock import (
    allow_second_stop,
    close_unanswered,
    deem_accepted,
    extend_case,
    resume_case,
    suspend_case,
)
from tongban.cases.actions.decision import conclude_case, decide_case, deliver_case, void_case
from tongban.cases.actions.drafts import attach_to_draft, discard_draft, move_drafts, save_draft, start_draft
from tongban.cases.actions.examination import examine_case, return_case
from tongban.cases.actions.intake import (
    accept_case,
    allow_second_notice,
    answer_corrections,
    decline_case,
    request_corrections,
)
from tongban.cases.actions.leaving import (
    close_account,
    erase_drafts,
    erase_former,
    erase_granted,
    erase_kept,
    erase_others,
    erase_papers,
)
from tongban.cases.actions.overriding import allow_unsealed
from tongban.cases.actions.promised import break_promises, bring_promised
from tongban.cases.actions.recalculation import recalculate_case
from tongban.cases.actions.submission import submit_case, submit_draft, withdraw_case
from tongban.cases.actions.views import remove_view, save_view

__all__ = [
    "accept_case", "allow_second_notice", "allow_second_stop", "allow_unsealed", "answer_corrections", "attach_to_draft", "break_promises",
    "bring_promised", "close_account", "close_unanswered", "conclude_case", "decide_case", "decline_case",
    "deem_accepted", "deliver_case", "discard_draft", "erase_drafts", "erase_former", "erase_granted", "erase_kept", "erase_others",
    "erase_papers", "examine_case", "extend_case", "move_drafts", "recalculate_case", "remove_view",
    "request_corrections", "resume_case", "return_case", "save_draft", "save_view", "start_draft", "submit_case", "submit_draft",
    "suspend_case", "void_case", "withdraw_case",
]
