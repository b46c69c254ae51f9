"""The tables of identity."""

from tongban.identity.models.accounts import Account, Attempt, Post, Session
from tongban.identity.models.administrators import Administrator, Founder, Proposal
from tongban.identity.models.answering import Responsibility
from tongban.identity.models.assessing import Assessment
from tongban.identity.models.factors import Code, Device, Factor, RecoveryCode, UsedChallenge
from tongban.identity.models.granting import Client, Grant, GrantCode, GrantToken, Provisioned, SignOn
from tongban.identity.models.mandates import Helping, Mandate
from tongban.identity.models.pairing import Pairing
from tongban.identity.models.parties import Agency, LegalEntity, Party, Person
from tongban.identity.models.proofing import Conflict, Day, Enrolment, NewPhone, ProofingCode
from tongban.identity.models.sources import Link, Source
from tongban.identity.models.staffing import FirstSecret, StaffIdentity, StaffTakenBack

__all__ = [
    "Account", "Administrator", "Agency", "Assessment", "Attempt", "Client", "Code", "Conflict", "Day", "Device", "Enrolment",
    "Factor", "FirstSecret", "Founder", "Grant", "GrantCode", "GrantToken", "Helping", "LegalEntity", "Link", "Mandate", "NewPhone",
    "Pairing", "Party", "Person", "Post", "ProofingCode", "Proposal", "Provisioned", "RecoveryCode", "Responsibility", "Session", "SignOn",
    "Source", "StaffIdentity", "StaffTakenBack", "UsedChallenge",
]
