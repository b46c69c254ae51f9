"""The tables of identity."""

from tongban.identity.models.accounts import Account, Attempt, Post, Session
from tongban.identity.models.administrators import Administrator, Founder, Proposal
from tongban.identity.models.granting import Client, Grant, GrantCode, GrantToken, Provisioned, SignOn
from tongban.identity.models.pairing import Pairing
from tongban.identity.models.parties import Agency, LegalEntity, Party, Person

__all__ = [
    "Account",
    "Administrator",
    "Agency",
    "Attempt",
    "Client",
    "Founder",
    "Grant",
    "GrantCode",
    "GrantToken",
    "LegalEntity",
    "Pairing",
    "Party",
    "Person",
    "Post",
    "Proposal",
    "Provisioned",
    "Session",
    "SignOn",
]
