"""What licences refuse."""

from tongban.kernel.errors import NotFound, NotPermitted, Refusal


class LicenceNotFound(NotFound):
    """We know no such licence. Please check the code character by character, or scan it again."""


class LicenceTypeUnknown(NotFound):
    """There is no licence type with the code {code}."""


class LicenceMoveNotAllowed(Refusal):
    """A licence that is {state} cannot become {target}."""


class LicenceFieldUnknown(Refusal):
    """Licences of this type have no field called {names}."""


class LicenceHolderNotAllowed(Refusal):
    """A licence of this type cannot be held by this kind of applicant."""


class LicenceAlreadyHeld(Refusal):
    """The holder has a valid licence of this type already, and only one is allowed."""


class LicenceOutOfDate(Refusal):
    """The licence has expired in the meantime, so it cannot be resumed."""


class LicenceReasonMissing(Refusal):
    """Please say why the licence changes. The holder will read it."""


class LicenceNotYours(NotPermitted):
    """Only officers of the issuing authority with the right to decide may change this licence."""


class LicenceCheckDayUnknown(Refusal):
    """Write the day of the annual check as month and day, like 05-31."""


class LicencePeriodNotValid(Refusal):
    """The last day of validity lies before the first."""
