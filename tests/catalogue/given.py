"""A sound item to vary, and short ways to publish one of its own for each test."""

import itertools
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

from tongban.catalogue import actions
from tongban.catalogue.rules import code_of
from tongban.catalogue.types import (
    Guide,
    HandlingForm,
    ItemDefinition,
    LimitSpec,
    Material,
    Offline,
    OfflineReason,
    Themes,
)
from tongban.forms.types import FormDefinition
from tongban.kernel.types import System, Text

DATA = Path(__file__).parents[2] / "data"
EDITOR = System(name="editor")
PUBLISHED_AT = datetime(2026, 1, 1, tzinfo=UTC)
AT_THE_COUNTER = {"handling_forms": (HandlingForm.WINDOW,), "visits": 1,
                  "must_come_reason": Text(zh="交验原件", en="To show the originals"),
                  "offline": Offline(reason=OfflineReason.LAW, basis=Text(zh="某条例第一条", en="Article 1"))}
"""What sets an item apart that is not done online."""
_numbers = itertools.count(1)


@lru_cache
def read(name: str) -> Any:
    """A data file as it stands."""
    return yaml.load((DATA / name).read_bytes(), Loader=yaml.CSafeLoader)


LICENCE_TYPES = {each["code"]: each["name"]["zh"] for each in read("licence_types.yaml")}
THEMES = msgspec.convert(read("themes.yaml"), Themes)
FOOD = msgspec.convert(read("items/food-operation-gaoling.yaml"), ItemDefinition)


def every_item() -> list[ItemDefinition]:
    """All items of the data files."""
    return [msgspec.convert(read(f"items/{path.name}"), ItemDefinition) for path in sorted((DATA / "items").glob("*"))]


def item(**changes: Any) -> ItemDefinition:
    """The restaurant licence with changes."""
    return msgspec.structs.replace(FOOD, **changes)


def own_item(**changes: Any) -> ItemDefinition:
    """The same as an item that no other test has."""
    number = next(_numbers)
    return item(**{"slug": f"own-item-{number}", "basic_code": f"000131099{number:03}", **changes})


def material(code: str, **changes: Any) -> Material:
    """One material of the restaurant licence with changes."""
    found = next(each for each in FOOD.materials if each.code == code)
    return msgspec.structs.replace(found, **changes)


def with_material(code: str, **changes: Any) -> tuple[Material, ...]:
    """All materials of the restaurant licence, one of them changed."""
    return tuple(material(code, **changes) if each.code == code else each for each in FOOD.materials)


def limit(count: int, unit: Any = "WORKDAY") -> LimitSpec:
    return LimitSpec(count=count, unit=unit)


def text(zh: str, en: str = "") -> Text:
    return Text(zh=zh, en=en)


def guide(**changes: Any) -> Guide:
    """The guide of an item that is not in the database."""
    found = item(**changes)
    fields = {each: getattr(found, each) for each in found.__struct_fields__}
    return Guide(**fields, code=code_of(found), version=3, published_at=PUBLISHED_AT, form_version=1, process_version=1,
                 authority_id=1, authority_name=text("某局"), authority_short=text("某局"), region="610117000000",
                 region_name=text("高陵区"), is_open=True)


def form(code: str, label: str = "店名") -> FormDefinition:
    """A form of one question."""
    return msgspec.convert({
        "code": code, "version": 1, "title": {"zh": "申请", "en": "Apply"},
        "schema": {"type": "object", "additionalProperties": False, "required": ["premises_name"],
                   "properties": {"premises_name": {"type": "string", "maxLength": 100}}},
        "fields": {"premises_name": {"label": {"zh": label, "en": "Name"}}},
        "pages": [{"code": "one", "title": {"zh": "店名？", "en": "Name?"}, "fields": ["premises_name"]}],
    }, FormDefinition)


def publish(definition: ItemDefinition, **more: Any) -> int:
    """Publish with the licence types of the data files."""
    return actions.publish_item(EDITOR, definition=definition, licence_types=LICENCE_TYPES, **more)
