"""A file that an administrator hands in is read whole or refused in one sentence that says what is wrong with it."""

import msgspec
import pytest

from tests import relying
from tests.federation.nodes import Elsewhere
from tests.terminal import sit_down
from tongban.config import registrations
from tongban.federation.types import PeerTold
from tongban.identity.types import Assessment, Named, Registration, SourceTold

ASSESSED = msgspec.to_builtins(relying.ASSESSED)
BUS = msgspec.to_builtins(relying.BUS)
NODE = msgspec.to_builtins(Elsewhere().told())
SOURCE = {"name": {"zh": "北方省"}, "issuer": "https://id.example", "client_id": "us", "basis": "办法", "assessment": ASSESSED}
ANSWERS = {"charge": "KEYS", "unit": {"zh": "局"}, "person": {"zh": "贺一"}, "post": {"zh": "科长"}, "line": "029-86910000"}
COMMANDS = {"node": ("nodes", "propose"), "system": ("clients", "propose"), "source": ("sources", "propose"),
            "assessment": ("assessments", "write", "a-key"), "who answers": ("responsible", "name")}
GOOD = {"node": (NODE, PeerTold, {}), "system": (BUS, Registration, {}), "source": (SOURCE, SourceTold, {"secret": ""}),
        "assessment": (ASSESSED, Assessment, {}), "who answers": ([ANSWERS], list[Named], {})}
UNREADABLE = {
    "binary": (b"\x89PNG\r\n\x1a\n\xff\xfe", "not UTF-8"), "control": (b"a: \x01", "no YAML"), "broken": (b"code: [", "no YAML"),
    "a tag": (b"code: !abc", "no YAML"), "a python tag": (b"code: !!python/object:os.system x", "no YAML"),
    "twice": (b"code: 1\ncode: 2", "line 2"), "empty": (b"", "empty"), "a word": (b"word", "nothing by name"),
    "no file": (None, "no such file"),
}
NAMED = {
    "node": ({**NODE, "superiour": True}, "superiour"), "a node's key": ({**NODE, "code": 410000}, "code"),
    "system": ({**BUS, "scope": ["openid"]}, "scope"), "name": ({**BUS, "name": {"zh": "公交", "end": "Bus"}}, "name.end"),
    "its assessment": ({**BUS, "assessment": {**ASSESSED, "nextlook": "2026-08-31"}}, "assessment.nextlook"),
    "source": ({**SOURCE, "privat": True}, "privat"), "its secret": ({**SOURCE, "secret": "s"}, "secret"),
    "assessment": ({**ASSESSED, "measure": "x"}, "measure"), "who answers": ([ANSWERS, {**ANSWERS, "sinse": "2026-04-01"}], "2.sinse"),
    "missing": ({name: value for name, value in NODE.items() if name != "site"}, "site"),
    "another kind": ({**NODE, "superior": "perhaps"}, "superior"),
}


@pytest.mark.parametrize("kind", GOOD)
def test_what_is_written_as_it_must_be_is_read(tmp_path, kind):
    written, form, beside = GOOD[kind]
    file = tmp_path / "file.yaml"
    file.write_bytes(msgspec.yaml.encode(written))
    assert registrations.read(str(file), form, **beside) == msgspec.convert(
        written | beside if isinstance(written, dict) else written, form, strict=False)


@pytest.mark.parametrize("kind", COMMANDS)
@pytest.mark.parametrize("wrong", UNREADABLE)
def test_what_cannot_be_read_is_refused_in_one_sentence(db, tmp_path, monkeypatch, capsys, kind, wrong):
    content, said = UNREADABLE[wrong]
    file = tmp_path / "file.yaml"
    if content is not None:
        file.write_bytes(content)
    code, _, refused = sit_down(monkeypatch, capsys).says("nobody", *COMMANDS[kind], str(file))
    assert code == 1 and said in refused and refused.count("\n") == 1, refused
    assert not any(word in refused for word in ("Traceback", "constructor", "token", "codec", "$", "`", "<unicode"))


@pytest.mark.parametrize("wrong", NAMED)
def test_what_is_wrong_is_named(db, tmp_path, monkeypatch, capsys, wrong):
    written, name = NAMED[wrong]
    file = tmp_path / "file.yaml"
    file.write_bytes(msgspec.yaml.encode(written))
    kind = "who answers" if isinstance(written, list) else "node" if "networks" in written else "source" if "issuer" in written else (
        "system" if "sector" in written else "assessment")
    code, _, refused = sit_down(monkeypatch, capsys).says("nobody", *COMMANDS[kind], str(file))
    assert code == 1 and f" {name} " in refused and refused.count("\n") == 1, refused
    assert not any(word in refused for word in ("$", "`", "Traceback"))
