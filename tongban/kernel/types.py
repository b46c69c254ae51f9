"""Words every module shares: bilingual text and the description of who acts."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol
from unicodedata import category

import msgspec

Language = Literal["zh-hans", "en"]


class Text(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sentence in Chinese and, where we have it, in English."""

    zh: str
    en: str = ""

    def in_(self, language: str) -> str:
        """The text in `language`; Chinese where no English was written."""
        return self.en if language == "en" and self.en else self.zh


class Audience(StrEnum):
    """Who is served by a process or route; each has its own database login."""

    PUBLIC = "public"
    CITIZEN = "citizen"
    OFFICER = "officer"
    WORKER = "worker"
    AUDITOR = "auditor"


class Channel(StrEnum):
    """How an act reached us (GB/T 39046 A.5, our names)."""

    WINDOW = "window"
    WEB = "web"
    MOBILE = "mobile"
    API = "api"
    SYSTEM = "system"


class Who(Protocol):
    """What the event log needs to know of whoever acts."""

    @property
    def actor_id(self) -> str: ...
    @property
    def on_behalf_of(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def channel(self) -> Channel: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """The machine itself acting by rule: a follower, the tick, a loader."""

    name: str
    on_behalf_of: str = ""
    role: str = "SYSTEM"
    channel: Channel = Channel.SYSTEM

    @property
    def actor_id(self) -> str:
        return f"system:{self.name}"


def letters(text: str) -> int:
    """How many letters and figures of any script a text holds; signs and pictures give no reasons."""
    return sum(category(each)[0] in "LN" for each in text)
