"""The tables of identity."""

from tongban.identity.models.accounts import Account, Attempt, Post, Session
from tongban.identity.models.administrators import Administrator, Founder, Proposal
from tongban.identity.models.factors import Code, Device, Factor, RecoveryCode, UsedChallenge
from tongban.identity.models.mandates import Helping, Mandate
from tongban.identity.models.parties import Agency, LegalEntity, Party, Person
from tongban.identity.models.proofing import Conflict, Day, Enrolment, ProofingCode

__all__ = [
    "Account", "Administrator", "Agency", "Attempt", "Code", "Conflict", "Day", "Device", "Enrolment", "Factor",
    "Founder", "Helping", "LegalEntity", "Mandate", "Party", "Person", "Post", "ProofingCode", "Proposal",
    "RecoveryCode", "Session", "UsedChallenge",
]
