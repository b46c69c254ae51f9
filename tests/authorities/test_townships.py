"""Townships and villages come from one package, below the nearest region that is known."""

import itertools
import json
import tarfile
from argparse import Namespace

import pytest

from tests.portal.public import client
from tests.requirements import requirement
from tongban.authorities import queries
from tongban.config import townships
from tongban.kernel import events

pytestmark = pytest.mark.usefixtures("db")
_numbers = itertools.count(701)


def street(area="511602", **more):
    code = f"{area}{next(_numbers)}"
    return {"code": code, "name": f"示例{code[6:]}镇", "areaCode": area, "cityCode": area[:4], "provinceCode": area[:2],
            **more}


def village(town, number=201):
    return {"code": f"{town['code']}{number}", "name": f"示例{number}村", "streetCode": town["code"],
            **{name: town[name] for name in ("areaCode", "cityCode", "provinceCode")}}


def take_in(tmp_path, towns, villages=(), **more):
    package = tmp_path / "package.tgz"
    with tarfile.open(package, "w:gz") as made:
        for name, written in (("streets", towns), ("villages", villages)):
            file = tmp_path / f"{name}.json"
            file.write_text(json.dumps(list(written)))
            made.add(file, f"package/dist/{name}.json")
    return townships.townships(Namespace(file=str(package), villages=bool(villages), **more))


@requirement("ARC-05")
def test_townships_and_villages_lie_where_their_codes_say(tmp_path):
    town = street()
    assert take_in(tmp_path, [town], [village(town)]) == 0
    path = queries.region_path(f"{town['code']}201")
    assert [each.name.zh for each in path] == ["四川省", "广安市", "广安区", town["name"], "示例201村"]
    assert path[3].name.en == f"Shili{town['code'][6:]} Town"


@pytest.mark.parametrize(("area", "above"), [("441900", "东莞市"), ("320576", "苏州市"), ("500112", "重庆市")])
def test_what_lies_in_no_county_lies_below_its_city_or_province(tmp_path, area, above):
    town = street(area)
    take_in(tmp_path, [town])
    assert queries.region_path(town["code"])[-2].name.zh == above


def test_a_second_time_adds_nothing_and_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(townships, "BATCH", 2)
    towns = [street() for _ in range(5)]
    take_in(tmp_path, towns)
    assert "townships: 5 new" in capsys.readouterr().out
    before = len(events.of_subject("regions"))
    take_in(tmp_path, towns)
    assert "townships: 0 new, 5 known before" in capsys.readouterr().out
    assert len(events.of_subject("regions")) == before


def test_a_stopped_import_keeps_what_it_had_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(townships, "BATCH", 2)
    towns = [street() for _ in range(4)]
    real, calls = townships.add_regions, []

    def once(*given, **named):
        if calls:
            raise KeyboardInterrupt
        calls.append(1)
        return real(*given, **named)

    monkeypatch.setattr(townships, "add_regions", once)
    with pytest.raises(KeyboardInterrupt):
        take_in(tmp_path, towns)
    assert len(queries.regions_of(each["code"] + "000" for each in towns)) == 2
    monkeypatch.setattr(townships, "add_regions", real)
    take_in(tmp_path, towns)
    assert len(queries.regions_of(each["code"] + "000" for each in towns)) == 4


def test_a_package_that_is_none_is_refused_in_words(tmp_path, capsys):
    (tmp_path / "x.tgz").write_text("nothing")
    assert townships.townships(Namespace(file=str(tmp_path / "x.tgz"), villages=False)) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_one_chooses_a_township_from_its_county_and_no_page_shows_more_than_one_step(tmp_path):
    town, other = street(), street("610117")
    take_in(tmp_path, [town, other], [village(town)])
    county = client().get("/region/?in=511600000000").content.decode()
    assert "in=511602000000" in county and town["code"] not in county
    towns = client().get("/region/?in=511602000000").content.decode()
    assert "choose=511602000000" in towns
    assert f"in={town['code']}000" in towns and other["code"] not in towns
    assert f"choose={town['code']}201" in client().get(f"/region/?in={town['code']}000").content.decode()
    visitor = client()
    visitor.get(f"/region/?choose={town['code']}000")
    assert town["name"] in visitor.get("/").content.decode()
