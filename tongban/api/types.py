"""What goes in and comes out, as structures; the description of the interface is made from them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tongban.catalogue.types import FourLists, HandlingForm, ItemDefinition, LimitSpec, ServiceLevel
from tongban.kernel.types import Text
from tongban.licences.types import LicenceState, Payload, SignatureCheck, Verdict

ITEM_CODE = "^[0-9A-Z]{31}$"
USCC = "^[0-9A-Z]{18}$"
CASE_NUMBER = "^[0-9A-Z]{43}$"
LICENCE_CODE = "^[0-9A-Za-z._-]{10,120}$"
APPLICANT = "^(self|[0-9A-Z]{18})$"
LARGEST_KEY = 2**63 - 1


class ProblemLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to put right. `field` is a path: `answers.area`, `materials.layout-plan`, `limit`.

    `pointer` is where it stands in a JSON body (RFC 6901): `/answers/area`; a material that is not there has `/materials`.
    """

    field: str
    code: str
    message: str
    pointer: str | None = None


class ProblemView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A refusal (RFC 9457). `title` is in the language asked for by Accept-Language; `type` never changes."""

    type: str
    title: str
    status: int
    detail: str = ""
    problems: tuple[ProblemLine, ...] = ()


class HandedIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One material: a licence the state holds, a file sent before to /documents, or a promise to bring it later."""

    code: Annotated[str, Meta(min_length=1, max_length=60)]
    way: Literal["LICENCE", "LATER", "UPLOAD"]
    document: Annotated[int, Meta(ge=1, le=LARGEST_KEY)] | None = None


class NewCase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An application. `applicant`: yourself or the credit code of a firm you act for."""

    item_code: Annotated[str, Meta(pattern=ITEM_CODE, max_length=31)]
    answers: Annotated[dict[str, Any], Meta(max_length=400)]
    applicant: Annotated[str, Meta(pattern=APPLICANT, max_length=18)] = "self"
    situation: Annotated[str, Meta(max_length=40)] = ""
    materials: Annotated[tuple[HandedIn, ...], Meta(max_length=100)] = ()


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What an applicant holds in hand (CASE-14). `intake_due` is the instant a limit ends: 24:00 of its last day."""

    number: Annotated[str, Meta(pattern=CASE_NUMBER)]
    query_code: str
    received_on: date
    intake_due: datetime
    again: bool


class ItemView(msgspec.Struct, frozen=True, kw_only=True):
    """A service in a list."""

    code: str
    slug: str
    name: Text
    summary: Text
    authority_name: Text
    region: str
    region_name: Text
    level: str
    power_type: str
    pace: str
    version: int
    visits: int
    promised_limit: LimitSpec
    handling_forms: tuple[HandlingForm, ...]
    is_online: bool


class ItemList(msgspec.Struct, frozen=True, kw_only=True):
    """Some services; ask again with `after` set to `next` until it is null."""

    items: tuple[ItemView, ...]
    next: str | None


class ExchangeCodes(msgspec.Struct, frozen=True, kw_only=True):
    """A service in the codes of the national lists, and what follows from it for reports.

    `objects` are those of GB/T 39046 A.4, `result_type` is 10 for a licence, 20 for a document, 99 for anything else,
    `case_type` (A.6) is 1 for what is done on the spot, 2 for what is done within a time limit, 9 for anything else.
    """

    objects: tuple[str, ...]
    case_type: str
    result_type: str
    service_level: ServiceLevel
    four_lists: FourLists


class GuideView(ItemDefinition, frozen=True, kw_only=True):
    """The guide to a service (办事指南) in the version in force. `form_version` is that of /items/{code}/form.

    `mobile_terminal_url` is where one applies on a phone, empty where one cannot (MOB-11).
    """

    code: str
    version: int
    published_at: datetime
    form_version: int
    authority_name: Text
    authority_short: Text
    region: str
    region_name: Text
    is_open: bool
    codes: ExchangeCodes | None = None
    mobile_terminal_url: str = ""


class AuthorityView(msgspec.Struct, frozen=True, kw_only=True):
    """An authority. `sample` marks an invented credit code."""

    uscc: str
    name: Text
    short_name: Text
    region: str
    region_name: Text
    level: str
    field: str
    sample: bool


class LicenceCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What a verifier is told. `payload` is what was signed, base64; `shown` is null where it is not genuine."""

    code: str
    verdict: Verdict
    state: LicenceState
    changed_at: datetime
    shown: Payload | None
    payload: bytes
    signatures: tuple[SignatureCheck, ...]


class HappenedView(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the timeline."""

    at: datetime
    effective_on: date
    event: str
    by: Literal["applicant", "authority", "system"]


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """One's own case. `state_code` is the one exchanged; what is due next ends at `due_at`."""

    number: str
    query_code: str
    item_code: str
    item_name: Text
    state: str
    state_code: str
    applicant_name: str
    channel: str
    pace: str
    outcome: str
    deemed: bool
    received_on: date
    submitted_at: datetime
    accepted_at: datetime | None
    decided_at: datetime | None
    completed_at: datetime | None
    due_at: datetime | None
    intake_due_at: datetime
    correction_due_at: datetime | None
    promised_due_at: datetime | None
    statutory_due_at: datetime | None
    timeline: tuple[HappenedView, ...]


class StatusView(msgspec.Struct, frozen=True, kw_only=True):
    """What number and query code open without signing in."""

    number: str
    item_name: Text
    state: str
    state_code: str
    submitted_at: datetime
    due_at: datetime | None


class DocumentView(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was kept; name its `id` in an application."""

    id: int
    name: str
    media_type: str
    size: int
    pages: int
    sha256: str


class FirmView(msgspec.Struct, frozen=True, kw_only=True):
    """A firm the caller may act for."""

    uscc: str
    name: str


class ActorView(msgspec.Struct, frozen=True, kw_only=True):
    """Whose key this is."""

    name: str
    proofing: int
    channel: str
    firms: tuple[FirmView, ...]


class HealthView(msgspec.Struct, frozen=True, kw_only=True):
    """Does the database answer, and does a sequencer give events their positions?"""

    database: bool
    sequencer: bool
    position: int


class ReadyView(msgspec.Struct, frozen=True, kw_only=True):
    """May this node be sent traffic? `missing` counts columns that migrations have yet to add.

    `log_alarm` calls for an operator: the event log has room for fewer than two more months. Traffic goes on.
    `witness_alarm` calls for one at once: a witness does not find in the public record what it saw there before.
    """

    ready: bool
    missing: int
    parked: int
    log_alarm: bool
    witness_alarm: bool
