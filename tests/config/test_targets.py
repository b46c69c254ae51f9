"""The command that says which systems outside may be called."""

import pytest

from tongban.config import cli
from tongban.kernel import events


@pytest.fixture
def say(db, monkeypatch, capsys):
    """Run the command; its exit code and what it said."""
    monkeypatch.setattr("tongban.config.bootstrap.start_server", lambda var: None)

    def run(*words):
        code = cli.main(["targets", *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_targets_are_set_listed_and_closed_by_command(say):
    assert say("set", "bank", "https://pay.bank.example/api")[0] == 0
    code, out, _ = say("set", "library", "https://10.0.3.7:8443", "--private")
    assert code == 0
    assert {"bank  https://pay.bank.example/api", "library  https://10.0.3.7:8443  in a network of our own"} <= set(out.splitlines())
    assert say("close", "bank")[0] == 0
    assert "bank" not in say()[1] and "library" in say()[1]
    assert [(each.name, each.actor) for each in events.of_subject("target:bank")] == [
        ("TargetRegistered", "system:operator"), ("TargetClosed", "system:operator")]


@pytest.mark.parametrize("words", [("set", "inside", "https://10.0.3.7/"), ("set", "plain", "http://bank.example/"), ("close", "nobody")])
def test_what_may_not_be_is_refused_in_words(say, words):
    code, out, err = say(*words)
    assert code == 1 and err.startswith("Nothing was changed. ") and "  https" not in out
    assert events.of_subject(f"target:{words[1]}") == []
