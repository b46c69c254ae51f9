"""The reads of identity: who is calling, and what is known of a party."""

from tongban.identity.queries.callers import actor_by_session, kind_of, token_hash
from tongban.identity.queries.parties import PartyView, is_sample, party, party_by_id_number, party_by_uscc, represents
from tongban.identity.queries.sessions import (
    KeyRow,
    SessionRow,
    keys_of,
    oldest_attempt,
    oldest_session,
    sessions_of,
)
from tongban.identity.queries.staff import duty_of, holds_samples, is_trial, posted_at, staff_at, staff_names

__all__ = [
    "KeyRow",
    "PartyView",
    "SessionRow",
    "actor_by_session",
    "duty_of",
    "holds_samples",
    "is_sample",
    "is_trial",
    "keys_of",
    "kind_of",
    "oldest_attempt",
    "oldest_session",
    "party",
    "party_by_id_number",
    "party_by_uscc",
    "posted_at",
    "represents",
    "sessions_of",
    "staff_at",
    "staff_names",
    "token_hash",
]
