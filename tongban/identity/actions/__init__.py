"""The verbs of identity: the only writers of its tables, each with its own event."""

from tongban.identity.actions.accounts import give_post, open_account
from tongban.identity.actions.administering import (
    begin_administrators,
    confirm_administrator,
    confirm_staff,
    propose_staff,
)
from tongban.identity.actions.reading import read_subject
from tongban.identity.actions.registering import appoint_agent, register_entity, register_person
from tongban.identity.actions.sessions import clean_up, close_sessions, give_key, open_session, sign_out, withdraw_key
from tongban.identity.actions.signing_in import change_password, check_look_up, note_wrong_look_up, sign_in

__all__ = [
    "appoint_agent",
    "begin_administrators",
    "change_password",
    "check_look_up",
    "clean_up",
    "close_sessions",
    "confirm_administrator",
    "confirm_staff",
    "give_key",
    "give_post",
    "note_wrong_look_up",
    "open_account",
    "open_session",
    "propose_staff",
    "read_subject",
    "register_entity",
    "register_person",
    "sign_in",
    "sign_out",
    "withdraw_key",
]
