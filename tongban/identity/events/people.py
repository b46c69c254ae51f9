"""What becomes known of people and firms, and who may act for whom."""

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
class EnrolmentAsked:
    """Someone asked to register with a phone; `known`: it has an account, whose holder is told."""

    known: bool


@event()
class EnrolmentCodeSent:
    """The provider took, or failed to take, the code for a phone that asked to register."""

    state: str


@event()
class RecoveryAsked:
    """Someone who forgot their password asked for a way back by their phone; `known`: it has an account."""

    known: bool


@event()
class RecoveryFailed:
    """Whoever typed a phone's code is not, by what they said, the person whose phone it is."""


@event()
class NewPhoneNamed:
    """A clerk saw a person and their card and entered the phone they have now; it counts from `due`, an instant."""

    party: int
    due: str


@event()
class NewPhoneStopped:
    """The phone that a clerk entered will not be the person's: they said no, froze or lost their account, or another has it now."""

    party: int


@event()
class PasswordRecovered:
    """Someone proved again who they are, as surely as they were known, and chose a new password; every session ended."""

    account: int
    level: int


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
