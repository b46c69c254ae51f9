"""Public reading: services, guides, forms, authorities, and whether a licence holds."""

import hashlib
from typing import Annotated, Literal

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from ninja import Path, Query, Schema
from pydantic import ConfigDict, Field

from tongban.api.entry import ANYONE, Door
from tongban.api.errors import NotValid
from tongban.api.faults import LONGEST, fault
from tongban.api.routes import reply, route
from tongban.api.types import (
    ITEM_CODE,
    LICENCE_CODE,
    USCC,
    AuthorityView,
    ExchangeCodes,
    GuideView,
    ItemList,
    ItemView,
    LicenceCheck,
)
from tongban.authorities import queries as authorities
from tongban.authorities.errors import AuthorityUnknown
from tongban.catalogue import queries as catalogue
from tongban.catalogue.errors import ItemUnknown
from tongban.catalogue.rules import four_lists, service_level
from tongban.catalogue.types import Guide, HandlingForm, ItemRow
from tongban.forms.types import FormDefinition
from tongban.licences import queries as licences
from tongban.licences.errors import LicenceNotFound

PUBLIC = Door(gate=ANYONE)
FRESH = "public, max-age=60"
CONDITIONAL = {"If-None-Match": {"required": False, "schema": {"type": "string"},
                                 "description": "An ETag got before; 304 where it still holds."}}
ItemCode = Annotated[str, Path(pattern=ITEM_CODE)]
Uscc = Annotated[str, Path(pattern=USCC)]
LicenceCode = Annotated[str, Path(pattern=LICENCE_CODE)]


class ItemFilters(Schema):
    """Which services to list. `region`: a code of 2 to 12 digits; what can be used there is listed."""

    model_config = ConfigDict(extra="forbid")

    audience: Literal["", "person", "entity"] = ""
    theme: str = Field("", pattern="^[0-9A-Za-z-]{0,20}$")
    region: str = Field("", pattern="^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}|)$")
    level: str = Field("", pattern="^[0-9]?$")
    online: bool | None = None
    after: str = Field("", pattern="^([0-9A-Z]{31})?$")
    limit: int = Field(20, ge=1, le=100)


@route("items", door=PUBLIC, returns={200: ItemList}, refuses=(404, 422), headers=CONDITIONAL)
def items(request: HttpRequest, filters: Query[ItemFilters]) -> HttpResponse:
    """Services open for applications, by name."""
    unknown = [name for name in request.GET if name not in ItemFilters.model_fields]
    if unknown:
        raise NotValid(fault(name[:LONGEST], "unknown") for name in unknown)
    page = catalogue.items(
        audience=filters.audience, theme=filters.theme, region=filters.region, level=filters.level,
        online=filters.online, after=filters.after, limit=filters.limit)
    return _fresh(request, msgspec.json.encode(ItemList(items=tuple(map(_item, page.rows)), next=page.after or None)))


@route("items/{code}", door=PUBLIC, returns={200: GuideView}, refuses=(404,), headers=CONDITIONAL, nothing=ItemUnknown)
def item(request: HttpRequest, code: ItemCode) -> HttpResponse:
    """The guide to a service, in both languages."""
    guide = catalogue.guide(code)
    etag = f'"{code}-{guide.version}-{int(guide.is_open)}-{settings.VERSION}"'
    if _holds(request, etag):
        return _fresh(request, b"", etag)
    view = msgspec.convert(guide, GuideView, from_attributes=True)
    mobile = f"/apply/{guide.code}/" if HandlingForm.MOBILE in guide.handling_forms else ""
    whole = msgspec.structs.replace(view, codes=_codes(guide), mobile_terminal_url=mobile)
    return _fresh(request, msgspec.json.encode(whole), etag)


@route("items/{code}/form", door=PUBLIC, returns={200: FormDefinition}, refuses=(404,), headers=CONDITIONAL,
       nothing=ItemUnknown)
def form(request: HttpRequest, code: ItemCode) -> HttpResponse:
    """The form of a service: JSON Schema 2020-12 of the answers, labels and pages in both languages."""
    guide = catalogue.guide(code)
    return _fresh(request, msgspec.json.encode(catalogue.form_definition(guide.form_code, guide.form_version)))


@route("authorities/{uscc}", door=PUBLIC, returns={200: AuthorityView}, refuses=(404,), headers=CONDITIONAL,
       nothing=AuthorityUnknown)
def authority(request: HttpRequest, uscc: Uscc) -> HttpResponse:
    """An authority by its unified social credit code."""
    found = authorities.authority_by_uscc(uscc)
    return _fresh(request, msgspec.json.encode(AuthorityView(
        uscc=found.uscc, name=found.name, short_name=found.short_name, region=found.region,
        region_name=found.region_name, level=found.level, field=found.field, sample=found.sample)))


@route("licences/{code}", door=PUBLIC, returns={200: LicenceCheck}, refuses=(404,), nothing=LicenceNotFound)
def licence(request: HttpRequest, code: LicenceCode) -> HttpResponse:
    """Whether a licence holds, by its code; by its identifier too, but then with nothing of its holder. Signatures are recomputed."""
    found = licences.verifiable(code)
    return reply(LicenceCheck(code=found.code, verdict=found.verdict, state=found.state, changed_at=found.changed_at,
                              shown=found.shown, payload=found.payload, signatures=found.signatures))


def _fresh(request: HttpRequest, body: bytes, etag: str = "") -> HttpResponse:
    """A public answer that may be kept for a minute and asked for again by its ETag."""
    etag = etag or f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if _holds(request, etag):
        response = HttpResponse(status=304)
        del response["Content-Type"]
    else:
        response = HttpResponse(body, content_type="application/json")
    response["ETag"], response["Cache-Control"] = etag, FRESH
    return response


def _holds(request: HttpRequest, etag: str) -> bool:
    known = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    return "*" in known or etag in {each.removeprefix("W/") for each in known}


def _codes(guide: Guide) -> ExchangeCodes:
    return ExchangeCodes(objects=tuple(dict.fromkeys(each.exchanged for each in guide.objects)),
                         case_type=guide.pace.exchanged, result_type=guide.result.kind.exchanged, service_level=service_level(guide),
                         four_lists=four_lists(guide))


def _item(row: ItemRow) -> ItemView:
    return ItemView(
        code=row.code, slug=row.slug, name=row.name, summary=row.summary, authority_name=row.authority_name,
        region=row.region, region_name=row.region_name, level=row.level, power_type=row.power_type, pace=row.pace,
        version=row.version, visits=row.visits, promised_limit=row.promised_limit, handling_forms=row.handling_forms,
        is_online=row.is_online)
