"""The tables of identity."""

from tongban.identity.models.accounts import Account, Attempt, Post, Session
from tongban.identity.models.administrators import Administrator, Founder, Proposal
from tongban.identity.models.mandates import Helping, Mandate
from tongban.identity.models.parties import Agency, LegalEntity, Party, Person

__all__ = [
    "Account",
    "Administrator",
    "Agency",
    "Attempt",
    "Founder",
    "Helping",
    "LegalEntity",
    "Mandate",
    "Party",
    "Person",
    "Post",
    "Proposal",
    "Session",
]
