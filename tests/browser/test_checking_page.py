"""The page to keep that checks a proof: opened from the disk, without a network, it tells genuine from bent."""

import base64

import pytest

from tests.conftest import ROOT
from tests.ledger.elsewhere import OtherWitness
from tongban.kernel import sequencing
from tongban.kernel.types import System
from tongban.ledger import actions, queries, rules

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
ORIGIN = "tongban-ledger/checking.example"


@pytest.fixture
def kept(db, tmp_path):
    """A proof and the keys, as files a person kept."""
    sequencing.take_turn()
    while actions.enter():
        continue
    actions.seal(ORIGIN)
    witness = OtherWitness("witness.example")
    actions.add_witness(System(name="operator"), name=witness.name, url="https://witness.example/", key=rules.written_key(witness.key))
    actions.ask_witnesses(witness)
    actions.retire_witness(System(name="operator"), name=witness.name)
    (tmp_path / "witnesses").write_text("".join(rules.written_key(key) + "\n" for key in (
        witness.key, OtherWitness("absent.example").key)))
    origin = queries.standing().origin
    (tmp_path / "proof").write_text(queries.proof(7))
    (tmp_path / "keys").write_text("".join(rules.written_key(key) + "\n" for key in queries.keys(origin)))
    return tmp_path


@pytest.fixture
def check(chromium, kept):
    """Open the page offline, choose both files, press the button; what it says."""
    context = chromium.new_context(viewport={"width": 360, "height": 800}, offline=True)

    def go(needed=None):
        page = context.new_page()
        page.goto((ROOT / "verify" / "verify.html").as_uri())
        page.set_input_files("#receipt", kept / "proof")
        page.set_input_files("#keys", kept / "keys")
        if needed is not None:
            page.set_input_files("#witnesses", kept / "witnesses")
            page.fill("#needed", str(needed))
        page.click("button")
        page.wait_for_selector("#answer:not([hidden])")
        page.wait_for_function("document.getElementById('answer').className")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        return page.locator("#answer").inner_text()

    yield go
    context.close()


def test_a_proof_is_found_genuine(check):
    said = check()
    assert "属实：" in said and "不属实" not in said
    assert '"position": 7' in said


def test_witnesses_are_counted_and_named(check, kept):
    said = check(needed=1)
    assert "属实：" in said and "不属实" not in said and "见证方 1 / 2: witness.example" in said
    assert "不属实 / Not genuine: 只有 1 个见证方签名，要求 2 个" in check(needed=2)
    proof = (kept / "proof").read_text()
    line = next(line for line in proof.splitlines() if line.startswith("\N{EM DASH} witness.example"))
    (kept / "proof").write_text(proof.replace(line, line[:-6] + ("AAAA" if line[-6:-2] != "AAAA" else "BBBB") + line[-2:]))
    assert "见证方 witness.example 的签名不对" in check(needed=0)


@pytest.mark.parametrize("bend", ["record", "path", "signature", "keys", "nonsense"])
def test_a_bent_proof_is_not(check, kept, bend):
    proof = (kept / "proof").read_text()
    lines = proof.split("\n")
    if bend == "record":
        told = base64.b64decode(lines[1][6:]).replace(b'position\\":7', b'position\\":8')
        lines[1] = "extra " + base64.b64encode(told).decode()
    elif bend == "path":
        lines[3] = base64.b64encode(bytes(32)).decode()
    elif bend == "signature":
        at = next(at for at, line in enumerate(lines) if line.startswith("\N{EM DASH}"))
        lines[at] = lines[at][:-6] + ("AAAA" if lines[at][-6:-2] != "AAAA" else "BBBB") + lines[at][-2:]
    elif bend == "nonsense":
        lines = ["hello"]
    else:
        written = (kept / "keys").read_text()
        (kept / "keys").write_text(written.replace("checking", "forging"))
    (kept / "proof").write_text("\n".join(lines))
    assert "不属实" in check()
