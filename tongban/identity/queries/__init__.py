"""The reads of identity: who is calling, and what is known of a party."""

from tongban.identity.queries.callers import actor_by_session, kind_of, token_hash
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
from tongban.identity.queries.pairing import PairingRow, pairing
from tongban.identity.queries.parties import PartyView, is_sample, party, party_by_id_number, party_by_uscc, represents
from tongban.identity.queries.sessions import KeyRow, SessionRow, keys_of, sessions_of
from tongban.identity.queries.staff import duty_of, holds_samples, is_trial, posted_at, staff_at, staff_names

__all__ = [
    "ClientView",
    "GrantRow",
    "KeyRow",
    "PairingRow",
    "PartyView",
    "ProvisionedRow",
    "SessionRow",
    "actor_by_session",
    "client",
    "clients",
    "duty_of",
    "granted_scopes",
    "grants_of",
    "holds_samples",
    "is_sample",
    "is_trial",
    "keys_of",
    "kind_of",
    "names_of_clients",
    "pairing",
    "party",
    "party_by_id_number",
    "party_by_uscc",
    "party_of_code",
    "party_of_token",
    "posted_at",
    "proposed_client",
    "provisioned",
    "provisioning_client",
    "represents",
    "sessions_of",
    "signed_on",
    "staff_at",
    "staff_names",
    "token_hash",
    "waiting_for_logout",
]
