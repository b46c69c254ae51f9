"""What authorities refuse."""

from tongban.kernel.errors import NotFound, Refusal


class RegionUnknown(NotFound):
    """There is no region with the code {code}."""


class AuthorityUnknown(NotFound):
    """There is no authority with the code {code}."""


class RegionNotBelow(Refusal):
    """The region {code} must lie below {parent}: its level is one or more further down and the codes agree."""


class AuthorityCodeNotValid(Refusal):
    """The unified social credit code of {name} is not valid. Please check it character by character."""
