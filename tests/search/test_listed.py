"""Listed items are found too, after those one can apply for here."""

import itertools
import json
from pathlib import Path

import pytest

from tests.search import questions
from tests.search.given import index, samples
from tongban.catalogue import actions as catalogue
from tongban.catalogue.rules import is_listed_code
from tongban.catalogue.rules.reading import read_file
from tongban.kernel.types import System
from tongban.search import clients, queries

__all__ = ["index", "samples"]
TESTER = System(name="tester")
SHARED = Path(__file__).parents[3] / "shared" / "data" / "service_items_sichuan_guangan.csv"
_numbers = itertools.count(1)


def take_in(*names, **more):
    written = [{"id": str(number), "name": name, "department": "示例局", **more} for number, name in enumerate(names)]
    records = read_file(json.dumps(written).encode(), name="x.json")
    catalogue.list_items(TESTER, source=f"search-{next(_numbers)}", file="x.json", records=records)


def names(text, **narrow):
    return [(row.name.zh, is_listed_code(row.code)) for row in queries.find(text, limit=50, **narrow).rows]


def test_what_is_listed_is_found_as_soon_as_the_log_is_read(index, catch_up):
    assert ("孔明灯燃放登记", True) not in names("孔明灯")
    take_in("孔明灯燃放登记", area_code="511602")
    catch_up()
    assert names("孔明灯")[0] == ("孔明灯燃放登记", True)
    assert ("孔明灯燃放登记", True) in names("孔明灯", region="511600000000")
    assert ("孔明灯燃放登记", True) not in names("孔明灯", region="610000000000")
    assert ("孔明灯燃放登记", True) not in names("孔明灯", online=True)


def test_a_new_index_holds_them_as_well(index):
    take_in("热气球升空登记")
    assert names("热气球")[0] == ("热气球升空登记", True)


def test_of_the_same_words_the_service_one_can_apply_for_comes_first(index, catch_up):
    wanted = names("城镇污水排入排水管网许可")[0]
    assert not wanted[1]
    take_in(wanted[0], wanted[0])
    catch_up()
    found = names(wanted[0])
    assert found[0] == wanted and found.count((wanted[0], True)) == 2


def test_a_batch_is_put_into_the_index_in_one_go(index, catch_up, monkeypatch):
    names("x")
    catch_up()
    written = []
    real = clients.replace
    monkeypatch.setattr(clients, "replace", lambda *given: (written.append(1), real(*given)))
    take_in(*(f"孔雀饲养登记{number}" for number in range(300)))
    catch_up()
    assert len(written) == 1 and queries.find("孔雀饲养").more_than == 200


@pytest.mark.skipif(not SHARED.exists(), reason="the list of the district is not on this machine")
def test_among_eleven_hundred_listed_ones_nine_in_ten_questions_still_find_the_right_service(index):
    records = read_file(SHARED.read_bytes(), name=SHARED.name)
    catalogue.list_items(TESTER, source="search-real", file=SHARED.name, records=records)
    missed = [(asked, wanted) for asked, wanted in questions.ALL
              if wanted not in [getattr(row, "slug", "") for row in queries.find(asked, limit=5).rows]]
    assert len(missed) <= len(questions.ALL) * 0.1, missed
