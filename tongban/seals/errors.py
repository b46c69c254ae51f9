"""What seals refuse."""

from tongban.kernel.errors import Refusal


class SealMoveNotAllowed(Refusal):
    """A seal that is {state} cannot become {target}."""


class SealNotUsable(Refusal):
    """The seal cannot be used now."""


class SealNameNotDrawable(Refusal):
    """The name on a seal has between 2 and 30 characters; this one has {length}."""
