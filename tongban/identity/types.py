"""Words of identity: who acts, how sure we are, which posts they hold."""

from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Whoever calls: account, person, firms and posts they may act for, how they reached us.

    Staff have a person too, and firms they may act for at home; at the desk these only say whose cases are their own.
    `strength` is that of the session, `proved_seconds` how long ago its holder last proved who they are.
    """

    account: int
    kind: ActorKind
    party: int | None
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

    @property
    def parties(self) -> tuple[int, ...]:
        """The parties whose rows they may see: themselves and the firms they act for; none at a desk."""
        return self.stakes if self.kind is ActorKind.CITIZEN else ()

    @property
    def stakes(self) -> tuple[int, ...]:
        """The parties whose cases are their own, wherever they sit."""
        return (*(() if self.party is None else (self.party,)), *self.entities)

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
class Registration:
    """What two people agree on of a system before it may send anybody here."""

    name: Text
    purpose: Text
    basis: str
    kind: ClientKind = ClientKind.SIGN_IN
    redirects: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = (Scope.OPENID,)
    sector: str = ""
    logout_uri: str = ""
    confidential: bool = True
    proofing: Proofing = Proofing.L1
    strength: Strength = Strength.S1


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
