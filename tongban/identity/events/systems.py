"""Other systems that rely on this one, staff they bring, and signing in by phone."""

from tongban.kernel.events import event


@event()
class ClientProposed:
    """The system administrator proposed a system that people may sign in to, or that provisions staff."""

    client: str
    kind: str


@event()
class ClientConfirmed:
    """The security administrator let a proposed system in."""

    client: str


@event()
class ClientClosed:
    """A system was shut out; whatever it held ended with that."""

    client: str


@event()
class AccessGranted:
    """A person let a system know something of them; `first` if it knew nothing before."""

    grant: int
    client: str
    scopes: tuple[str, ...]
    first: bool


@event()
class GrantWithdrawn:
    """A person let a system know no more of them; its tokens ended."""

    grant: int
    client: str


@event()
class SystemSignedIn:
    """A person's sign-in was passed on to a system."""

    grant: int
    client: str


@event()
class TokensIssued:
    """A system took the tokens that belong to a sign-in, for the first time or anew."""

    grant: int
    client: str
    renewed: bool


@event()
class TokensClosed:
    """The tokens of a sign-in ended: given back, or ended by us because one came a second time."""

    grant: int
    client: str
    replayed: bool


@event()
class AttributesReleased:
    """A system was told what a person allowed it to know."""

    grant: int
    client: str
    scopes: tuple[str, ...]


@event()
class SystemSignedOut:
    """A system was told that a session it relied on has ended."""

    client: str


@event()
class GrantsCleaned:
    """Codes and tokens of other systems that ended long ago were deleted."""

    sign_ins: int


@event()
class AccountProvisioned:
    """A provisioning system opened an account of staff."""

    account: int
    client: str
    active: bool


@event()
class AccountChanged:
    """A provisioning system changed an account it opened."""

    account: int
    client: str
    active: bool


@event()
class AccountRemoved:
    """A provisioning system closed an account it opened, for good."""

    account: int
    client: str


@event()
class PostTaken:
    """A member of staff no longer holds a role at an authority."""

    account: int
    authority: int
    role: str


@event()
class PairingAsked:
    """A browser asked to be signed in by a phone."""


@event()
class PairingAnswered:
    """Somebody said on their phone whether a browser that waits is theirs."""

    account: int
    allowed: bool


@event()
class PairingUsed:
    """A browser was signed in by a phone."""

    account: int


@event()
class OfferMade:
    """Somebody showed a code at a computer, to go on at a phone."""

    account: int


@event()
class OfferNotFound:
    """A code was tried that no computer shows."""


@event()
class OfferTaken:
    """A phone opened the code of a computer and waits for it; nobody is signed in by that."""

    account: int


@event()
class OfferAnswered:
    """Somebody said at a computer whether the phone that waits goes on."""

    account: int
    allowed: bool


@event()
class OfferUsed:
    """A phone went on where a computer was signed in."""

    account: int


@event()
class SourceProposed:
    """An administrator proposed to believe the sign-in of another node."""

    source: str


@event()
class SourceConfirmed:
    """Another administrator agreed: people may sign in here with the identity of that node."""

    source: str


@event()
class SourceClosed:
    """The sign-in of that node is not believed any more."""

    source: str


@event()
class SourceLinked:
    """Somebody lets an identity of another node open their account."""

    link: int
    source: str


@event()
class SourceUnlinked:
    """That identity opens the account no more."""

    link: int
    source: str


@event()
class SourceUsed:
    """An account was opened with an identity of another node."""

    account: int
    source: str


@event()
class SourceSignedOut:
    """What an identity of a node had opened ended: there, so here; or with the link to it; or with our belief in the node."""

    account: int
    source: str
    count: int


@event()
class ResponsibleProposed:
    """An administrator named who is to answer for the node, a data set of it or the node above."""

    responsibility: int
    charge: str


@event()
class ResponsibleConfirmed:
    """Another administrator agreed: from the day named on, that unit and person answer for it."""

    responsibility: int
    charge: str


@event()
class ResponsibleMadeUp:
    """Somebody invented stands in a trial where a named person must."""

    responsibility: int
    charge: str


@event()
class AssessmentWritten:
    """An administrator wrote what it means for people that a system is told who they are, or brings or vouches for them."""

    assessment: int
    sharing: str


@event()
class AssessmentConfirmed:
    """Another administrator read that assessment and agreed."""

    assessment: int
    sharing: str
