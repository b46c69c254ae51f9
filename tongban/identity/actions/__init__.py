"""The verbs of identity: the only writers of its tables, each with its own event."""

from tongban.identity.actions.accounts import give_post, open_account
from tongban.identity.actions.administering import (
    begin_administrators,
    confirm_administrator,
    confirm_staff,
    propose_staff,
)
from tongban.identity.actions.enrolling import ask_to_enrol, enrol, phone_of
from tongban.identity.actions.firms import register_own_firm
from tongban.identity.actions.merging import count_people, merge_accounts, refuse_merge
from tongban.identity.actions.proofing import give_proofing_code, prove_at_counter, prove_by_data, prove_by_face
from tongban.identity.actions.registering import appoint_agent, register_entity, register_person
from tongban.identity.actions.sessions import clean_up, close_sessions, give_key, open_session, sign_out, withdraw_key
from tongban.identity.actions.signing_in import change_password, check_look_up, note_wrong_look_up, sign_in

__all__ = [
    "appoint_agent",
    "ask_to_enrol",
    "begin_administrators",
    "change_password",
    "check_look_up",
    "clean_up",
    "close_sessions",
    "confirm_administrator",
    "confirm_staff",
    "count_people",
    "enrol",
    "give_key",
    "give_post",
    "give_proofing_code",
    "merge_accounts",
    "note_wrong_look_up",
    "open_account",
    "open_session",
    "phone_of",
    "propose_staff",
    "prove_at_counter",
    "prove_by_data",
    "prove_by_face",
    "refuse_merge",
    "register_entity",
    "register_own_firm",
    "register_person",
    "sign_in",
    "sign_out",
    "withdraw_key",
]
