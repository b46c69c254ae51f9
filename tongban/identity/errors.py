"""What identity refuses."""

from tongban.kernel.errors import NotFound, NotPermitted, Refusal


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


class AccountNotProvisioned(NotFound):
    """There is no such account among those this system brought."""


class PairingOver(NotFound):
    """This code is over: it works for two minutes and once. Ask for a new one on the computer."""
