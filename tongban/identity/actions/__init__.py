"""The verbs of identity: the only writers of its tables, each with its own event."""

from tongban.identity.actions.accounts import give_post, open_account
from tongban.identity.actions.administering import (
    begin_administrators,
    confirm_administrator,
    confirm_staff,
    propose_staff,
)
from tongban.identity.actions.admitting import close_client, confirm_client, propose_client
from tongban.identity.actions.answering import confirm_responsible, name_sample_responsible, propose_responsible
from tongban.identity.actions.assessing import assess_again, confirm_assessment, erase_assessments
from tongban.identity.actions.attempts import check_place, note_place
from tongban.identity.actions.codes import ask_code, send_code
from tongban.identity.actions.correcting import ask_for_phone, correct_details
from tongban.identity.actions.ending import end_sessions
from tongban.identity.actions.enrolling import Asked, ask_to_enrol, enrol, phone_of, send_enrolment_code
from tongban.identity.actions.facing import strengthen_by_face
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
from tongban.identity.actions.firms import register_own_firm
from tongban.identity.actions.first_secrets import confirm_reset, propose_reset, use_first_secret
from tongban.identity.actions.granting import (
    give_back_token,
    give_grant,
    issue_code,
    redeem_code,
    release_attributes,
    renew_tokens,
    withdraw_grant,
)
from tongban.identity.actions.helping import ask_help, end_help, end_idle_help, start_help
from tongban.identity.actions.leaving import (
    close_account,
    erase_contact,
    erase_person,
    freeze_account,
    unfreeze_at_counter,
)
from tongban.identity.actions.mandates import accept_mandate, ask_mandate, end_mandate, offer_mandate
from tongban.identity.actions.merging import count_people, merge_accounts, refuse_merge
from tongban.identity.actions.new_phones import ask_for_new_phone, name_new_phone, stop_new_phone, take_new_phones
from tongban.identity.actions.offering import (
    answer_offer,
    check_unknown_offers,
    note_unknown_offer,
    offer_phone,
    take_offer,
    use_offer,
)
from tongban.identity.actions.pairing import answer_pairing, ask_to_pair, use_pairing
from tongban.identity.actions.proofing import give_proofing_code, prove_at_counter, prove_by_data, prove_by_face
from tongban.identity.actions.provisioning import (
    change_provisioned,
    provision_account,
    remove_provisioned,
    set_post_holders,
    take_post,
)
from tongban.identity.actions.reading import read_subject
from tongban.identity.actions.recovering import ask_to_recover, prove_for_recovery, recover, recovery_level
from tongban.identity.actions.registering import appoint_agent, register_entity, register_person
from tongban.identity.actions.sessions import clean_up, close_sessions, give_key, open_session, sign_out, withdraw_key
from tongban.identity.actions.signing_in import (
    change_password,
    check_look_up,
    note_wrong_look_up,
    prove_password,
    sign_in,
)
from tongban.identity.actions.sources import (
    address_of_source,
    close_source,
    confirm_source,
    end_by_source,
    link_source,
    propose_source,
    receive_from_source,
    sign_in_by_source,
    unlink_source,
)
from tongban.identity.actions.staffing import doubt_staff, identify_staff, untie_staff
from tongban.identity.actions.stepping_up import prove_by_code, prove_by_password
from tongban.identity.actions.telling import clean_grants, tell_logout

__all__ = [
    "Asked", "accept_mandate", "add_passkey", "add_totp", "address_of_source", "answer_offer", "answer_pairing", "appoint_agent",
    "ask_code", "ask_for_new_phone", "ask_for_phone", "ask_help", "ask_mandate", "ask_to_enrol", "ask_to_pair", "ask_to_recover",
    "assess_again", "begin_administrators", "change_password", "change_provisioned", "check_look_up", "check_place",
    "check_unknown_offers", "clean_grants", "clean_up", "close_account", "close_client", "close_sessions", "close_source",
    "confirm_administrator", "confirm_assessment", "confirm_client", "confirm_reset", "confirm_responsible", "confirm_source",
    "confirm_staff", "correct_details", "count_people", "doubt_staff", "end_by_source", "end_help", "end_idle_help", "end_mandate",
    "end_sessions", "enrol", "erase_assessments", "erase_contact", "erase_person", "freeze_account", "give_back_token", "give_grant",
    "give_key", "give_post", "give_proofing_code", "identify_staff", "issue_code", "link_source", "make_recovery_codes", "merge_accounts",
    "name_new_phone", "name_sample_responsible", "note_place", "note_unknown_offer", "note_wrong_look_up", "offer_mandate", "offer_phone",
    "open_account", "open_session", "phone_of", "propose_client", "propose_reset", "propose_responsible", "propose_source",
    "propose_staff", "prove_at_counter", "prove_by_code", "prove_by_data", "prove_by_face", "prove_by_passkey", "prove_by_password",
    "prove_by_recovery", "prove_by_totp", "prove_for_recovery", "prove_password", "provision_account", "read_subject",
    "receive_from_source", "recover", "recovery_level", "redeem_code", "refuse_merge", "register_entity", "register_own_firm",
    "register_person", "release_attributes", "remove_device", "remove_factor", "remove_provisioned", "renew_tokens", "send_code",
    "send_enrolment_code", "set_post_holders", "sign_in", "sign_in_by_passkey", "sign_in_by_source", "sign_out", "start_help",
    "stop_new_phone", "strengthen_by_face", "take_new_phones", "take_offer", "take_post", "tell_logout", "unfreeze_at_counter",
    "unlink_source", "untie_staff", "use_first_secret", "use_offer", "use_pairing", "withdraw_grant", "withdraw_key",
]
