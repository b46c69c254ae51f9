"""Accounts, sessions, and the ways to prove that it is you."""

from tongban.kernel.events import event


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
    """Sessions of an account were ended: elsewhere by whoever it belongs to, or all of them by the personnel system or an administrator."""

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
class StaffResetProposed:
    """The system administrator proposed that a member of staff begins anew: they forgot the password or lost what proves them."""

    account: int


@event()
class StaffReset:
    """The security administrator agreed: password, factors and sessions of an account of staff are void, a secret opens it once."""

    account: int


@event()
class FirstPasswordChosen:
    """A member of staff chose a password with the secret they were given."""

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
class StaffIdentified:
    """Which person a member of staff is was said; the number is not."""

    account: int


@event()
class StaffDoubted:
    """An administrator proposed to take back which person a member of staff is."""

    account: int


@event()
class StaffUntied:
    """An account of staff is not that person's any more: two administrators agreed, or the system that had said so."""

    account: int
