"""The law of processes: read a drawing, compile it to a sound graph, advance a case through it."""

from tongban.workflows.rules.compiling import check_length, compile_process, longest_chain, steps_of
from tongban.workflows.rules.parsing import read_process
from tongban.workflows.rules.running import (
    advance,
    begin,
    is_finished,
    open_tasks,
    reopen,
    tokens_from_json,
    tokens_to_json,
)

__all__ = [
    "advance",
    "begin",
    "check_length",
    "compile_process",
    "is_finished",
    "longest_chain",
    "open_tasks",
    "read_process",
    "reopen",
    "steps_of",
    "tokens_from_json",
    "tokens_to_json",
]
