"""The reads of identity: who is calling, and what is known of a party."""

from tongban.identity.queries.callers import actor_by_session, kind_of, login_of, token_hash
from tongban.identity.queries.credentials import common_passwords, credential_types, exchange_person
from tongban.identity.queries.parties import PartyView, is_sample, party, party_by_id_number, party_by_uscc, represents
from tongban.identity.queries.proofing import ConflictRow, DayRow, Standing, conflict, conflicts, days, peak, standing
from tongban.identity.queries.sessions import KeyRow, SessionRow, keys_of, sessions_of
from tongban.identity.queries.staff import duty_of, holds_samples, is_trial, posted_at, staff_at, staff_names

__all__ = [
    "ConflictRow",
    "DayRow",
    "KeyRow",
    "PartyView",
    "SessionRow",
    "Standing",
    "actor_by_session",
    "common_passwords",
    "conflict",
    "conflicts",
    "credential_types",
    "days",
    "duty_of",
    "exchange_person",
    "holds_samples",
    "is_sample",
    "is_trial",
    "keys_of",
    "kind_of",
    "login_of",
    "party",
    "party_by_id_number",
    "party_by_uscc",
    "peak",
    "posted_at",
    "represents",
    "sessions_of",
    "staff_at",
    "staff_names",
    "standing",
    "token_hash",
]
