"""What seals refuse."""

from tongban.kernel.errors import NotFound, Refusal


class SealMoveNotAllowed(Refusal):
    """A seal that is {state} cannot become {target}."""


class SealNotUsable(Refusal):
    """The seal cannot be used now."""


class SealNameNotDrawable(Refusal):
    """The name on a seal has between 2 and 30 characters; this one has {length}."""


class SealMissing(NotFound):
    """The authority has no seal in use, so nothing can be issued in its name."""


class SealNeedsMorePeople(Refusal):
    """Activating this seal takes {needed} different people."""
