"""What is kept stands in a grade (docs/security/data.md), and each grade keeps its rules."""

import base64
import re

import psycopg
import pytest

from tests import database as test_database
from tests import journeys
from tests.architecture.reading import ROOT
from tests.architecture.test_database import OPEN, PERSONAL
from tests.requirements import requirement
from tongban.kernel import retention
from tongban.kernel.crypto.fields import owner_of

PAGE = (ROOT / "docs" / "security" / "data.md").read_text()
PARTS = dict(re.findall(r"^## (\d) \w+\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
GRADES = {grade: re.findall(r"`([a-z]+_[a-z_]+)`", text) for grade, text in PARTS.items()}
SEALED = {table: columns.split(", ") for table, columns in re.findall(r"^\| `(\w+)` \| ([\w, ]+) \| [^|]+ \|$", PARTS["4"], re.MULTILINE)}
KEPT = {"register", "record", "with the account", "a day", "no class yet", "until it is closed", "until its officer removes it",
        "until it is confirmed, or a day", "sessions", "disclosures"}
TELLING = re.compile(r"^(id_number|phone|former_phone|address|answers|uscc|holder_name|holder_code)$")
"""Names of columns that hold what is sealed wherever it is kept."""
PUBLIC = {("authorities_authority", "uscc"), ("kernel_target", "address")}
"""Codes of authorities, and addresses of systems."""


@pytest.fixture
def owner(house):
    with psycopg.connect(test_database.owner_url(house), autocommit=True) as connection:
        yield connection


def test_every_table_stands_in_one_grade():
    every = [table for tables in GRADES.values() for table in tables]
    assert sorted(every) == sorted(PERSONAL | set(OPEN))
    assert set(GRADES["3"]) - PERSONAL <= set(OPEN), "open to a login, for the reason given there"
    assert set(GRADES) == {"1", "2", "3", "4"} and not PERSONAL & {*GRADES["1"], *GRADES["2"]}


def test_each_says_how_long_it_is_kept():
    told = re.findall(r"^\| `\w+` \| [^|]+ \| ([^|]+) \|$", PARTS["3"] + PARTS["4"], re.MULTILINE)
    assert len(told) == len(GRADES["3"]) + len(GRADES["4"])
    known = KEPT | {each.replace("_", " ") for each in retention.CLASSES}
    assert {each for line in told for each in ([line] if line in KEPT else line.split(", "))} <= known


@requirement("SEC-05")
def test_what_is_sensitive_lies_there_only_sealed(db, owner):
    journeys.submitted(journeys.with_firm(journeys.citizen()), "food-operation-gaoling")
    filled = set()
    for table, columns in SEALED.items():
        for column in columns:
            for (value,) in owner.execute(f"select {column} from {table} where {column} <> '' limit 200").fetchall():
                assert owner_of(base64.b64decode(value, validate=True)) >= 0, (table, column)
                filled.add(table)
    assert {"cases_case", "identity_person", "identity_entity", "documents_document"} <= filled


def test_no_column_of_a_sensitive_name_stands_elsewhere(owner):
    found = owner.execute("select table_name::text, column_name::text from information_schema.columns where table_schema = 'public' "
                          "and data_type in ('text', 'character varying')").fetchall()
    ours = {(table, column) for table, column in found if TELLING.match(column) and not table.startswith("procrastinate")}
    assert ours - PUBLIC == {(table, column) for table, columns in SEALED.items() for column in columns if TELLING.match(column)}
