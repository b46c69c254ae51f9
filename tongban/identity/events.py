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
class ManyRead:
    """A member of staff read personal data of many people within few minutes; the last of them in this case."""

    account: int
    case_number: str
    subjects: int
    minutes: int
