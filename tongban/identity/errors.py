"""What identity refuses."""

from tongban.kernel.errors import NotFound, NotPermitted, Refusal, Unavailable


class WrongCredentials(Refusal):
    """The account name and password do not belong together. Check both and try again."""


class TooManyAttempts(Refusal):
    """That was wrong several times, so signing in from here is paused for {minutes} minutes. All else goes on."""

    status = 429


class TriedEverywhere(Refusal):
    """Wrong passwords came for this account from many places. On a new device wait {seconds} seconds between tries."""

    status = 429


class TooManyGuesses(Refusal):
    """Wrong query codes came several times, so looking up is paused for {minutes} minutes. Applicants can sign in."""

    status = 429


class ProofingTooLow(NotPermitted):
    """This needs a higher real-name level (L{needed}); yours is L{held}. Verify your identity at any service hall."""


class StepUpNeeded(NotPermitted):
    """For this you prove once more that it is you."""


class AdministratorsExist(Refusal):
    """This node has its administrators already."""


class FoundersNotApart(Refusal):
    """The three duties need three people: three different account names and three different names."""


class SecretNotValid(Refusal):
    """The account name and the one-time secret do not belong together, or they are no longer valid."""


class PasswordNotYours(Refusal):
    """That is not your present password. Nothing was changed."""


class PasswordUnchanged(Refusal):
    """The new password is the one you have. Nothing was changed."""


class PasswordTooShort(Refusal):
    """The password needs at least {length} characters."""


class LoginTaken(Refusal):
    """There is an account with this name already."""


class DutyMissing(NotPermitted):
    """This needs another of the three administrators."""


class ProposalNotFound(Refusal):
    """Nothing proposed for this account name waits to be confirmed."""


class AdministratorHoldsNoPost(NotPermitted):
    """An administrator holds no post at an authority."""


class PersonKnown(Refusal):
    """Someone with this identity number is registered already."""


class PhoneNotValid(Refusal):
    """This is not a mobile number. It has eleven digits and begins with 1."""


class NotFrozen(Refusal):
    """No frozen account belongs to this name and document. Compare both with the card once more."""


class WrongProof(Refusal):
    """That is not right, or no longer valid. Nothing was changed; try again or choose another way."""


class TooManyGuessesToday(Refusal):
    """That was wrong too often today. Choose another way, or try again tomorrow; your own devices are not held up."""

    status = 429


class TooManyCodes(Refusal):
    """As many codes were sent to this number as is allowed for now. Wait an hour, or choose another way."""

    status = 429


class WayNotOpen(Refusal):
    """This way is not open to your account. Choose another one."""


class PasswordTooCommon(Refusal):
    """Many people use this password, or it is made of your own name or number. Choose another one."""


class TooManyEnrolments(Refusal):
    """As many codes were asked for as is allowed for now. Wait an hour and ask again."""

    status = 429


class CodeNotRight(Refusal):
    """The code is wrong, was used, or is no longer valid. Compare it once more, or ask for a new one."""


class CardNotKnown(Refusal):
    """No account that works has this card. Compare name and number once more; a frozen account must work again first."""


class PhoneWaits(Refusal):
    """A phone that you entered for this person waits already. Only another clerk may enter a different one."""


class CredentialNotValid(Refusal):
    """The number does not fit this kind of document. Check it character by character."""


class NotMatching(Refusal):
    """What you typed does not agree with the register. Check every character as it stands on the document."""


class OtherCredential(Refusal):
    """This account was proved with another name or number before. Nothing was changed."""


class TooManyProofs(Refusal):
    """That did not agree too often today. Try again tomorrow, or have your identity checked at a service hall."""

    status = 429


class YourselfAtTheCounter(NotPermitted):
    """Another clerk has to check your own identity."""


class ConflictDecided(Refusal):
    """This was decided already."""


class OwnConflict(NotPermitted):
    """One of these accounts is your own, or you compared the card yourself: somebody else has to decide."""


class FirmKnown(Refusal):
    """A firm with this code is registered already. Its legal representative can appoint you."""


class MandateNotFound(NotFound):
    """We could not find this mandate among yours."""


class MandateTooLong(Refusal):
    """A mandate begins today or later, ends no earlier than it begins, and lasts {days} days at most. Choose another last day."""


class NotTheRepresentative(NotPermitted):
    """Only the legal representative of the firm appoints who acts for it."""


class InvitationNotValid(Refusal):
    """This code is wrong, was used, has run out, or is for somebody else. Check it, or ask for a new one."""


class MandateToOneself(Refusal):
    """This is your own invitation. Give the code to the other person; they enter it on their own device."""


class TooManyPrincipals(Refusal):
    """You act for {most} people already. End one of these mandates before you take on another."""


class HelpCodeNotValid(Refusal):
    """Code and characters do not belong together, or the code is past its time. Ask the person to read both again."""


class HelpingAlready(Refusal):
    """You are helping somebody. End that first: one person at a time."""


class HelpNotYours(NotPermitted):
    """Nobody helps themselves at the desk. Ask a colleague."""


class HelpNotFound(NotFound):
    """Nobody is helping you at the moment."""


class TooManyRead(Refusal):
    """You have read the data of {most} people today, and that is the measure of a day. Go on tomorrow, or ask a colleague."""

    status = 429


class FactorUnknown(NotFound):
    """This way to prove who you are is not set up any more."""


class DeviceUnknown(NotFound):
    """Your account is not known on this device any more."""


class ClientUnknown(NotFound):
    """The system that sent you here is not registered with us, so nothing was passed on to it."""


class AddressNotRegistered(Refusal):
    """The system that sent you here named an address that is not registered for it. You were not sent there."""

    status = 400


class RegistrationNotValid(Refusal):
    """This registration cannot be: {why}."""


class ClientNotProposed(ProposalNotFound):
    """No system under this key waits to be confirmed."""


class GrantNotYours(NotFound):
    """We could not find this authorisation among yours."""


class LogoutNotHeard(Refusal):
    """A system did not say that it heard of the end of a session."""


class AccountUnknown(NotFound):
    """No account has this name."""


class AccountNotProvisioned(NotFound):
    """There is no such account among those this system brought."""


class PairingOver(NotFound):
    """This code is no longer valid: it works once, for two minutes."""


class SourceUnknown(NotFound):
    """Signing in with this identity is not possible here, or no longer."""


class SourceNotProposed(ProposalNotFound):
    """No node under this key waits to be confirmed."""


class SourceNotBelieved(Refusal):
    """“{source}” did not say who you are in a way we can check. Nothing was lost: try again, or sign in with your account here."""


class SourceSilent(Unavailable):
    """“{source}” does not answer now. Nothing was lost: try again in a few minutes, or sign in with your account here."""


class SourceTaken(Refusal):
    """This identity already opens another account. Sign in to that one first and end it there."""


class LinkNotYours(NotFound):
    """We could not find this identity among those that open your account."""


class StaffIdentityTaken(Refusal):
    """This person has another account of staff, or this account is another person's. Each has one."""


class StaffNotTied(NotFound):
    """There is no such account of staff of which anybody said whose it is, or it is your own."""


class UntyingNotProposed(ProposalNotFound):
    """Within the last day nobody proposed to take back whose account this is."""


class PasskeyNeeded(NotPermitted):
    """First use your passkey: for this it must have been used within the last {minutes} minutes."""


class FaceNotSeen(Refusal):
    """The check did not find your face. Nothing was changed; try again, or go to a counter with your identity document."""


class StaffTakenBack(Refusal):
    """Two administrators took back that this account is this person's. Only administrators say so again."""


class NamingNotValid(Refusal):
    """Nobody can be named like this: {why}."""


class ResponsibleNotProposed(ProposalNotFound):
    """What you read is not what waits any more. Read it again."""


class AssessmentNotValid(Refusal):
    """Without an assessment of what it means for people nobody is told of them: {why}."""


class AssessmentNotProposed(ProposalNotFound):
    """No assessment that you read waits to be agreed to. Read it again, or have it written anew."""


class AssessedNotConfirmed(Refusal):
    """What was assessed is not let in yet. Agree to both at once: tongban {command} confirm {key}."""
