"""The catalogue files as read, and the check digits of the national codes."""

import gzip
import json
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

Row = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
LAWS = ROOT.parent / "shared" / "data" / "laws_articles.jsonl.gz"
USCC_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ORGANISATION_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
WORKDAYS = {"WORKDAY": 1.0, "DAY": 5 / 7, "HOUR": 1 / 8, "MONTH": 21.0, "YEAR": 250.0}
BUSINESS_LICENCE = "11100000MB0143028R001"


@cache
def read(name: str) -> Any:
    """One YAML file under data/."""
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


@cache
def items() -> dict[str, Row]:
    """Every item by file name."""
    return {path.stem: read(f"items/{path.name}") for path in sorted((DATA / "items").glob("*.yaml"))}


@cache
def forms() -> dict[str, Row]:
    """Every form by file name."""
    return {path.stem: read(f"forms/{path.name}") for path in sorted((DATA / "forms").glob("*.yaml"))}


@cache
def validator(name: str) -> jsonschema_rs.Draft202012Validator:
    """The strict validator of one kind of file."""
    schema = json.loads((DATA / "schema" / f"{name}.schema.json").read_text(encoding="utf-8"))
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def problems(kind: str, row: Row) -> list[str]:
    """What the schema finds wrong, with its place."""
    return [f"{list(error.instance_path)}: {error.message}" for error in validator(kind).iter_errors(row)]


@cache
def authorities() -> dict[str, Row]:
    """Authorities by USCC."""
    return {row["uscc"]: row for row in read("authorities.yaml")}


@cache
def licence_types() -> dict[str, Row]:
    """Licence types by code."""
    return {row["code"]: row for row in read("licence_types.yaml")}


def field_names(licence_type: str) -> set[str]:
    """The fields a licence of that type carries."""
    return {field["name"] for field in licence_types()[licence_type]["fields"]}


def workdays(limit: Row) -> float:
    """A limit in working days (CAT-31: a week is 5, a month 21, a year 250)."""
    return float(limit["count"]) * WORKDAYS[limit["unit"]]


def uscc_is_valid(code: str) -> bool:
    """GB 32100 check character, and GB 11714 for the organisation code inside."""
    if not re.fullmatch(f"[{USCC_CHARACTERS}]{{18}}", code):
        return False
    total = sum(USCC_CHARACTERS.index(char) * pow(3, place, 31) for place, char in enumerate(code[:17]))
    return code[17] == USCC_CHARACTERS[(31 - total % 31) % 31] and organisation_is_valid(code[8:17])


def organisation_is_valid(code: str) -> bool:
    """GB 11714: the ninth character of an organisation code."""
    pairs = zip(code[:8], ORGANISATION_WEIGHTS, strict=True)
    rest = 11 - sum(ORGANISATION_CHARACTERS.index(char) * weight for char, weight in pairs) % 11
    return code[8] == {10: "X", 11: "0"}.get(rest, str(rest))


def id_number_is_valid(number: str) -> bool:
    """ISO 7064 MOD 11-2 over the first 17 digits (GB 11643)."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return False
    total = sum(int(char) * weight for char, weight in zip(number[:17], ID_WEIGHTS, strict=True))
    return number[17] == "10X98765432"[total % 11]


def texts(value: Any, place: str = "") -> list[tuple[str, str, str]]:
    """Every bilingual text below `value`: place, Chinese, English."""
    if isinstance(value, list):
        return [found for index, part in enumerate(value) for found in texts(part, f"{place}.{index}")]
    if not isinstance(value, dict):
        return []
    if set(value) == {"zh", "en"}:
        return [(place, value["zh"], value["en"])]
    return [found for key, part in value.items() for found in texts(part, f"{place}.{key}")]


@cache
def law_articles() -> dict[str, set[str]]:
    """Article numbers of the national laws in the shared data, by full name."""
    found: dict[str, set[str]] = defaultdict(set)
    with gzip.open(LAWS, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            found[row["law_name"]].add(row["article_no"])
    return found
