"""The public record as people meet it: the page that says what it is, the shelf, and the proofs of one's own case."""

import importlib.util
from urllib.parse import quote

import pytest
from django.conf import settings
from django.urls import reverse

from tests import journeys
from tests.conftest import ROOT
from tests.portal.public import client, text_of
from tests.portal.test_signed_in_pages import browser
from tongban.kernel import database, sequencing
from tongban.ledger import actions, queries


@pytest.fixture
def sealed(db):
    def go():
        with database.serving("worker"):
            sequencing.take_turn()
            while actions.enter():
                pass
            actions.seal("tongban-ledger/portal.example")

    return go


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("verify", ROOT / "verify" / "verify.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def submitted():
    person = journeys.with_firm(journeys.citizen())
    return person, journeys.submitted(person, "food-operation-gaoling")


@pytest.mark.parametrize(("prefix", "words"), [("", "公开存证"), ("/en", "The public record")])
def test_the_page_says_how_the_record_stands(sealed, prefix, words):
    sealed()
    answer = client().get(f"{prefix}/ledger/")
    assert answer.status_code == 200
    assert words in text_of(answer)
    assert queries.newest().note in answer.content.decode().replace("&#43;", "+")
    assert answer["Cache-Control"] == "no-store"


def test_a_person_keeps_the_proof_of_each_step_and_anyone_can_check_it(sealed, script):
    person, number = submitted()
    page = reverse("portal:entries", args=[number])
    waiting = text_of(browser(person).get(page))
    assert "正在封存" in waiting and "保存“" not in waiting
    sealed()
    links = [line.split('"')[0] for line in browser(person).get(page).content.decode().split('href="')
             if line.startswith(f"{page}") and line.split('"')[0] != page]
    assert len(links) == database.row("select count(*) from kernel_event where subject = %s", [number])[0]
    keys = script.read_keys(client().get(reverse("portal:ledger_keys")).content.decode())
    for link in links:
        kept = browser(person).get(link)
        record, _, _ = script.check(kept.content.decode(), keys)
        assert record["subject"] == number
        assert kept["Content-Disposition"].startswith("attachment")
    assert reverse("portal:entries", args=[number]) in browser(person).get(
        reverse("portal:case", args=[number])).content.decode()


def test_the_place_of_somebody_elses_entry_opens_nothing_under_ones_own_case(sealed):
    person, number = submitted()
    _, foreign = submitted()
    sealed()
    at = database.row("select p.position from kernel_position p join kernel_event e on e.id = p.event where e.subject = %s",
                      [foreign])[0]
    assert browser(person).get(reverse("portal:entry_proof", args=[number, at])).status_code == 404
    assert browser(person).get(reverse("portal:entry_proof", args=[foreign, at])).status_code == 404


def test_the_shelf_gives_tiles_for_good_and_nothing_else_of_the_folder(sealed):
    sealed()
    (settings.LEDGER / "secret").write_text("x")
    (settings.LEDGER.parent / "outside").write_text("x")
    tile = client().get("/ledger/tile/0/000")
    assert tile.status_code == 200 and len(tile.content) == 256 * 32
    assert "immutable" in tile["Cache-Control"]
    assert client().get("/ledger/checkpoint").content.decode() == queries.newest().note
    for name in ("secret", "../outside", quote("../outside", safe=""), "tile/0/../../../outside", "tile/0/999",
                 "tile/0/000.p/0", "tools/../keys", "tools/none.py"):
        assert client().get(f"/ledger/{name}").status_code == 404, name


def test_growth_from_an_older_checkpoint_is_shown(sealed, script):
    sealed()
    old = queries.newest()
    journeys.citizen()
    sealed()
    new = queries.newest()
    lines = client().get(reverse("portal:ledger_growth", args=[old.size])).content.decode().split()
    keys = script.read_keys(client().get(reverse("portal:ledger_keys")).content.decode())
    head = script.check_note(new.note, keys)[:3]
    script.check_growth(old.note, head, [script.decode(line) for line in lines], keys)
    for wrong in (0, new.size + 1):
        assert client().get(reverse("portal:ledger_growth", args=[wrong])).status_code == 404


@pytest.mark.parametrize("name", ["verify.py", "verify.html"])
def test_the_tools_are_given_as_they_are(db, name):
    answer = client().get(reverse("portal:ledger_tool", args=[name]))
    assert answer.content == (ROOT / "verify" / name).read_bytes()
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
