"""Words of messages."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tongban.kernel.types import Text


class DeliveryChannel(StrEnum):
    """Where a message goes besides the inbox."""

    SMS = "SMS"


class DeliveryState(StrEnum):
    """What became of a delivery; SIMULATED is never shown as sent, WAITING is shown as not known."""

    WAITING = "WAITING"
    SENT = "SENT"
    SIMULATED = "SIMULATED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message to be sent to a party; `recipient` where it goes to another reference than the party's phone on record."""

    party: int
    title: Text
    body: Text
    about: str = ""
    link: str = ""
    recipient: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A message in the inbox; `about` is a case number or empty, `link` a token path of ours or empty."""

    id: int
    title: Text
    body: Text
    about: str
    link: str
    sent_at: datetime
    read_at: datetime | None
    delivered: tuple[tuple[str, str], ...]
