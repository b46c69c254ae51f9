"""Where one format is read by more than one library, all of them read the same (ASVS 1.5.3)."""

import json
from urllib.parse import urlsplit

import msgspec
import pydantic_core
import pytest

from tongban.kernel import addresses

READERS = {"msgspec": msgspec.json.decode, "pydantic": pydantic_core.from_json, "json": json.loads}
REFUSED = object()
DOCUMENTS = [
    b'{"a": 1, "a": 2}', b'{"a": {"b": 1}, "a": {"c": 2}}', b'{"a": 1, "\\u0061": 2}', b'{"a": "\\ud834\\udd1e"}', '{"a": "示例"}'.encode(),
    b'{"a": "x\\u0000y"}', b"[1e2, 1.0, -0.0, -0]", b"[9007199254740993, 18446744073709551615]", b'{"": 1}', b'{"__proto__": {"a": 1}}',
    b"[]", b" \n\t{}", b'"\\/"', b"[1.7976931348623157e308]", b"{'a': 1}", b'{"a": 1,}', b"[1 2]", b'{"a": 01}', b'{"a": +1}', b"[.5]",
    b"// x\n{}", b'{"a": "\n"}', b'{"a": "\xff"}', '{"a": "é"}'.encode("latin-1"), b"{} {}", b"{a: 1}", b"", b"nul", b'"\\x41"', b'{"a" 1}',
    b"[1.]"]
LOOSE = {b"NaN": {"pydantic", "json"}, b"[Infinity]": {"pydantic", "json"}, b'"\\ud800"': {"json"}, b"\xef\xbb\xbf{}": {"json"}}
"""What one library takes and another refuses; nobody reads any of it as something else."""


def read(name, document):
    try:
        return READERS[name](document)
    except (ValueError, UnicodeDecodeError):
        return REFUSED


@pytest.mark.parametrize("document", DOCUMENTS, ids=repr)
def test_json_is_read_alike_by_every_library(document):
    found = {name: read(name, document) for name in READERS}
    assert len({repr(each) for each in found.values()}) == 1, found


@pytest.mark.parametrize("document", LOOSE, ids=repr)
def test_what_one_takes_and_another_refuses_is_known_and_never_what_programs_send(document):
    assert {name for name in READERS if read(name, document) is not REFUSED} == LOOSE[document]
    assert read("msgspec", document) is REFUSED, "the interface reads by this one"


@pytest.mark.parametrize("written", [
    "https://a.example", "https://a.example:8443/x/y", "http://127.0.0.1:1", "https://[2001:db8::1]:9/x", "https://a.example/x?y", "https://b@a.example/",
    "https://a.example\\@b.example/", "https://a.example#@b.example", "https://A.example", "https://a.example:0443/", "https://a.example/../x",
    "https:/a.example", "https://a.example\t.b", "https://a.example:99999", "//a.example", "https://0x7f.1/", "https://a.example/%2e%2e/"])
def test_an_address_has_the_same_parts_for_whoever_reads_it(written):
    place = addresses.place(written)
    if place is not None:
        parts = urlsplit(written)
        assert (place.scheme, place.host, place.port, place.path) == (
            parts.scheme, parts.hostname, parts.port or addresses.PORTS[parts.scheme], parts.path)
        assert not (parts.query or parts.fragment or parts.username)
