"""Words of identity: who acts, how sure we are, which posts they hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import IntEnum, StrEnum

from tongban.kernel.types import Channel, Text


class ActorKind(StrEnum):
    """A citizen (or agent of a firm) or a member of staff."""

    CITIZEN = "CITIZEN"
    OFFICER = "OFFICER"


class PartyKind(StrEnum):
    """自然人 or 法人."""

    PERSON = "PERSON"
    ENTITY = "ENTITY"


class Proofing(IntEnum):
    """How sure we are of a person (IDN-05)."""

    L0 = 0
    L1 = 1
    L2 = 2
    L3 = 3


class Strength(IntEnum):
    """How surely the holder of a session proved who they are (security design 5.8).

    S1: one factor, a password or a code. S2: two factors, or a passkey. S3: a passkey and a fresh identity check.
    """

    S1 = 1
    S2 = 2
    S3 = 3


class Role(StrEnum):
    """Posts of staff (IDN-14)."""

    RECEPTIONIST = "RECEPTIONIST"
    REVIEWER = "REVIEWER"
    DECIDER = "DECIDER"
    ISSUER = "ISSUER"
    SUPERVISOR = "SUPERVISOR"
    CATALOGUE_EDITOR = "CATALOGUE_EDITOR"
    CATALOGUE_AUDITOR = "CATALOGUE_AUDITOR"
    DATA_STEWARD = "DATA_STEWARD"
    AUDITOR = "AUDITOR"


class Duty(StrEnum):
    """The three separated administrators (三员): who runs the system, who lets people in, who looks at what was done."""

    SYSTEM = "SYSTEM"
    SECURITY = "SECURITY"
    AUDIT = "AUDIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Founder:
    """Someone named to become an administrator."""

    login: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A role held at an authority."""

    authority: int
    role: Role


class Extent(IntEnum):
    """How far a mandate goes: to read, also to prepare applications, also to send and withdraw them."""

    READ = 1
    PREPARE = 2
    SIGN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """The right to act for someone else, within these items; no items stand for all (授权委托, IDN-10, IDN-11)."""

    principal: int
    firm: bool
    extent: Extent
    items: tuple[str, ...] = ()

    def covers(self, item: str) -> bool:
        """Is it for this item?"""
        return not self.items or item in self.items


@dataclass(frozen=True, slots=True, kw_only=True)
class Helping:
    """A clerk helps a person at the counter, with the person's word for it (帮办, HALL-08); `proofing` is the person's."""

    key: int
    principal: int
    name: str
    proofing: Proofing


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Whoever calls: account, person, firms and posts they may act for, how they reached us.

    Staff have a person too, and firms they may act for at home; at the desk these only say whose cases are their own.
    `entities` are firms they act for in everything; `mandates` go as far as each says; `helping` is whom a clerk helps.
    `merged`: earlier parties of the same person, whose rows they still see but for whom nothing new begins.
    `strength` is that of the session, `proved_seconds` how long ago its holder last proved who they are, `passkey_seconds`
    how long ago with a passkey, `faced_seconds` with their face, `known_device` whether with two factors here before.
    """

    account: int
    kind: ActorKind
    party: int | None
    merged: tuple[int, ...] = ()
    entities: tuple[int, ...] = ()
    posts: tuple[Post, ...] = ()
    display: str = ""
    display_en: str = ""
    proofing: Proofing = Proofing.L0
    channel: Channel = Channel.WEB
    acting_role: str = ""
    acting_for: str = field(default="")
    seconds_left: int = field(default=0, compare=False)
    strength: Strength = field(default=Strength.S1, compare=False)
    proved_seconds: int = field(default=0, compare=False)
    passkey_seconds: int | None = field(default=None, compare=False)
    faced_seconds: int | None = field(default=None, compare=False)
    known_device: bool = field(default=True, compare=False)
    mandates: tuple[Mandate, ...] = ()
    helping: Helping | None = field(default=None, compare=False)

    @property
    def parties(self) -> tuple[int, ...]:
        """The parties whose rows they may see: themselves and the firms they act for in everything; none at a desk."""
        own = () if self.party is None else (self.party,)
        return (*own, *self.merged, *self.entities) if self.kind is ActorKind.CITIZEN else ()

    @property
    def own(self) -> tuple[int, ...]:
        """The parties that are they themselves: the one that stays, and those that were merged into it."""
        return () if self.party is None else (self.party, *self.merged)

    @property
    def principals(self) -> tuple[int, ...]:
        """The parties that gave them a mandate."""
        return tuple(dict.fromkeys(each.principal for each in self.mandates))

    @property
    def reach(self) -> tuple[int, ...]:
        """The parties of whose cases and drafts they may see some."""
        return (*self.parties, *self.principals) if self.kind is ActorKind.CITIZEN else ()

    @property
    def scopes(self) -> tuple[str, ...]:
        """What they may see of their principals, as row security reads it."""
        if self.kind is not ActorKind.CITIZEN:
            return ()
        return tuple(f"{each.principal}:{item}" for each in self.mandates for item in (each.items or ("*",)))

    @property
    def applicants(self) -> tuple[int, ...]:
        """The parties for which they may begin something."""
        return tuple(party for party in self.parties if party not in self.merged)

    @property
    def stakes(self) -> tuple[int, ...]:
        """The parties whose cases are their own, wherever they sit."""
        return (*(() if self.party is None else (self.party,)), *self.merged, *self.entities, *self.principals)

    def extent_for(self, applicant: int, item: str) -> Extent | None:
        """How far they may act for this applicant in this item; None if not at all."""
        if applicant in self.parties:
            return Extent.SIGN
        found = [each.extent for each in self.mandates if each.principal == applicant and each.covers(item)]
        return max(found, default=None) if self.kind is ActorKind.CITIZEN else None

    def is_firm(self, applicant: int) -> bool:
        """Is this party they act for a firm?"""
        return applicant in self.entities or any(each.firm for each in self.mandates if each.principal == applicant)

    def on_behalf(self, applicant: int) -> "Actor":
        """The same, so that the record names for whom they act; for themselves, nobody else."""
        return self if applicant == self.party else replace(self, acting_for=f"party:{applicant}")

    def as_helper(self) -> "Actor":
        """A clerk at the pages for people: with the rights of the person they help, and none of their own."""
        if self.helping is None:
            return self
        principal = self.helping.principal
        return replace(self, kind=ActorKind.CITIZEN, party=None, merged=(), entities=(), posts=(), channel=Channel.WINDOW,
                       proofing=self.helping.proofing, acting_role="HELPER", acting_for=f"party:{principal}",
                       mandates=(Mandate(principal=principal, firm=False, extent=Extent.SIGN),))

    @property
    def name(self) -> Text:
        """What a member of staff is called, in English where that is known."""
        return Text(zh=self.display, en=self.display_en)

    @property
    def authorities(self) -> tuple[int, ...]:
        return tuple(sorted({post.authority for post in self.posts}))

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(post.role for post in self.posts)

    def holds(self, role: Role, authority: int) -> bool:
        """Do they hold this post at this authority?"""
        return Post(authority=authority, role=role) in self.posts

    @property
    def actor_id(self) -> str:
        return f"account:{self.account}"

    @property
    def on_behalf_of(self) -> str:
        return self.acting_for

    @property
    def role(self) -> str:
        return self.acting_role or ("APPLICANT" if self.kind is ActorKind.CITIZEN else "STAFF")


class Factor(StrEnum):
    """A way to prove that it is you."""

    PASSWORD = "PASSWORD"  # noqa: S105 - a name
    CODE = "CODE"
    TOTP = "TOTP"
    PASSKEY = "PASSKEY"
    RECOVERY = "RECOVERY"
    FACE = "FACE"


class Purpose(StrEnum):
    """What a one-time code is asked for; it is good for nothing else."""

    PROVE = "PROVE"
    REGISTER = "REGISTER"
    RECOVER = "RECOVER"
    COUNTER = "COUNTER"


class Way(StrEnum):
    """How a person was proved: data that match a register, a face, a clerk who saw the card, or an administrator's word."""

    DATA = "DATA"
    FACE = "FACE"
    COUNTER = "COUNTER"


class ConflictState(StrEnum):
    """Whether it was decided that two accounts are one person's."""

    OPEN = "OPEN"
    MERGED = "MERGED"
    REFUSED = "REFUSED"


class BlockReason(StrEnum):
    """Why an account may not have a credential that another has."""

    ANOTHER_PERSON = "ANOTHER_PERSON"
    CARD_MISUSED = "CARD_MISUSED"
    NOT_SHOWN = "NOT_SHOWN"


class EntityKind(StrEnum):
    """Kinds of legal persons and other organisations (IDN-04; Civil Code arts. 76, 87, 96, 102)."""

    COMPANY = "COMPANY"
    SOLE_TRADER = "SOLE_TRADER"
    INSTITUTION = "INSTITUTION"
    SOCIAL = "SOCIAL"
    GOVERNMENT = "GOVERNMENT"
    OTHER = "OTHER"


class EntityStatus(StrEnum):
    """Whether a firm still does business."""

    ACTIVE = "ACTIVE"
    REVOKED = "REVOKED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialType:
    """A kind of identity document (GA/T 2000.156): its code, its name and what its numbers look like."""

    code: str
    name: Text
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangePerson:
    """A person as nodes tell each other of them (IDN-03): no number in clear; `attributes` only what was asked for, sealed."""

    cert_key: str
    user_real_lvl: int
    region: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a mandate is for: how far, for which items (none for all), from when to when, both included."""

    extent: Extent
    items: tuple[str, ...]
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFactor:
    """A factor just set up: the session's new token, and the recovery codes if it was the first."""

    token: str
    recovery_codes: tuple[str, ...] = ()


class Scope(StrEnum):
    """What a system may ask to be told of a person; nothing else is ever given out (IDN-17)."""

    OPENID = "openid"
    PROFILE = "profile"
    LEVEL = "level"
    REGION = "region"
    PHONE = "phone"
    ID_NUMBER = "id_number"


class ClientKind(StrEnum):
    """A system people sign in to, or one that brings and takes away accounts of staff."""

    SIGN_IN = "SIGN_IN"
    PROVISIONING = "PROVISIONING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a sharing means for people, written before it begins (个人信息保护法第五十五条、第五十六条).

    `purpose`: whether purpose and manner are lawful, proper and necessary; `effect`: on people's rights, and the risk;
    `measures`: those taken, and whether they are lawful, effective and fit the risk.
    """

    purpose: str
    effect: str
    measures: str
    assessor: str
    assessed_on: date
    next_look: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What two people agree on of a system before it may send anybody here."""

    name: Text
    purpose: Text
    basis: str
    assessment: Assessment
    kind: ClientKind = ClientKind.SIGN_IN
    redirects: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = (Scope.OPENID,)
    sector: str = ""
    logout_uri: str = ""
    confidential: bool = True
    proofing: Proofing = Proofing.L1
    strength: Strength = Strength.S1
    authorities: tuple[str, ...] = ()
    """Credit codes of the authorities whose posts a provisioning system fills; it fills no others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """The tokens a system is handed; `scopes` is what they are good for."""

    access: str
    refresh: str
    identity: str
    seconds: int
    scopes: tuple[str, ...]


def acr_of(proofing: Proofing, strength: Strength) -> str:
    """How a system is told how well we know someone and how surely they proved it."""
    return f"urn:tongban:acr:L{int(proofing)}S{int(strength)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTold:
    """What two people agree on of a node whose sign-in is to be believed here; `strength` is the most it is believed."""

    name: Text
    issuer: str
    client_id: str
    secret: str
    basis: str
    assessment: Assessment
    private: bool = False
    strength: Strength = Strength.S2


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """A node whose sign-in is believed; `secret` is what we show it."""

    key: str
    name: Text
    issuer: str
    client_id: str
    secret: str
    private: bool
    strength: Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """Whom a source says it signed in: `subject` as kept here, and how surely they proved it there a moment ago.

    `sid`: the session there, as kept here, for when it says that this one has ended.
    """

    source: str
    subject: str
    strength: Strength
    sid: str = ""


class Charge(StrEnum):
    """What somebody answers for: the node above this one, this one, and what it keeps, a closed list (SEC-03)."""

    SUPERIOR = "SUPERIOR"
    NODE = "NODE"
    ACCOUNTS = "ACCOUNTS"
    APPLICATIONS = "APPLICATIONS"
    LICENCES = "LICENCES"
    CATALOGUE = "CATALOGUE"
    RECORD = "RECORD"
    MESSAGES = "MESSAGES"
    REVIEWS = "REVIEWS"
    KEYS = "KEYS"


DATA_SETS = tuple(each for each in Charge if each not in (Charge.SUPERIOR, Charge.NODE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Who is to answer for something: unit, person, post and the unit's line on duty; `name` is what a node is called."""

    charge: Charge
    unit: Text
    person: Text
    post: Text
    line: str
    name: Text | None = None
    login: str = ""
    since: date | None = None
