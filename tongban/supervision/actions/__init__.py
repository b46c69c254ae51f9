"""The verbs of supervision: what rules do by themselves, what people do with signals, orders."""

from tongban.supervision.actions.by_rule import (
    notify_signals,
    raise_for_reading,
    raise_for_rectification,
    raise_for_second_notice,
    raise_signals,
    watch_cases,
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
    "answer_order", "cancel_signal", "close_signal", "confirm_signal", "correct_signal", "explain_signal",
    "notify_signals", "raise_for_reading", "raise_for_rectification", "raise_for_second_notice", "raise_signal", "raise_signals",
    "send_order", "settle_order", "watch_cases",
]
