"""What the house refuses. A class is a code, its docstring the message, its fields the facts."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass


class HouseError(Exception):
    """Something was refused."""

    status = 400

    def __init__(self, **facts: object) -> None:
        super().__init__(type(self).__name__, facts)
        self.facts: Mapping[str, object] = facts

    @property
    def code(self) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    @property
    def message(self) -> str:
        """English sentence with placeholders; also the key of its translation."""
        return message_of(type(self))

    def __str__(self) -> str:
        return self.message.format_map(_Facts(self.facts))


class _Facts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def message_of(error: type[HouseError]) -> str:
    """The first paragraph of the docstring on one line."""
    return " ".join((error.__doc__ or "").strip().split("\n\n")[0].split())


class Refusal(HouseError):
    """The law or a rule does not allow this."""

    status = 422


class NotPermitted(HouseError):
    """You are not allowed to do this."""

    status = 403


class NotFound(HouseError):
    """We could not find what you asked for."""

    status = 404


class Unavailable(HouseError):
    """Something we depend on does not answer. Nothing was lost; please try again in a few minutes."""

    status = 503


class SignInRequired(NotPermitted):
    """Please sign in first. What you typed is kept."""

    status = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One reason why an act may not happen, tied to the field it concerns."""

    code: str
    message: str
    field: str = ""
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict)
