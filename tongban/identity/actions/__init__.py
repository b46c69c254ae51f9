"""The verbs of identity: the only writers of its tables, each with its own event."""

from tongban.identity.actions.accounts import give_post, open_account
from tongban.identity.actions.administering import (
    begin_administrators,
    confirm_administrator,
    confirm_staff,
    propose_staff,
)
from tongban.identity.actions.codes import ask_code, send_code
from tongban.identity.actions.factors import (
    add_passkey,
    add_totp,
    make_recovery_codes,
    prove_by_passkey,
    prove_by_recovery,
    prove_by_totp,
    remove_device,
    remove_factor,
    sign_in_by_passkey,
)
from tongban.identity.actions.registering import appoint_agent, register_entity, register_person
from tongban.identity.actions.sessions import clean_up, close_sessions, give_key, open_session, sign_out, withdraw_key
from tongban.identity.actions.signing_in import change_password, check_look_up, note_wrong_look_up, sign_in
from tongban.identity.actions.stepping_up import prove_by_code, prove_by_password

__all__ = [
    "add_passkey",
    "add_totp",
    "appoint_agent",
    "ask_code",
    "begin_administrators",
    "change_password",
    "check_look_up",
    "clean_up",
    "close_sessions",
    "confirm_administrator",
    "confirm_staff",
    "give_key",
    "give_post",
    "make_recovery_codes",
    "note_wrong_look_up",
    "open_account",
    "open_session",
    "propose_staff",
    "prove_by_code",
    "prove_by_passkey",
    "prove_by_password",
    "prove_by_recovery",
    "prove_by_totp",
    "register_entity",
    "register_person",
    "remove_device",
    "remove_factor",
    "send_code",
    "sign_in",
    "sign_in_by_passkey",
    "sign_out",
    "withdraw_key",
]
