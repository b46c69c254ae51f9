"""The reads of identity: who is calling, and what is known of a party."""

from tongban.identity.queries.answering import AnsweringRow, answered_before, answering, charges, waiting_to_answer
from tongban.identity.queries.assessing import AssessmentRow, assessments, oldest_ended_sharing, proposed_assessment
from tongban.identity.queries.callers import (
    account_of,
    actor_by_session,
    entered,
    kind_of,
    login_of,
    shown_login,
    token_hash,
)
from tongban.identity.queries.credentials import common_passwords, credential_types, exchange_person
from tongban.identity.queries.factors import (
    DeviceRow,
    FactorRow,
    browser_of_device,
    code_is_asked,
    code_was_asked,
    devices_of,
    factors_allowed,
    factors_of,
    is_shown,
    login_of_passkey,
    new_passkey,
    new_secret,
    number_for_codes,
    one_factor_is_enough,
    phone_end,
    recovery_left,
    second_ways,
    shown_code,
    totp_address,
    wanted_strength,
    ways,
)
from tongban.identity.queries.granting import (
    ClientView,
    GrantRow,
    ProvisionedRow,
    client,
    clients,
    granted_scopes,
    grants_of,
    names_of_clients,
    party_of_code,
    party_of_token,
    proposed_client,
    provisioned,
    provisioning_client,
    signed_on,
    waiting_for_logout,
)
from tongban.identity.queries.mandates import (
    HelpingRow,
    MandateRow,
    accounts_of,
    acting_name,
    agents_of,
    helping_of,
    in_force_for,
    invitation,
    mandate,
    mandate_by_id,
    mandates_of,
    shown_names,
)
from tongban.identity.queries.offering import OfferRow, offer, offer_at_computer, offer_at_phone, offer_hash
from tongban.identity.queries.pairing import PairingRow, pairing
from tongban.identity.queries.parties import (
    PartyView,
    everyone_of,
    has_account,
    has_left,
    is_merged,
    is_sample,
    party,
    party_by_id_number,
    party_by_uscc,
    represents,
)
from tongban.identity.queries.passkeys import request_options, site
from tongban.identity.queries.proofing import (
    ConflictRow,
    DayRow,
    Standing,
    conflict,
    conflicts,
    days,
    new_phone_due,
    peak,
    standing,
)
from tongban.identity.queries.sessions import KeyRow, SessionRow, keys_of, oldest_attempt, oldest_session, sessions_of
from tongban.identity.queries.sources import (
    BelievedRow,
    LinkRow,
    believed_sources,
    links_of,
    proposed_source,
    source,
    sources,
)
from tongban.identity.queries.staff import (
    duty_of,
    holds_samples,
    is_one_person,
    is_trial,
    posted_at,
    staff_at,
    staff_names,
)

__all__ = [
    "AnsweringRow", "AssessmentRow", "BelievedRow", "ClientView", "ConflictRow", "DayRow", "DeviceRow", "FactorRow", "GrantRow",
    "HelpingRow", "KeyRow", "LinkRow", "MandateRow", "OfferRow", "PairingRow", "PartyView", "ProvisionedRow", "SessionRow", "Standing",
    "account_of", "accounts_of", "acting_name", "actor_by_session", "agents_of", "answered_before", "answering", "assessments",
    "believed_sources", "browser_of_device", "charges", "client", "clients", "code_is_asked", "code_was_asked", "common_passwords",
    "conflict", "conflicts", "credential_types", "days", "devices_of", "duty_of", "entered", "everyone_of", "exchange_person",
    "factors_allowed", "factors_of", "granted_scopes", "grants_of", "has_account", "has_left", "helping_of", "holds_samples",
    "in_force_for", "invitation", "is_merged", "is_one_person", "is_sample", "is_shown", "is_trial", "keys_of", "kind_of", "links_of",
    "login_of", "login_of_passkey", "mandate", "mandate_by_id", "mandates_of", "names_of_clients", "new_passkey", "new_phone_due",
    "new_secret", "number_for_codes", "offer", "offer_at_computer", "offer_at_phone", "offer_hash", "oldest_attempt",
    "oldest_ended_sharing", "oldest_session", "one_factor_is_enough", "pairing", "party", "party_by_id_number", "party_by_uscc",
    "party_of_code", "party_of_token", "peak", "phone_end", "posted_at", "proposed_assessment", "proposed_client", "proposed_source",
    "provisioned", "provisioning_client", "recovery_left", "represents", "request_options", "second_ways", "sessions_of", "shown_code",
    "shown_login", "shown_names", "signed_on", "site", "source", "sources", "staff_at", "staff_names", "standing", "token_hash",
    "totp_address", "waiting_for_logout", "waiting_to_answer", "wanted_strength", "ways",
]
