"""What is printed: a licence or a notice, as plain values."""

from dataclasses import dataclass
from datetime import date

from tongban.kernel.types import Text

SAMPLE_NOTE = Text(
    zh="样张，以软件密钥签署，无法律效力。",
    en="Sample, signed with software keys. It has no legal effect.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetField:
    """One line of the table: its label in both languages and the value as it is to be read."""

    label: Text
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceSheet:
    """A licence as it is printed. `seal` is SVG; no `valid_to` means without limit; `note` stands in the footer.

    `code`: what whoever cannot scan types in to check it.
    """

    title: Text
    number: str
    identifier: str
    holder: str
    fields: tuple[SheetField, ...]
    issuer: Text
    issued_on: date
    valid_from: date
    valid_to: date | None
    seal: str
    code: str
    verify_url: str
    note: Text | None = SAMPLE_NOTE


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSheet:
    """A voucher of the case: accepted, granted, refused and so on. Without `verify_url` it has no code to scan."""

    heading: Text
    authority: Text
    case_number: str
    addressee: str
    paragraphs: tuple[str, ...]
    dated_on: date
    seal: str
    facts: tuple[SheetField, ...] = ()
    verify_url: str = ""
    note: Text | None = SAMPLE_NOTE
