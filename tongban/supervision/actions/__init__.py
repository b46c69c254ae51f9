"""The verbs of supervision: what rules do by themselves, what people do with signals, orders, lists that leave as files."""

from tongban.supervision.actions.by_rule import (
    notify_signals,
    raise_for_reading,
    raise_for_rectification,
    raise_for_second_notice,
    raise_signals,
    watch_cases,
)
from tongban.supervision.actions.exports import (
    approve_export,
    ask_export,
    erase_exports,
    fetch_export,
    lapse_export,
    make_export,
    refuse_export,
)
from tongban.supervision.actions.orders import answer_order, send_order, settle_order
from tongban.supervision.actions.signals import (
    cancel_signal,
    close_signal,
    confirm_signal,
    correct_signal,
    explain_signal,
    raise_signal,
)

__all__ = [
    "answer_order", "approve_export", "ask_export", "cancel_signal", "close_signal", "confirm_signal", "correct_signal", "erase_exports",
    "explain_signal", "fetch_export", "lapse_export", "make_export", "notify_signals", "raise_for_reading", "raise_for_rectification",
    "raise_for_second_notice", "raise_signal", "raise_signals", "refuse_export", "send_order", "settle_order", "watch_cases",
]
