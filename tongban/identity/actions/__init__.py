"""The verbs of identity: the only writers of its tables, each with its own event."""

from tongban.identity.actions.accounts import give_post, open_account
from tongban.identity.actions.administering import (
    begin_administrators,
    confirm_administrator,
    confirm_staff,
    propose_staff,
)
from tongban.identity.actions.admitting import close_client, confirm_client, propose_client
from tongban.identity.actions.granting import (
    give_back_token,
    give_grant,
    issue_code,
    redeem_code,
    release_attributes,
    renew_tokens,
    withdraw_grant,
)
from tongban.identity.actions.pairing import answer_pairing, ask_to_pair, use_pairing
from tongban.identity.actions.provisioning import (
    change_provisioned,
    provision_account,
    remove_provisioned,
    set_post_holders,
    take_post,
)
from tongban.identity.actions.registering import appoint_agent, register_entity, register_person
from tongban.identity.actions.sessions import clean_up, close_sessions, give_key, open_session, sign_out, withdraw_key
from tongban.identity.actions.signing_in import change_password, check_look_up, note_wrong_look_up, sign_in
from tongban.identity.actions.telling import clean_grants, tell_logout

__all__ = [
    "answer_pairing",
    "appoint_agent",
    "ask_to_pair",
    "begin_administrators",
    "change_password",
    "change_provisioned",
    "check_look_up",
    "clean_grants",
    "clean_up",
    "close_client",
    "close_sessions",
    "confirm_administrator",
    "confirm_client",
    "confirm_staff",
    "give_back_token",
    "give_grant",
    "give_key",
    "give_post",
    "issue_code",
    "note_wrong_look_up",
    "open_account",
    "open_session",
    "propose_client",
    "propose_staff",
    "provision_account",
    "redeem_code",
    "register_entity",
    "register_person",
    "release_attributes",
    "remove_provisioned",
    "renew_tokens",
    "set_post_holders",
    "sign_in",
    "sign_out",
    "take_post",
    "tell_logout",
    "use_pairing",
    "withdraw_grant",
    "withdraw_key",
]
