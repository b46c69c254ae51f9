"""What identity announces."""

from tongban.kernel.events import event


@event()
class PersonRegistered:
    """A natural person is known."""

    party: int
    proofing: int


@event()
class EntityRegistered:
    """A legal entity is known."""

    party: int


@event()
class AgentAppointed:
    """A person may act for a firm."""

    agent: int
    entity: int
    representative: bool
    mandate: int = 0
    extent: int = 3
    valid_to: str = ""


@event()
class AccountOpened:
    """Someone can sign in."""

    account: int
    kind: str


@event()
class PostGiven:
    """A member of staff holds a role at an authority."""

    account: int
    authority: int
    role: str


@event()
class SignedIn:
    """A session began."""

    account: int
    channel: str


@event()
class SessionsClosed:
    """Someone ended sessions of their own elsewhere."""

    account: int
    count: int


@event()
class PasswordChanged:
    """Someone changed their own password; every other session and every key ended with it."""

    account: int


@event()
class SignInFailed:
    """Someone tried to sign in and was refused."""

    known: bool


@event()
class LookUpFailed:
    """Someone named a case with a query code that is not its own."""


@event()
class SignInsCleaned:
    """Old failed sign-ins and ended sessions were deleted."""

    attempts: int
    sessions: int


@event()
class SignedOut:
    """A session was closed."""

    account: int


@event()
class KeyGiven:
    """A citizen lets programs act for them for some days."""

    account: int
    days: int


@event()
class KeyWithdrawn:
    """A citizen closed the key of a program."""

    account: int


@event()
class AdministratorsBegun:
    """Three people were asked to become the first administrators."""

    round: int


@event()
class AdministratorConfirmed:
    """One of the three confirmed with a password of their own."""

    round: int
    duty: str


@event()
class AdministratorMade:
    """An account holds one of the three separated duties."""

    account: int
    duty: str


@event()
class StaffProposed:
    """The system administrator proposed a post for someone."""

    proposal: int
    authority: int
    role: str


@event()
class StaffConfirmed:
    """The security administrator confirmed a proposed post."""

    proposal: int
    account: int


@event()
class AccountFrozen:
    """Someone froze their own account: nobody can sign in to it, and no key of it works."""

    account: int


@event()
class AccountUnfrozen:
    """A frozen account works again."""

    account: int


@event()
class AccountClosed:
    """Someone closed their own account for good; what the law does not keep is erased."""

    account: int


@event()
class DetailsCorrected:
    """A person put their own details right; the names of the fields, never what they held."""

    fields: tuple[str, ...]


@event()
class ContactErased:
    """Phone, address and English name of a person whose account is closed were erased."""

    party: int


@event()
class PersonErased:
    """Nothing of a person is kept any more but that there was one."""

    party: int


@event()
class CodeAsked:
    """Someone asked for a one-time code."""

    account: int
    code: int


@event()
class CodeSent:
    """The provider took, or failed to take, a one-time code."""

    code: int
    state: str


@event()
class Proved:
    """Someone signed in proved once more who they are; their session has a new token."""

    account: int
    factor: str
    strength: int


@event()
class ProofFailed:
    """Someone signed in failed to prove who they are."""

    account: int
    factor: str


@event()
class DeviceAdded:
    """Someone proved who they are, with two factors, on a browser this account was not known on."""

    account: int
    device: int


@event()
class EnrolmentAsked:
    """Someone asked to register with a phone; `known`: it has an account, whose holder is told."""

    known: bool


@event()
class PersonProved:
    """A person is known more surely: by data, by face, or by a clerk who saw the card."""

    party: int
    level: int
    way: str


@event()
class ProofingFailed:
    """What someone said of themselves did not agree."""

    party: int
    way: str


@event()
class ProofingCodeGiven:
    """A person asked for the code to show at the counter."""

    party: int


@event()
class AccountsConflicted:
    """A person has a credential that another account has already."""

    party: int
    holder: int
    way: str


@event()
class AccountsMerged:
    """Two accounts are one person's; the party `merged` goes on as `kept`."""

    kept: int
    merged: int


@event()
class AccountBlocked:
    """An account may not have the credential it claimed, and is closed."""

    party: int
    reason: str


@event()
class PeopleCounted:
    """The figures of some days were written."""

    days: int


@event()
class MandateOffered:
    """Someone offered another the right to act for them, or asked for it; nothing is in force yet."""

    mandate: int
    by_principal: bool
    firm: bool


@event()
class MandateGiven:
    """A person may act for another, within limits and until a day (IDN-11)."""

    mandate: int
    agent: int
    principal: int
    extent: int
    valid_to: str


@event()
class MandateEnded:
    """A person may no longer act for another, or never began to."""

    mandate: int
    agent: int | None
    principal: int | None


@event()
class AgentEnded:
    """A person whom a firm had appointed may no longer act for it (IDN-10)."""

    mandate: int
    agent: int | None
    entity: int | None


@event()
class HelpAsked:
    """Someone asked to be helped at a counter and was shown a code."""

    helping: int


@event()
class HelpStarted:
    """A clerk entered the person's code and acts for them from now on (HALL-08)."""

    helping: int
    helper: int


@event()
class HelpEnded:
    """The clerk no longer acts for the person; `idle`: because nothing was done for a while."""

    helping: int
    helper: int
    idle: bool


@event()
class ManyRead:
    """A member of staff read personal data of many people within few minutes; the last of them in this case."""

    account: int
    case_number: str
    subjects: int
    minutes: int


@event()
class FactorAdded:
    """Someone set up another way to prove who they are; their other sessions ended."""

    account: int
    kind: str


@event()
class FactorRemoved:
    """Someone gave up a way to prove who they are; their other sessions ended."""

    account: int
    kind: str


@event()
class RecoveryCodesMade:
    """Someone has new recovery codes; those before are void."""

    account: int


@event()
class DeviceRemoved:
    """Someone no longer wants to be known on a browser; its sessions ended."""

    account: int
    device: int


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
