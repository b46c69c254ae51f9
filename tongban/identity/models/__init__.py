"""The tables of identity."""

from tongban.identity.models.accounts import Account, Attempt, Post, Session
from tongban.identity.models.administrators import Administrator, Founder, Proposal
from tongban.identity.models.factors import Code, Device, Factor, RecoveryCode, UsedChallenge
from tongban.identity.models.parties import Agency, LegalEntity, Party, Person

__all__ = [
    "Account",
    "Administrator",
    "Agency",
    "Attempt",
    "Code",
    "Device",
    "Factor",
    "Founder",
    "LegalEntity",
    "Party",
    "Person",
    "Post",
    "Proposal",
    "RecoveryCode",
    "Session",
    "UsedChallenge",
]
