"""The reads of identity: who is calling, and what is known of a party."""

from tongban.identity.queries.callers import actor_by_session, kind_of, token_hash
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
from tongban.identity.queries.parties import PartyView, is_sample, party, party_by_id_number, party_by_uscc, represents
from tongban.identity.queries.sessions import KeyRow, SessionRow, keys_of, sessions_of
from tongban.identity.queries.staff import duty_of, holds_samples, is_trial, posted_at, staff_at, staff_names

__all__ = [
    "HelpingRow",
    "KeyRow",
    "MandateRow",
    "PartyView",
    "SessionRow",
    "accounts_of",
    "acting_name",
    "actor_by_session",
    "agents_of",
    "duty_of",
    "helping_of",
    "holds_samples",
    "in_force_for",
    "invitation",
    "is_sample",
    "is_trial",
    "keys_of",
    "kind_of",
    "mandate",
    "mandate_by_id",
    "mandates_of",
    "party",
    "party_by_id_number",
    "party_by_uscc",
    "posted_at",
    "represents",
    "sessions_of",
    "shown_names",
    "staff_at",
    "staff_names",
    "token_hash",
]
