"""What administrators type of other nodes and of incidents, and what they read before they agree (SEC-09, SEC-12)."""

import msgspec
import pytest

from tests.federation.nodes import Elsewhere
from tests.relying import administrators, nothing_stays
from tests.requirements import requirement
from tests.terminal import sit_down
from tongban.federation import queries
from tongban.kernel import database, events

SYSTEM, SECURITY = "relying-system", "relying-security"


@pytest.fixture
def terminal(db, monkeypatch, capsys):
    with database.serving("worker"), nothing_stays():
        administrators()
        database.execute("update federation_peer set closed_at = kernel_now() where closed_at is null")
        yield sit_down(monkeypatch, capsys)


@pytest.fixture
def proposed(terminal, tmp_path):
    """Propose a node as a file has it; returns what the command gives."""
    def propose(told, **changes):
        file = tmp_path / "node.yaml"
        file.write_bytes(msgspec.yaml.encode(msgspec.to_builtins(told) | changes))
        return terminal.says(SYSTEM, "nodes", "propose", str(file))
    return propose


def proposals():
    return database.row("select count(*) from federation_peer where confirmed_at is null and closed_at is null")[0]


@requirement("SEC-12")
def test_a_field_nobody_knows_is_refused_by_its_name_and_nothing_waits(proposed):
    code, _, refused = proposed(Elsewhere().told(), superiour=True)
    assert code == 1 and "superiour" in refused and proposals() == 0
    assert proposed(Elsewhere().told(), superior=True)[0] == 0 and proposals() == 1


@requirement("SEC-12")
def test_whoever_agrees_reads_which_node_is_replaced_and_that_nobody_hears_of_incidents_any_more(terminal, proposed):
    node = Elsewhere()
    first = proposed(node.told(), superior=True)[1].split()[-1]
    assert terminal.says(SECURITY, "nodes", "confirm", first)[0] == 0 and "takes the place" not in terminal.asked[-1]
    second = proposed(node.told())[1].split()[-1]
    terminal.answer = "no"
    assert terminal.says(SECURITY, "nodes", "confirm", second)[0] == 0
    assert f"takes the place of Northern province ({node.code}, {node.site}), key {first}" in terminal.asked[-1]
    assert "no longer reported" in terminal.asked[-1] and queries.superior().key == first
    third = proposed(node.told(), superior=True)[1].split()[-1]
    terminal.says(SECURITY, "nodes", "confirm", third)
    assert "takes the place of" in terminal.asked[-1] and "no longer reported" not in terminal.asked[-1]
    another = proposed(Elsewhere().told(), superior=True)[1].split()[-1]
    terminal.says(SECURITY, "nodes", "confirm", another)
    assert f"takes the place of Northern province ({node.code}" in terminal.asked[-1]


def test_what_waits_is_listed_with_its_key_who_proposed_it_and_when_and_once(terminal, proposed):
    told = Elsewhere().told()
    key = proposed(told)[1].split()[-1]
    shown = terminal.says("", "nodes", "list")[1]
    assert f"{key}  waits to be confirmed; proposed by {SYSTEM} on 2026-03-02 " in shown and told.site in shown
    assert proposed(told)[1].split()[-1] == key and proposals() == 1
    assert proposed(told, superior=True)[1].split()[-1] != key and proposals() == 2
    terminal.says(SECURITY, "nodes", "confirm", key)
    shown = terminal.says("", "nodes", "list")[1]
    assert f"{key}\n" in shown and f"{key}  waits" not in shown


@requirement("SEC-12")
def test_whoever_may_not_agree_is_told_so_before_anything_is_shown(terminal, proposed):
    key = proposed(Elsewhere().told())[1].split()[-1]
    code, _, refused = terminal.says(SYSTEM, "nodes", "confirm", key)
    assert (code, terminal.asked) == (1, []) and "another of the three administrators" in refused


SECRET = "机密★10年 名单外泄"
NOTE = ("incidents", "note", "--kind", "attack", "--severity", "major")


def kept_out():
    return [each.actor for each in events.of_subject("secrecy")]


@requirement("SEC-14")
def test_free_words_with_a_mark_of_secrecy_are_refused_by_the_name_of_their_field(terminal, proposed):
    terminal.says(SECURITY, *NOTE, "--what", "口令攻击")
    key = queries.incidents()[0].key
    before, seen = len(kept_out()), queries.incidents()
    for command in ((*NOTE, "--what", SECRET), ("incidents", "correct", key, "--what", SECRET),
                    ("incidents", "close", key, "--what", SECRET, "--measures", "已换")):
        code, _, refused = terminal.says(SECURITY, *command)
        assert code == 1 and "secrets of work" in refused and "what." in refused and "measures" not in refused
    assert ": measures." in terminal.says(SECURITY, "incidents", "correct", key, "--what", "口令", "--measures", SECRET)[2]
    assert ": basis." in proposed(Elsewhere().told(), basis=SECRET)[2]
    assert ": name." in proposed(Elsewhere().told(), name={"zh": SECRET, "en": "North"})[2]
    assert queries.incidents() == seen and proposals() == 0 and len(kept_out()) == before + 6


@requirement("SEC-12")
def test_what_a_correction_does_not_say_stays_and_the_list_shows_all_of_it(terminal):
    terminal.says(SECURITY, *NOTE, "--what", "口令攻击", "--measures", "已封来源")
    key = queries.incidents()[0].key
    assert "people: not known yet" in terminal.says("", "incidents", "list")[1]

    def told(*words):
        assert terminal.says(SECURITY, "incidents", *words)[0] == 0
        found = queries.incident(key)
        return found.what, found.measures, found.people
    assert told("correct", key, "--people", "12") == ("口令攻击", "已封来源", 12)
    assert told("correct", key, "--what", "口令攻击，三个账号") == ("口令攻击，三个账号", "已封来源", 12)
    assert told("correct", key, "--people", "0") == ("口令攻击，三个账号", "已封来源", 0)
    version = queries.incident(key).version
    code, _, refused = terminal.says(SECURITY, "incidents", "correct", key)
    assert code == 1 and "say what is known by now" in refused and queries.incident(key).version == version
    assert told("close", key, "--measures", "已换口令") == ("口令攻击，三个账号", "已换口令", 0)
    shown = terminal.says("", "incidents", "list")[1]
    assert "people: 0" in shown and "measures: 已换口令" in shown
