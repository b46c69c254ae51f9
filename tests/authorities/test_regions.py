"""Regions and authorities: the tree, its prefixes, names and refusals."""

import itertools

import pytest
from django.db import ProgrammingError

from tests.requirements import requirement
from tongban.authorities import actions, queries
from tongban.authorities.errors import AuthorityCodeNotValid, AuthorityUnknown, RegionNotBelow, RegionUnknown
from tongban.authorities.rules import english_name, full_code, sort_key
from tongban.authorities.types import Level, NewRegion, RegionLevel
from tongban.kernel import database, events
from tongban.kernel.codes import make_uscc
from tongban.kernel.types import System, Text

EDITOR = System(name="editor")
numbers = itertools.count(700)


def village(number=None, parent="511602102000"):
    number = number or next(numbers)
    return NewRegion(code=f"511602102{number:03}", name=Text(zh=f"示例{number}村"), level=RegionLevel.VILLAGE,
                     parent=parent)


@requirement("ARC-05")
@pytest.mark.parametrize(("code", "name"), [
    ("51", "四川省"), ("5116", "广安市"), ("511602", "广安区"), ("511602102", "协兴镇"), ("511602102200", "牌坊村"),
    ("511602000000", "广安区"), ("511602102000", "协兴镇"), ("110101", "东城区"), ("710000000000", "台湾省"),
])
def test_a_code_or_its_prefix_names_the_region(db, code, name):
    assert queries.region(code).name.zh == name


@requirement("ARC-05")
def test_five_levels_lie_above_one_another(db):
    path = queries.region_path("511602102200")
    assert [each.name.zh for each in path] == ["四川省", "广安市", "广安区", "协兴镇", "牌坊村"]
    assert [each.level for each in path] == list(RegionLevel)
    assert path[-1].full_name == "四川省广安市广安区协兴镇牌坊村"
    assert [each.parent for each in path] == [None, *(each.code for each in path[:-1])]


@requirement("ARC-05")
def test_the_districts_of_a_municipality_and_own_counties_of_a_province_lie_right_below_it(db):
    assert [each.name.zh for each in queries.region_path("310115")] == ["上海市", "浦东新区"]
    assert [each.name.zh for each in queries.region_path("419001")] == ["河南省", "济源市"]


@pytest.mark.parametrize("code", [
    "", "5", "511", "51160", "999999", "511602999", "５１", "51160200000x", "5116021022000",
])
def test_what_is_no_region_is_refused(db, code):
    for ask in (queries.region, queries.region_path):
        with pytest.raises(RegionUnknown):
            ask(code)


def test_children_are_sorted_by_pinyin(db):
    assert len(queries.children()) == 34
    assert queries.children()[0].name.zh == "安徽省"
    below = queries.children("5116")
    assert [each.name.zh for each in below] == ["广安区", "华蓥市", "邻水县", "前锋区", "武胜县", "岳池县"]
    assert queries.region_names(["511602000000", "990000000000"]) == {"511602000000": below[0].name}


def test_many_regions_are_added_by_one_event_and_known_ones_stay(db):
    new = [village(), village()]
    assert actions.add_regions(EDITOR, regions=[*new, new[0]][:2]) == 2
    assert actions.add_regions(EDITOR, regions=new) == 0
    assert queries.region(new[0].code).full_name.endswith("协兴镇" + new[0].name.zh)
    last = events.of_subject("regions")[-1]
    assert (last.name, last.payload["count"]) == ("RegionsAdded", 2)
    assert actions.add_region(EDITOR, new=village())


@pytest.mark.parametrize("wrong", [
    village(number=601, parent="511602000000".replace("511602", "511603")), village(number=602, parent="999999000000"),
    NewRegion(code="520000000000", name=Text(zh="某地"), level=RegionLevel.COUNTY, parent=None),
    NewRegion(code="511602", name=Text(zh="某地"), level=RegionLevel.COUNTY, parent="511600000000"),
    NewRegion(code="511699000000", name=Text(zh="某地"), level=RegionLevel.PREFECTURE, parent="511600000000"),
])
def test_a_code_that_contradicts_its_parent_is_refused_and_nothing_is_written(db, wrong):
    before = database.row("select count(*) from authorities_region")
    with pytest.raises(RegionNotBelow):
        actions.add_regions(EDITOR, regions=[village(), wrong])
    assert database.row("select count(*) from authorities_region") == before


def test_an_authority_is_added_once_and_found_by_key_code_region_and_field(db):
    uscc = make_uscc("1", "1", "511602", "MB9X0001")
    wanted = {"uscc": uscc, "name": Text(zh="示例局", en="Sample Bureau"), "short_name": Text(zh="示例局"),
              "region_code": "511602", "level": Level.COUNTY, "field": "tests", "sample": True, "source": "test"}
    key = actions.add_authority(EDITOR, **wanted)
    assert actions.add_authority(EDITOR, **wanted) == key
    found = queries.authority(key)
    assert queries.authority_by_uscc(uscc) == found
    assert queries.authorities(field="tests") == (found,)
    assert found in queries.authorities(region="511602")
    assert (found.region, found.region_name.en, found.level) == ("511602000000", "Guang'an District", Level.COUNTY)
    assert [(e.name, e.payload) for e in events.of_subject(f"authority:{uscc}")] == [
        ("AuthorityAdded", {"authority": key, "uscc": uscc})]


def test_an_authority_without_valid_code_or_region_is_refused(db):
    wanted = {"name": Text(zh="示例局"), "short_name": Text(zh="示例局"), "level": Level.COUNTY, "field": "tests",
              "sample": True, "source": "test"}
    with pytest.raises(AuthorityCodeNotValid):
        actions.add_authority(EDITOR, uscc="11511602MB9X000100", region_code="511602", **wanted)
    with pytest.raises(RegionUnknown):
        actions.add_authority(EDITOR, uscc=make_uscc("1", "1", "511602", "MB9X0002"), region_code="99", **wanted)
    with pytest.raises(AuthorityUnknown):
        queries.authority(0)
    with pytest.raises(AuthorityUnknown):
        queries.authority_by_uscc("nothing")


def test_everyone_reads_regions_and_only_the_worker_writes(db):
    for login in ("public", "citizen", "officer", "auditor"):
        with database.serving(login):
            assert queries.region_path("5116")
            with pytest.raises(ProgrammingError):
                actions.add_region(EDITOR, new=village(number=603))


@pytest.mark.parametrize(("name", "english"), [
    ("西安市", "Xi'an"), ("高陵区", "Gaoling District"), ("凤凰县", "Fenghuang County"), ("吕梁市", "Lyuliang"),
    ("恩施土家族苗族自治州", "Enshi Prefecture"), ("内蒙古自治区", "Inner Mongolia"), ("重庆市", "Chongqing"),
    ("陕西省", "Shaanxi"), ("山西省", "Shanxi"), ("锡林郭勒盟", "Xilinguolei League"), ("郊区", "Jiao District"),
])
def test_names_in_english(name, english):
    assert english_name(name) == english


def test_codes_and_sort_keys():
    assert full_code("511602") == "511602000000"
    assert full_code("5116021") is None
    assert sort_key("广安 A1") == "guang an  a1"
