"""Lists of other systems are taken in whole, once, and a changed record is a next version."""

import csv
import io
import itertools
import json
from argparse import Namespace
from pathlib import Path

import pytest
from django.db import DatabaseError

from tests.requirements import requirement
from tongban.catalogue import actions, queries
from tongban.catalogue.errors import ListedItemUnknown
from tongban.catalogue.events import ItemListed
from tongban.catalogue.rules import is_listed_code, listed_code
from tongban.catalogue.rules.reading import read_file
from tongban.config import importing
from tongban.kernel import database, events
from tongban.kernel.types import System

IMPORTER = System(name="tester")
SHARED = Path(__file__).parents[3] / "shared" / "data"
REAL = pytest.mark.skipif(not SHARED.exists(), reason="the collected lists are not on this machine")
_numbers = itertools.count(1)

pytestmark = pytest.mark.usefixtures("db")


def own_source() -> str:
    return f"list-{next(_numbers)}"


def take_in(written, source, file="list.json"):
    records = read_file(json.dumps(written, ensure_ascii=False).encode(), name=file)
    return actions.list_items(IMPORTER, source=source, file=file, records=records)


def counts(source):
    return database.row("select count(*), coalesce(sum(v.n), 0) from catalogue_listed l join lateral (select count(*) n "
                        "from catalogue_listed_version v where v.listed_id = l.id) v on true where l.source = %s",
                        [source])


def test_a_record_is_kept_whole_with_where_it_came_from_and_what_was_understood():
    source = own_source()
    record = {"id": "1", "name": "放风筝备案", "agency": "示例局", "region": "四川省广安市广安区", "fee_standard": "随缘",
              "promised_time_limit": "3个工作日", "颜色": "红"}
    assert take_in([record], source).new == 1
    item = queries.listed_item(listed_code(source, "1"))
    assert json.loads(item.raw) == record
    assert (item.file, item.number, item.version, item.source) == ("list.json", 1, 1, source)
    assert item.row.region == "511602000000" and item.row.department == "示例局"
    assert [(each.count, each.unit) for each in item.listing.promised] == [(3, "WORKDAY")]
    assert {(each.field, each.value) for each in item.unread} == {("fee_standard", "随缘"), ("颜色", "红")}


def test_each_item_is_announced_once_and_taking_it_in_again_changes_nothing():
    source = own_source()
    list_ = [{"id": "1", "name": "甲"}, {"id": "2", "name": "乙"}]
    take_in(list_, source)
    done = take_in(list_, source)
    code = listed_code(source, "1")
    assert (done.new, done.changed, done.same) == (0, 0, 2)
    assert counts(source) == (2, 2)
    happened = [each.happened for each in events.of_subject(f"listed:{code}")]
    assert happened == [ItemListed(code=code, version=1, digest=queries.listed_item(code).digest)]


def test_the_same_record_at_another_place_of_the_file_is_the_same():
    source = own_source()
    take_in([{"id": "1", "name": "甲"}], source)
    assert take_in([{"id": "0", "name": "新"}, {"id": "1", "name": "甲"}], source).same == 1


def test_a_record_that_stands_in_the_file_twice_word_for_word_is_one():
    source = own_source()
    done = take_in([{"name": "甲"}, {"name": "乙"}, {"name": "甲"}], source)
    assert (done.new, done.changed, done.same) == (2, 0, 1)
    assert counts(source) == (2, 2)


def test_a_changed_record_is_a_next_version_and_the_former_stays():
    source = own_source()
    take_in([{"id": "1", "name": "甲"}], source)
    assert take_in([{"id": "1", "name": "甲乙"}], source).changed == 1
    item = queries.listed_item(listed_code(source, "1"))
    assert (item.version, item.row.name.zh) == (2, "甲乙")
    assert counts(source) == (1, 2)
    kept = database.rows("select v.raw from catalogue_listed_version v join catalogue_listed l on l.id = v.listed_id "
                         "where l.code = %s order by v.version", [item.row.code])
    assert [json.loads(raw)["name"] for (raw,) in kept] == ["甲", "甲乙"]


@pytest.mark.parametrize("statement", [
    "update catalogue_listed_version set raw = '{}'", "delete from catalogue_listed_version",
    "delete from catalogue_listed", "update catalogue_listed set code = 'L00000000000000F'"])
def test_what_was_taken_in_cannot_be_changed_or_removed(statement):
    take_in([{"id": "1", "name": "甲"}], own_source())
    for login in ("worker", "owner"):
        if login == "owner" and "set code" in statement:
            continue
        with database.serving(login), pytest.raises(DatabaseError):
            database.execute(statement)


def test_everyone_may_read_and_only_the_worker_may_list():
    source = own_source()
    take_in([{"id": "1", "name": "甲"}], source)
    for audience in ("public", "citizen", "officer", "auditor"):
        with database.serving(audience):
            assert queries.listed_item(listed_code(source, "1")).row.name.zh == "甲"
            with pytest.raises(DatabaseError):
                take_in([{"id": "2", "name": "乙"}], source)


def test_an_import_raises_the_edition_of_the_public_pages_and_one_that_changes_nothing_does_not():
    source, before = own_source(), queries.edition()
    take_in([{"id": "1", "name": "甲"}], source)
    between = queries.edition()
    take_in([{"id": "1", "name": "甲"}], source)
    assert before < between == queries.edition()


def test_a_listed_item_is_no_item_that_takes_applications():
    source = own_source()
    take_in([{"id": "1", "name": "甲"}], source)
    code = listed_code(source, "1")
    assert is_listed_code(code) and queries.items_by_code([code]) == {}
    assert not any(is_listed_code(row.code) for row in queries.items(limit=10_000).rows)
    with pytest.raises(ListedItemUnknown):
        queries.listed_item("L000000000000000")


@pytest.mark.parametrize(("written", "code"), [
    ("湖北省恩施州来凤县", "422827000000"), ("湖北省恩施土家族苗族自治州来凤县", "422827000000"), ("上海市", "310000000000"),
    ("江苏省泰州市兴化市中堡镇", "321281109000"), ("河南省洛阳市（区级，来源页未写区名）", ""), ("广安区", ""), ("来凤县", "")])
def test_a_place_is_known_by_its_full_name_only(written, code):
    source = own_source()
    take_in([{"id": "1", "name": "甲", "region": written}], source)
    item = queries.listed_item(listed_code(source, "1"))
    assert item.row.region == code
    assert [each.value for each in item.unread] == ([] if code else [written])


def test_lists_narrow_by_area_with_all_in_it_and_by_department():
    source, name = own_source(), f"某局{next(_numbers)}"
    take_in([{"id": str(number), "name": f"事项{number}", "department": name, "area_code": "511602"}
             for number in range(5)], source)
    first = queries.listed_items(region="511600000000", department=name, limit=3)
    rest = queries.listed_items(region="511602000000", department=name, limit=3, after=first.after)
    assert [row.name.zh for row in (*first.rows, *rest.rows)] == [f"事项{number}" for number in range(5)]
    assert rest.after == "" and queries.listed_items(region="510700000000", department=name).rows == ()
    queries.forget()
    assert queries.listed_counts().departments[("511602000000", name)] == 5


def test_the_command_reports_what_it_did_not_understand_by_field_and_by_record(tmp_path, capsys):
    out = io.StringIO()
    table = csv.DictWriter(out, ["item_name", "implement_code", "fee_standard", "颜色"])
    table.writeheader()
    table.writerows({"item_name": f"事项{number}", "implement_code": f"x{number}", "fee_standard": "不收费",
                     "颜色": f"红{number}"} for number in range(12))
    file = tmp_path / f"{own_source()}.csv"
    file.write_text(out.getvalue())
    options = Namespace(file=str(file), source="", report=str(tmp_path / "report.json"))
    assert importing.items(options) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["records"], report["new"], report["same"]) == (12, 12, 0)
    assert report["fields"]["颜色"] == {"given": 12, "empty": 0, "not_understood": 12,
                                      "examples": [f"红{number}" for number in range(10)]}
    assert report["fields"]["fee_standard"]["not_understood"] == 0
    assert report["not_understood"][11]["values"] == [{"field": "implement_code", "value": "x11"},
                                                      {"field": "颜色", "value": "红11"}]
    assert "| 颜色 | 12 | 0 | 12 | 红0; 红1;" in (tmp_path / "report.md").read_text()
    said = capsys.readouterr().out
    assert "Not understood means: kept and shown in the source's own words" in said
    assert "颜色, 12 times, for example 红0" in said
    assert "Warning" not in said
    file.write_text("\n".join(file.read_text().splitlines()[:-1]))
    assert importing.items(options) == 0
    assert "1 records taken in before are not in this file" in capsys.readouterr().out


@requirement("SEC-14")
def test_a_record_that_bears_a_mark_of_secrecy_is_left_out_and_told_by_its_number_only(tmp_path, capsys):
    source, file = own_source(), tmp_path / "list.json"
    before = len(events.of_subject("secrecy"))
    marked = {"id": "2", "name": "某工程审批", "basis": "依据机密★5年文件"}
    apart = [{"id": "3", "name": "某工程备案", "note": "机密"}, {"id": "4", "name": "某工程备案", "note": "内部资料 不得外传"}]
    file.write_text(json.dumps([{"id": "1", "name": "放风筝备案"}, marked, *apart], ensure_ascii=False))
    assert importing.items(Namespace(file=str(file), source=source, report=str(tmp_path / "report.json"))) == 0
    assert counts(source)[0] == 1
    said = capsys.readouterr().out + (tmp_path / "report.json").read_text()
    assert "Record 2 bears a mark of secrecy (state-star)" in said and "某工程" not in said and "文件" not in said
    assert [(each.payload["route"], each.payload["mark"]) for each in events.of_subject("secrecy")[before:]] == [
        ("import items", "state-star"), ("import items", "state-head"), ("import items", "work-not-outside")]


def test_a_table_whose_lines_lack_columns_is_taken_in_with_a_warning(tmp_path, capsys):
    file = tmp_path / f"{own_source()}.csv"
    file.write_text("item_name,implement_code,fee_standard,颜色\n甲,z1,不收费,红\n乙,z2\n丙,z3\n")
    assert importing.items(Namespace(file=str(file), source="", report=str(tmp_path / "report.json"))) == 0
    said = capsys.readouterr().out
    assert "Warning: records with fewer columns than the heading: 2, the first is number 2." in said
    assert "columns missing" not in said
    assert json.loads((tmp_path / "report.json").read_text())["short"] == [2, 3]


@pytest.mark.parametrize(("name", "content", "said"), [
    ("x.json", "{}", "a list of records is expected"), ("x.csv", "a,a\n1,2", "name every column once"),
    ("missing.csv", None, "No such file")])
def test_a_file_that_is_no_list_is_refused_in_words(tmp_path, capsys, name, content, said):
    if content is not None:
        (tmp_path / name).write_text(content)
    assert importing.items(Namespace(file=str(tmp_path / name), source="", report="")) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("source", ["../outside", "a/b", ".", "长" * 81, "line\nbreak"])
def test_a_name_of_a_list_that_is_no_name_of_a_file_is_refused(tmp_path, capsys, source):
    (tmp_path / "list.json").write_text('[{"id": "1", "name": "甲"}]')
    before = database.row("select count(*) from catalogue_listed")
    assert importing.items(Namespace(file=str(tmp_path / "list.json"), source=source, report="")) == 1
    assert "--source" in capsys.readouterr().err
    assert database.row("select count(*) from catalogue_listed") == before


@REAL
def test_the_list_of_a_whole_district_is_taken_in_without_loss(tmp_path):
    file = SHARED / "service_items_sichuan_guangan.csv"
    options = Namespace(file=str(file), source="guangan-test", report=str(tmp_path / "report.json"))
    assert importing.items(options) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    missed = {name: field["not_understood"] for name, field in report["fields"].items() if field["not_understood"]}
    assert (report["records"], report["new"]) == (1135, 1135)
    assert missed == {"catalog_code": 1073, "dept_code": 294, "implement_code": 122, "area": 1}
    with file.open(encoding="utf-8-sig", newline="") as opened:
        lines = {each["implement_code"]: dict(each) for each in csv.DictReader(opened)}
    kept = queries.listed(queries.listed_codes("guangan-test"))
    assert {json.loads(each.raw)["implement_code"]: json.loads(each.raw) for each in kept.values()} == lines
    assert sum(each.row.region == "511602000000" for each in kept.values()) == 1134
    assert len({each.row.department for each in kept.values()}) == 34
    assert importing.items(options) == 0
    again = json.loads((tmp_path / "report.json").read_text())
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 1135)


@REAL
def test_the_collected_guides_are_taken_in_without_loss_and_nearly_all_is_understood(tmp_path):
    file = SHARED / "guides.json"
    options = Namespace(file=str(file), source="guides-test", report=str(tmp_path / "report.json"))
    assert importing.items(options) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    missed = {name: field["not_understood"] for name, field in report["fields"].items() if field["not_understood"]}
    assert missed == {"basic_code": 5, "area_name": 5, "materials.source": 5, "handle_forms": 1, "handle_type": 1,
                      "implement_code": 1}
    kept = queries.listed(queries.listed_codes("guides-test"))
    written = {each["id"]: each for each in json.loads(file.read_bytes())}
    assert {json.loads(each.raw)["id"]: json.loads(each.raw) for each in kept.values()} == written
    assert sum(len(each.listing.materials) for each in kept.values()) == 160
    assert sum(bool(each.listing.hours) for each in kept.values()) == 13
    assert sum(each.listing.fee is not None for each in kept.values()) == 25
