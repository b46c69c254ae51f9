"""Where a message ends is seen alike by nginx and by granian behind it: nobody smuggles a second one (CL and TE, folded lines)."""

import re
import socket
import ssl
from contextlib import nullcontext, suppress

import pytest

from tests.config.test_deploy_files import door

pytestmark = pytest.mark.xdist_group("deploy")
__all__ = ["door"]
HIDDEN = "GET /services/ HTTP/1.1\r\nHost: tongban.example\r\nX-Forwarded-Proto: https\r\n\r\n"
ENDING = f"0\r\n\r\n{HIDDEN}"
AMBIGUOUS = {
    "length and chunks": (f"Content-Length: {len(ENDING)}\r\nTransfer-Encoding: chunked", ENDING),
    "chunks and length": (f"Transfer-Encoding: chunked\r\nContent-Length: {len(ENDING)}", ENDING),
    "two lengths": (f"Content-Length: 0\r\nContent-Length: {len(HIDDEN)}", HIDDEN),
    "two lengths, the long one first": (f"Content-Length: {len(HIDDEN)}\r\nContent-Length: 0", HIDDEN),
    "lengths in one line": (f"Content-Length: 0, {len(HIDDEN)}", HIDDEN),
    "a length with a sign": (f"Content-Length: +{len(HIDDEN)}", HIDDEN),
    "a length below nothing": ("Content-Length: -1", HIDDEN),
    "a length in hexadecimal": (f"Content-Length: {len(HIDDEN):#x}", HIDDEN),
    "a space before the colon": (f"Content-Length : {len(HIDDEN)}", HIDDEN),
    "a folded length": (f"Content-Length:\r\n {len(HIDDEN)}", HIDDEN),
    "folded chunks": (f"Content-Length: {len(ENDING)}\r\nTransfer-Encoding:\r\n chunked", ENDING),
    "chunks by another name": (f"Content-Length: {len(ENDING)}\r\nTransfer-Encoding: xchunked", ENDING),
    "chunks twice": (f"Content-Length: {len(ENDING)}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity", ENDING),
    "chunks behind a tab": (f"Content-Length: {len(ENDING)}\r\nTransfer-Encoding:\tchunked", ENDING),
    "chunks after a letter nobody sees": (f"Content-Length: {len(ENDING)}\r\nTransfer-Encoding: \x0bchunked", ENDING),
    "a chunk larger than any number": ("Transfer-Encoding: chunked", f"FFFFFFFFFFFFFFFFF0\r\n{HIDDEN}"),
    "a chunk with a sign": ("Transfer-Encoding: chunked", f"-1\r\n{ENDING}"),
    "a line that ends too early": (f"X: y\nTransfer-Encoding: chunked\r\nContent-Length: {len(ENDING)}", ENDING),
}


def told(door, way, head, body):
    """The statuses of everything that comes back until nothing more does."""
    trust = ssl.create_default_context(cafile=str(door.folder / "site.crt"))
    trust.check_hostname = False
    found = b""
    with socket.create_connection(("127.0.0.1", door.tls if way == "nginx" else door.behind)) as plain, (
            trust.wrap_socket(plain, server_hostname="tongban.example") if way == "nginx" else nullcontext(plain)) as line:
        line.sendall(f"POST /sign-in/ HTTP/1.1\r\nHost: tongban.example\r\nX-Forwarded-Proto: https\r\n{head}\r\n\r\n{body}".encode())
        line.settimeout(1)
        with suppress(TimeoutError, ConnectionError, ssl.SSLError):
            while part := line.recv(65536):
                found += part
    return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d+)", found)]


@pytest.mark.parametrize("way", ["nginx", "granian"])
def test_an_honest_second_message_is_answered(door, way):
    assert told(door, way, "Content-Length: 0", HIDDEN) == [403, 200]


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_a_message_that_could_end_in_two_places_is_refused_at_the_door(door, name):
    assert told(door, "nginx", *AMBIGUOUS[name]) in ([400], [501])


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_behind_the_door_no_second_message_is_read_out_of_one_either(door, name):
    assert told(door, "granian", *AMBIGUOUS[name]) in ([400], [403])


def test_the_connections_between_the_two_answer_whoever_asked(door):
    """After all of that every page still goes to whom it was drawn for: nothing is left on the connections that are kept."""
    for _ in range(20):
        assert [door.ask("GET", f"/nowhere-{number}/")[0] for number in range(2)] == [404, 404]
        assert "<h1" in door.ask("GET", "/en/services/")[2]
