"""Files of foreign lists, record by record: nothing is dropped, nothing is made up."""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from tongban.catalogue.errors import ListNotReadable
from tongban.catalogue.rules.reading.codes import read_area, read_basic_code, read_body, read_code
from tongban.catalogue.rules.reading.hours import read_hours
from tongban.catalogue.rules.reading.papers import read_material
from tongban.catalogue.rules.reading.values import read_fee, read_limit, read_phones, read_visits
from tongban.catalogue.rules.reading.words import parts, squeezed
from tongban.catalogue.types import HandlingForm, Pace, PowerType, ResultKind
from tongban.catalogue.types.listings import Listing, ReadMaterial, Record, Unread
from tongban.kernel.codes import parse_basic_code

ABOUT: Mapping[str, str] = {
    "name": "name", "item_name": "name", "事项名称": "name",
    "department": "department", "agency": "department", "实施主体": "department", "实施部门": "department",
    "dept_code": "body", "org_code": "body", "实施主体编码": "body",
    "implement_code": "code", "实施编码": "code", "实施清单编码": "code",
    "catalog_code": "basic_code", "basic_code": "basic_code", "基本编码": "basic_code",
    "area_code": "area", "行政区划代码": "area", "region": "area_name", "行政区划": "area_name",
    "task_type": "power_type", "item_type": "power_type", "事项类型": "power_type",
    "task_type_code": "power_type_code", "level": "level", "行使层级": "level",
    "handle_type": "pace", "办件类型": "pace", "statutory_time_limit": "statutory", "法定办结时限": "statutory",
    "promised_time_limit": "promised", "承诺办结时限": "promised", "onsite_visits": "visits", "到办事现场次数": "visits",
    "fee_standard": "fee", "收费标准": "fee", "window_hours": "hours", "办理时间": "hours",
    "consult_phone": "phones", "咨询电话": "phones", "complaint_phone": "complaints", "监督电话": "complaints",
    "handle_forms": "forms", "办理形式": "forms", "result_type": "result_kind",
    "审批结果类型": "result_kind", "materials": "materials", "guide_url": "url", "source_url": "url",
    "organiser_judged_fields": "judged", "excerpt_truncated": "shortened", "secondary_source": "second_hand",
    "id": "key", "completeness": "kept", "missing_elements": "kept", "faq": "kept",
    **{name: f"text:{ours}" for ours, names in {
        "group": ("main_item", "主项名称"), "alias": ("alias",), "target": ("target", "服务对象"),
        "conditions": ("conditions", "受理条件"), "steps": ("process_steps", "办理流程"),
        "legal_basis": ("legal_basis", "设定依据"), "result": ("result_document", "审批结果名称"),
        "delivery": ("delivery",), "address": ("window_address", "办理地点"), "scope": ("applicable_scope",),
        "limit_note": ("limit_note",), "special_procedure": ("special_procedure",), "fee_basis": ("fee_basis",),
        "benefit": ("benefit",), "online": ("online",), "online_depth": ("online_depth",), "relief": ("relief",),
        "power_source": ("power_source",), "power_split": ("power_split",), "org_nature": ("org_nature",),
        "quantity": ("quantity",), "intermediary": ("intermediary",), "sub_items": ("sub_items",),
        "version": ("version",), "promise_ent": ("promise_ent",), "promise_proof": ("promise_proof",),
        "source_title": ("source_title",), "source_date": ("source_date",)}.items() for name in names}}
"""What the fields of known lists are about, in our words."""
POWERS = {"行政许可": PowerType.PERMIT, "行政处罚": PowerType.PUNISHMENT, "行政强制": PowerType.COERCION,
          "行政征收": PowerType.LEVY, "行政给付": PowerType.PAYMENT, "行政检查": PowerType.INSPECTION,
          "行政确认": PowerType.CONFIRMATION, "行政奖励": PowerType.REWARD, "行政裁决": PowerType.ADJUDICATION,
          "其他行政权力": PowerType.OTHER, "公共服务": PowerType.PUBLIC_SERVICE}
LEVELS = {"国家级": "1", "省级": "2", "市级": "3", "设区的市级": "3", "县级": "4", "区级": "4", "区县级": "4", "乡镇": "5", "乡镇级": "5",
          "镇级": "5", "街道": "5", "村级": "6", "村": "6", "社区": "6"}
PACES = {"即办件": Pace.INSTANT, "承诺件": Pace.TERM, **{each.exchanged: each for each in Pace}}
FORMS = {"窗口办理": HandlingForm.WINDOW, "网上办理": HandlingForm.WEB, "快递申请": HandlingForm.COURIER,
         "手机办理": HandlingForm.MOBILE, "1": HandlingForm.WINDOW, "2": HandlingForm.WEB, "3": HandlingForm.COURIER}
"""Words, and the codes of C0109, which knows no phone: its 3 is the courier (CAT-13)."""
RESULTS = {name: kind for kind, names in {
    ResultKind.LICENCE: ("证照", "出证办结", "10"), ResultKind.DOCUMENT: ("批文", "出文办结", "20"),
    ResultKind.OTHER: ("其他", "审批办结", "99")}.items() for name in names}
"""Kinds of result in the words of the standard, of local systems, and as exchanged (CAT-21)."""
KEYS = ("id", "implement_code", "实施编码", "实施清单编码")
SHORT = "columns missing"
"""What a line of a table is given that has fewer values than the heading has names."""
LONGEST_NAME = 300
BASIC_WIDTH = 12
LONGEST_KEY = 200
Read = Callable[[str], Any]


def is_known(field: str) -> bool:
    """Do we know what a field of a list is about? Others are kept and shown to nobody: they may name people."""
    return field in ABOUT


def read_file(content: bytes, *, name: str) -> tuple[Record, ...]:
    """Every record of a CSV file with a heading or of a JSON list of objects; refuses with `ListNotReadable`."""
    written = _from_json(content) if name.lower().endswith(".json") else _from_csv(content)
    keys = [_key(record) for record in written]
    repeated = {key for key, count in Counter(keys).items() if key and count > 1}
    return tuple(read_record(record, number=number, key=key if key and key not in repeated else "")
                 for number, (record, key) in enumerate(zip(written, keys, strict=True), 1))


def read_record(record: Mapping[str, Any], *, number: int, key: str) -> Record:
    """One record, whole and understood; without a key of its own it is known by its content."""
    raw = json.dumps(record, ensure_ascii=False)
    digest = hashlib.sha256(raw.encode()).hexdigest()
    found: dict[str, Any] = {"texts": {}}
    unread: list[Unread] = []
    empty = []
    for field, value in record.items():
        about = ABOUT.get(field, "")
        if not isinstance(value, (bool, int, float)) and (not value or (isinstance(value, str) and not value.strip())):
            empty.append(field)
        elif about != "kept" and not _take(found, about, value, unread, field):
            unread.append(Unread(field=field, about=about, value=_shown(value)))
    unread += _contradictions(found)
    listing = msgspec.convert(found | {"name": found.get("name") or ""}, Listing)
    return Record(key=key or digest, number=number, raw=raw, digest=digest, listing=listing, unread=tuple(unread),
                  empty=tuple(empty))


def _take(found: dict[str, Any], about: str, value: Any, unread: list[Unread], field: str) -> bool:
    """Read one value into `found`; False if it cannot be."""
    if about == "materials":
        return _take_materials(found, value, unread)
    if about in ("shortened", "second_hand"):
        found[about] = value is True
        return isinstance(value, bool)
    if about == "judged" or about.startswith("text:"):
        return _take_texts(found if about == "judged" else found["texts"], about.removeprefix("text:"), value)
    understood = READERS[about](value) if isinstance(value, str) and about in READERS else None
    if about == "body" and understood:
        found["credit_code"], found["organisation_code"] = understood
    elif understood is not None and about != "key":
        found[about] = understood
    if about == "code" and understood and understood.kind == "REGIONAL" and not understood.body:
        unread.append(Unread(field=field, about="code_body", value=value))
    return understood is not None


def _take_texts(found: dict[str, Any], about: str, value: Any) -> bool:
    texts = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else ()
    if not texts or not all(isinstance(each, str) for each in texts):
        return False
    found[about] = texts
    return True


def _take_materials(found: dict[str, Any], value: Any, unread: list[Unread]) -> bool:
    if not isinstance(value, list):
        return False
    taken: list[ReadMaterial] = []
    for each in value:
        if not isinstance(each, dict) or not isinstance(each.get("name"), str) or not each["name"].strip():
            unread.append(Unread(field="materials", about="materials", value=_shown(each)))
            continue
        plain = {name: word for name, word in each.items() if isinstance(word, str)}
        made, not_read = read_material(plain)
        taken.append(made)
        unread += [Unread(field=f"materials.{name}", about=f"materials.{len(taken)}", value=plain[name])
                   for name in not_read]
        unread += [Unread(field=f"materials.{name}", about=f"materials.{len(taken)}", value=_shown(word))
                   for name, word in each.items() if name not in ("seq", *plain) or
                   name not in ("seq", "name", "form", "copies", "necessity", "source")]
    found["materials"] = taken
    return True


def _contradictions(found: dict[str, Any]) -> Iterator[Unread]:
    """What two fields say differently is not understood: neither is believed."""
    by_code = found.pop("power_type_code", None)
    if by_code is not None and found.setdefault("power_type", by_code) != by_code:
        yield Unread(field="power_type", about="power_type", value=f"{found.pop('power_type')} / {by_code}")
    basic, power = found.get("basic_code"), found.get("power_type")
    if basic and power and len(basic) == BASIC_WIDTH and parse_basic_code(basic).item_type != power:
        yield Unread(field="basic_code", about="basic_code", value=found.pop("basic_code"))
    code, area = found.get("code"), found.get("area")
    if code is not None and code.area and area and code.area != area:
        yield Unread(field="area", about="area", value=f"{found.pop('area')} / {code.area}")


def _forms(text: str) -> tuple[HandlingForm, ...] | None:
    found = [FORMS.get(each) for each in parts(text, ",;")]
    return tuple(each for each in found if each) if all(found) else None


def _power_code(text: str) -> PowerType | None:
    known = {int(each): each for each in PowerType}
    return known.get(int(text)) if text.isascii() and text.isdigit() and len(text) < 3 else None


def _name(text: str) -> str | None:
    return text.strip() if len(text.strip()) <= LONGEST_NAME and text.isprintable() else None


READERS: Mapping[str, Read] = {
    "key": _name, "name": _name, "department": _name, "area_name": _name, "url": _name, "body": read_body, "code": read_code,
    "basic_code": read_basic_code, "area": read_area, "power_type": lambda text: POWERS.get(squeezed(text)),
    "power_type_code": _power_code, "level": lambda text: LEVELS.get(squeezed(text)),
    "pace": lambda text: PACES.get(squeezed(text)), "statutory": read_limit, "promised": read_limit,
    "visits": read_visits, "fee": read_fee, "hours": read_hours, "phones": read_phones, "complaints": read_phones,
    "forms": _forms, "result_kind": lambda text: RESULTS.get(squeezed(text))}


def _key(record: Mapping[str, Any]) -> str:
    """What the list itself knows the record by."""
    found = next((str(record[name]) for name in KEYS if isinstance(record.get(name), (str, int)) and record[name]), "")
    return found if len(found) <= LONGEST_KEY and found.isprintable() else ""


def _from_csv(content: bytes) -> list[dict[str, Any]]:
    try:
        lines = list(csv.reader(io.StringIO(_decoded(content), newline=""), strict=True))
    except csv.Error as error:
        raise ListNotReadable(why=str(error)) from error
    if not lines or len(set(lines[0])) < len(lines[0]):
        raise ListNotReadable(why="the first line must name every column once")
    heading = lines[0]
    return [dict(zip(heading, line, strict=False))
            | {f"column {place}": value for place, value in enumerate(line[len(heading):], len(heading) + 1)}
            | ({SHORT: str(len(heading) - len(line))} if len(line) < len(heading) else {})
            for line in lines[1:] if any(line)]


def _decoded(content: bytes) -> str:
    """The text of a file in UTF-8, or in GB 18030 as office programs in China save it."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ListNotReadable(why="it is neither UTF-8 nor GB 18030; save it as UTF-8")


def _from_json(content: bytes) -> list[dict[str, Any]]:
    try:
        written = json.loads(content)
        json.dumps(written, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ListNotReadable(why=str(error)) from error
    if not isinstance(written, list) or not all(isinstance(each, dict) for each in written):
        raise ListNotReadable(why="a list of records is expected")
    return written


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
