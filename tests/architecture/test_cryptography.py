"""The list of keys and algorithms (docs/security/cryptography.md) is whole, and nothing weak or self-made is used (ASVS V11)."""

import ast
import re

import pytest

from tests.architecture.reading import ROOT, Source, dotted, imports_of, meant, sources
from tongban.kernel.crypto.keys import KeyPurpose

PAGE = (ROOT / "docs" / "security" / "cryptography.md").read_text()
LIBRARIES = ("cryptography", "fido2", "joserfc", "pyotp", "argon2", "ssl", "ctypes", "gmssl", "nacl", "Crypto", "jwt", "OpenSSL",
             "pkcs11")
DRAWING = {"tongban.config.turned_away": "how long somebody waits", "tongban.config.sample_cases.playing": "sample cases"}


def part(name: str) -> str:
    return PAGE.split(f"## {name}\n")[1].split("\n## ")[0]


def calls(source: Source) -> list[ast.Call]:
    return [node for node in ast.walk(source.tree) if isinstance(node, ast.Call)]


def libraries(source: Source) -> set[str]:
    """What of cryptography a file takes in."""
    return {name.partition(".")[0] for name in imports_of(source).values()} & set(LIBRARIES)


def hashes(source: Source) -> set[str]:
    """Hashes a file names, by function or by word."""
    names, found = imports_of(source), set()
    for call in calls(source):
        called = meant(call.func, names)
        if called in ("hashlib.new", "hmac.new", "hmac.digest", "hashlib.file_digest"):
            given = [each.value for each in (*call.args, *(word.value for word in call.keywords)) if isinstance(each, ast.Constant)]
            found |= {each for each in given if isinstance(each, str)}
        elif called.startswith("hashlib.") or "hazmat.primitives.hashes." in called:
            found.add(called.rpartition(".")[2].lower())
    return found


def test_every_key_and_secret_is_listed():
    listed = set(re.findall(r"^\| `([\w*-]+)` \|", part("Keys and secrets"), re.MULTILINE))
    named = {ast.unparse(call.args[1]).strip("'") for source in sources() for call in calls(source)
             if dotted(call.func) == "secrets_store.secret" and len(call.args) == 2}
    assert listed == {*map(str, KeyPurpose), *(re.sub(r"^f'role-\{role\}$", "role-*", each) for each in named)}


def test_every_file_that_calls_a_library_of_cryptography_is_listed():
    listed = set(re.findall(r"^\| `(tongban/[\w/]+\.py)` \|", part("Where it is called"), re.MULTILINE))
    assert {source.shown for source in sources() if libraries(source)} == listed


def test_every_hash_that_is_named_is_listed_and_none_is_weak():
    listed = set(re.findall(r"^\| `(\w+)` \|", part("Algorithms"), re.MULTILINE))
    assert set().union(*(hashes(source) for source in sources())) == listed
    assert not listed & {"md5", "sha1", "md4", "ripemd160"}


def test_nothing_secret_is_drawn_by_a_generator_that_can_be_foretold():
    found = {source.module for source in sources() if "random" in {each.partition(".")[0] for each in imports_of(source).values()}}
    assert found == set(DRAWING)


@pytest.mark.parametrize(("line", "found"), [
    ("import hashlib\nhashlib.md5(b'')", {"md5"}), ("import hashlib as h\nh.new('sha1')", {"sha1"}),
    ("import hmac\nhmac.digest(k, v, 'md5')", {"md5"}), ("from hashlib import sha1\nsha1()", {"sha1"})])
def test_a_planted_hash_is_found(line, found):
    assert hashes(Source(path=ROOT / "planted.py", module="tongban.planted", tree=ast.parse(line), lines=1)) == found
