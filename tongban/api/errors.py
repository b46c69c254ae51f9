"""What the interface itself refuses, before any module is asked."""

from collections.abc import Iterable

from tongban.kernel.errors import NotFound, NotPermitted, Problem, Refusal, SignInRequired, Unavailable


class TokenRequired(SignInRequired):
    """Send a key that still holds: Authorization: Bearer, a space, and the key. People make theirs at /me/programs/."""


class RouteUnknown(NotFound):
    """There is nothing at this address."""


class MethodNotAllowed(Refusal):
    """Only {allowed} can be used at this address."""

    status = 405


class BodyTooLarge(Refusal):
    """What you sent is larger than this address takes."""

    status = 413


class MediaTypeNotTaken(Refusal):
    """Send the body as {expected}."""

    status = 415


class NotReadable(Refusal):
    """What you sent breaks off, is damaged or nests too deeply to be read."""

    status = 400


class KeyMissing(Refusal):
    """Send an Idempotency-Key of 1 to 80 visible characters, new for each application and the same for each repeat."""

    status = 400


class NotValid(Refusal):
    """Part of what you sent does not have the form this address takes. Nothing was changed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__()
        self.problems = tuple(problems)


class FirmNotYours(NotPermitted):
    """You are not registered as acting for a firm with this code."""


class Crashed(Unavailable):
    """Something went wrong on our side. Nothing was changed; sending it again does no harm."""

    status = 500


class PersonNeeded(NotPermitted):
    """No program can send this: it takes your passkey and your face. Send it on our pages, or at a counter."""
