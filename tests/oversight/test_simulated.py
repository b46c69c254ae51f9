"""Supervisors read what is only simulated, in both languages, one link away from every page."""

from tests.oversight.given import Browser
from tongban.documents import clients
from tongban.kernel import simulations


def test_every_stand_in_is_told_with_what_takes_its_place_and_what_that_must_pass(supervisor: Browser):
    for language, path in (("zh", "/oversight/simulated/"), ("en", "/en/oversight/simulated/")):
        found = supervisor.get(path)
        assert found.status == 200
        for each in simulations.every():
            for text in (each.stands_for, each.pretends, each.replaced_by):
                assert getattr(text, language) in found.words, text
            assert each.seam in found.words
            assert each.proof in found.words


def test_the_page_is_one_link_from_the_others(supervisor: Browser):
    assert "/en/oversight/simulated/" in [href for href, _words in supervisor.get("/en/oversight/").links("/en/oversight/")]


def test_what_was_connected_is_no_longer_called_simulated(supervisor: Browser, monkeypatch):
    before = supervisor.get("/en/oversight/simulated/").words
    assert f"simulated here: {len(simulations.every())}" in before
    assert "The virus scanner simulated" in before
    monkeypatch.setattr(clients, "scanner", object)
    after = supervisor.get("/en/oversight/simulated/").words
    assert f"simulated here: {len(simulations.every()) - 1}" in after
    assert "The virus scanner connected" in after
