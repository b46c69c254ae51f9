"""Verbs of federation."""

from tongban.federation.actions.incidents import (
    close_incident,
    correct_incident,
    note_by_rule,
    note_incident,
    report_incident,
    tell_overdue,
)
from tongban.federation.actions.peers import (
    close_peer,
    confirm_peer,
    forget_envelopes,
    hear_incident,
    open_envelope,
    propose_peer,
)

__all__ = [
    "close_incident", "close_peer", "confirm_peer", "correct_incident", "forget_envelopes", "hear_incident", "note_by_rule",
    "note_incident", "open_envelope", "propose_peer", "report_incident", "tell_overdue",
]
