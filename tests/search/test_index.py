"""The index is there when it is asked, whatever became of it, and follows the catalogue."""

import shutil
import threading
from datetime import date

import pytest
from django.db import connections
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from tests.catalogue.given import own_item, publish
from tests.requirements import requirement
from tests.search.given import built, index, samples
from tongban.catalogue import actions as catalogue
from tongban.catalogue import queries as items
from tongban.catalogue.rules import code_of
from tongban.kernel import database
from tongban.kernel.types import System
from tongban.search import actions, queries

__all__ = ["built", "index", "samples"]
TESTER = System(name="tester")
HOSTILE = ["", " ", "\x00", "a\x00b", "😀😀", "AND OR NOT", 'name:"x"~2^5 [a TO z] *', "(((", "\\", "开" * 10_000,
           "a" * 10_000, "㍿①Ⅷ", "‮证", "%s %d {}", "'; drop table x; --", "é" * 300, "\ud800", "1" * 200, "i", "v"]


def slugs(text: str, **narrow: object) -> list[str]:
    return [row.slug for row in queries.find(text, **narrow).rows]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_is_answered(built, text):
    assert queries.find(text).more_than is None


@trying(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=120))
def test_any_text_at_all_is_answered(built, text):
    queries.find(text, limit=3)


def test_an_absent_index_is_built_at_the_first_question(index):
    assert not index.exists()
    assert slugs("居住证")[0] == "residence-permit-guangan"
    assert (index / "current").exists()


def test_a_broken_index_is_built_anew(index):
    queries.find("居住证")
    built = index / (index / "current").read_text()
    for file in built.iterdir():
        file.write_bytes(b"broken")
    (index / "current").write_text("nothing")
    assert slugs("居住证")[0] == "residence-permit-guangan"


def test_an_index_whose_files_vanished_is_built_anew(index):
    queries.find("居住证")
    shutil.rmtree(index / (index / "current").read_text())
    (index / "current").touch()
    assert slugs("居住证")[0] == "residence-permit-guangan"


def test_many_who_ask_at_once_build_it_once(index, monkeypatch):
    from tongban.search import clients

    built = []
    real = clients._build
    monkeypatch.setattr(clients, "_build", lambda folder, documents: (built.append(1), real(folder, documents)))

    def ask() -> None:
        with database.serving("public"):
            assert slugs("居住证")
        connections.close_all()

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(built) == 1


def test_the_public_login_is_enough(built):
    with database.serving("public"):
        assert slugs("取公积金") == ["housing-fund-withdrawal-guangan"]


def test_results_narrow_by_what_can_be_used_in_a_region_by_level_by_form_and_online(built):
    everywhere = {row.slug for row in queries.find("许可", limit=100).rows}
    there = queries.find("许可", region="511602000000", limit=100).rows
    assert {row.region for row in there} <= {"511602000000", "511600000000", "510000000000"}
    assert 0 < len(there) < len(everywhere)
    assert {row.level for row in queries.find("许可", level="2", limit=100).rows} == {"2"}
    assert all("3" in row.handling_forms for row in queries.find("许可", handling_form="3", limit=100).rows)
    assert all(row.is_online for row in queries.find("许可", online=True, limit=100).rows)
    assert {row.level for row in queries.find("许可", region="999999999999").rows} <= {"1"}


def test_what_can_be_used_at_home_comes_forward(built):
    far = slugs("取水", near="411221000000")
    assert far[0] == "water-abstraction-mianchi"
    assert slugs("取水", near="511781000000")[0] == "water-renewal-wanyuan"


def test_the_count_is_exact_and_pages_do_not_overlap(built):
    whole = queries.find("许可", limit=100)
    first, second = queries.find("许可", limit=5), queries.find("许可", limit=5, offset=5)
    assert whole.exact == len(whole.rows) == first.exact
    assert not {row.code for row in first.rows} & {row.code for row in second.rows}
    assert [row.code for row in (*first.rows, *second.rows)] == [row.code for row in whole.rows[:10]]


@requirement("POR-06")
def test_what_is_suspended_is_found_no_more_and_comes_back_when_resumed(index, catch_up):
    code = items.code_of("grass-seed-trade-donghai")
    catch_up()
    assert "grass-seed-trade-donghai" in slugs("卖草籽")
    catalogue.suspend_item(TESTER, code=code)
    catch_up()
    assert "grass-seed-trade-donghai" not in slugs("卖草籽")
    catalogue.resume_item(TESTER, code=code)
    catch_up()
    assert "grass-seed-trade-donghai" in slugs("卖草籽")


def test_an_item_suspended_before_its_first_day_is_not_open_and_holds_up_nothing(index, catch_up):
    definition = own_item(aliases=("放风筝预告",), effective_from=date(2026, 4, 1))
    publish(definition)
    catalogue.suspend_item(TESTER, code=code_of(definition))
    catch_up()
    assert database.row("select count(*) from kernel_parked where follower = 'search.keep_true'") == (0,)
    assert definition.slug not in slugs("放风筝预告")


def test_what_is_published_is_found_as_soon_as_the_log_is_read(index, catch_up):
    queries.find("放风筝许可")
    definition = own_item(aliases=("放风筝许可", "kite permit"))
    publish(definition)
    catch_up()
    assert definition.slug in slugs("放风筝许可") and definition.slug in slugs("kite permit")
    catalogue.cancel_item(TESTER, code=items.code_of(definition.slug))
    catch_up()
    assert definition.slug not in slugs("放风筝许可")


def test_a_rebuild_takes_the_place_of_the_old_index_and_removes_it(index):
    queries.find("居住证")
    before = (index / "current").read_text()
    actions.rebuild_index()
    assert (index / "current").read_text() != before
    assert not (index / before).exists()
    assert slugs("居住证")


@requirement("POR-06")
def test_what_the_whole_country_offers_is_found_within_any_region(built):
    assert "patent-application" in slugs("申请专利", region="610117000000")
    assert "passport-guangan" not in slugs("护照", region="610117000000")
