"""The only way out over the network: however an address is spelt, nothing reaches what may not be reached."""

import ipaddress
import socket
import ssl
import threading
import urllib.request
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db import ProgrammingError

from tongban.kernel import addresses, database, events, outgoing
from tongban.kernel.errors import NotFound
from tongban.kernel.outgoing import (
    CalledInTransaction,
    Target,
    TargetAddressNotAllowed,
    TargetNameNotAllowed,
    TargetNotAnswering,
    TargetUnknown,
)
from tongban.kernel.types import System

WHO = System(name="tester")
OUTSIDE = "93.184.216.34"
FORBIDDEN = ("127.0.0.1", "127.8.9.1", "10.0.0.5", "172.16.3.4", "172.31.255.254", "192.168.1.1", "169.254.169.254",
             "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "0.0.0.0", "224.0.0.1", "239.255.255.250",
             "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.51.100.7", "203.0.113.9", "198.18.0.1", "192.88.99.1")
FORBIDDEN6 = ("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "ff02::1", "fec0::1", "100::1",
              "::ffff:127.0.0.1", "::ffff:10.0.0.5", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1",
              "64:ff9b:1::7f00:1", "2002:7f00:1::1", "2001::7f00:1", "2001:db8::1", "3fff::1", "5f00::1")


def numbers(address):
    """One address of IPv4 in the ways in which programs have read it."""
    a, b, c, d = (int(each) for each in address.split("."))
    whole = int(ipaddress.IPv4Address(address))
    yield from (address, f"{whole}", f"{whole:#x}", f"0{whole:o}", f"{whole + 2 ** 32}", f"0X{whole:X}", f"0o{whole:o}",
                f"{a:#x}.{b:#x}.{c:#x}.{d:#x}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"{a:04o}.{b:04o}.{c:04o}.{d:04o}",
                f"{a}.{b}.{c * 256 + d}", f"{a}.{b * 65536 + c * 256 + d}", f"{a:03d}.{b:03d}.{c:03d}.{d:03d}",
                f"{a:#x}.{b}.0{c:o}.{d}", f"{a + 256}.{b}.{c}.{d}", f"{address}.", f".{address}", f"{address}..",
                address.replace(".", "。"), address.replace(".", "%2e"),
                "".join(chr(0xFF10 + int(each)) if each.isdigit() else each for each in address),
                "".join(f"%{ord(each):02x}" for each in address), f"[::ffff:{address}]", f"[::{address}]", f"[{address}]")


def spellings(port):
    """Addresses that lead, by some reading, where nobody may go."""
    for address in ("127.0.0.1", "169.254.169.254", "10.0.0.5"):
        for host in numbers(address):
            yield from (f"https://{host}:{port}/", f"http://{host}:{port}/", f"https://tongban.example@{host}:{port}/")
    for address in (*FORBIDDEN, *(f"[{each}]" for each in FORBIDDEN6)):
        yield from (f"https://{address}/", f"http://{address}:{port}/x")
    for host in ("localhost", "LOCALHOST", "localhost.", "LocalHost", "[::1]", "[0:0:0:0:0:0:0:1]", "[::1%25lo]", "[::1%lo]",
                 "[fe80::1%25eth0]", "0", "①②⑦.⓪.⓪.①",
                 "0.0", "127.1", "127.0.1", "ｌｏｃａｌｈｏｓｔ", "local\u00adhost", "localhos\u0074\u200b",
                 "127.0.0.1%00.tongban.example", "127.0.0.1%2f@tongban.example", "[::ffff:7f00:1]", "[::7f00:1]", ""):
        yield from (f"https://{host}:{port}/", f"http://{host}:{port}/", f"https://a:b@{host}:{port}/",
                    f"https://{host}:{port}@tongban.example/")
    here = f"127.0.0.1:{port}"
    for trick in ("https://tongban.example\\@{0}/", "https://{0}\\@tongban.example/", "https://{0}#@tongban.example/",
                  "https://tongban.example#@{0}/", "https://{0}?@tongban.example/", "https://tongban.example@{0}/",
                  "https://tongban.example:443@{0}/", "https://@{0}/", "https://:@{0}/", "https:{0}/", "https:/{0}/",
                  "https:///{0}/", "https:////{0}/", "https:\\\\{0}\\", "//{0}/", "\\\\{0}\\", "/{0}/", "{0}", "{0}/",
                  " https://{0}/", "https://{0}/ ", "https:// {0}/", "https://{0}\t/", "https://\t{0}/", "https://{0}\n/",
                  "https://{0}/\r\nHost: a", "https://{0}/%0d%0aHost:a", "ht\ntps://{0}/", "HTTPS://{0}/", "hTTp://{0}/",
                  "ftp://{0}/", "gopher://{0}/_GET", "dict://{0}/", "ldap://{0}/", "tftp://{0}/", "sftp://{0}/", "ws://{0}/",
                  "wss://{0}/", "jar:https://{0}/!/", "url:https://{0}/", "view-source:https://{0}/", "unix:///run/{0}",
                  "https+unix://{0}/", "netdoc://{0}/", "file:///etc/passwd", "file://{0}/etc/passwd", "file:/etc/passwd",
                  "FILE:///etc/passwd", "data:text/plain,{0}", "javascript:fetch('{0}')", "about:blank", "", "https://",
                  "https://{0}:99999/", "https://tongban.example:0/", "https://tongban.example:65536/",
                  "https://tongban.example:0443/", "https://tongban.example:+443/", "https://tongban.example:４４３/",
                  "https://tongban.example/../{0}", "https://tongban.example//{0}/", "https://tongban.example/..%2f/",
                  "https://tongban.example/?to=https://{0}/", "https://tongban.example/#{0}", "https://tongban.example/a b",
                  "https://tongban_example/", "https://-tongban.example/", "https://tongban-.example/", "https://tongban..example/",
                  "https://" + "a" * 64 + ".example/", "https://" + "a." * 127 + "example/", "https://tongban.example/" + "a" * 400,
                  "https://xn--\u4f8b.example/", "https://\u4f8b.example/", "https://tongban.exam\u0440le/", "http://tongban.example/"):
        yield trick.format(here)


class Handler(BaseHTTPRequestHandler):
    """Answers as its server was told."""

    def do_GET(self):
        self.server.paths.append(self.path)
        self.server.told(self)


    def do_POST(self):
        self.do_GET()

    def log_message(self, *_):
        pass


class Sink(ThreadingHTTPServer):
    """Counts whoever connects."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.count, self.paths, self.told, self.stopped = 0, [], plainly, threading.Event()

    def verify_request(self, *_):
        self.count += 1
        return True

    def handle_error(self, *_):
        pass


def plainly(handler):
    length = int(handler.headers.get("Content-Length") or 0)
    body = b"heard " + handler.rfile.read(length) + handler.headers["Host"].encode()
    handler.send_response(418)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def sink():
    server = Sink()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.stopped.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def names(monkeypatch):
    """A resolver that answers what the test says, and notes what it was asked."""
    known, asked = {}, []

    def resolve(host, port, **_):
        asked.append(host)
        found = known[host].pop(0) if isinstance(known[host][0], list) else known[host]
        return [(socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known, asked


def here(sink, path=""):
    return Target(name="tests", address=f"http://127.0.0.1:{sink.server_port}{path}", private=True)


def test_no_spelling_reaches_what_may_not_be_reached(db, sink):
    tried = list(dict.fromkeys(spellings(sink.server_port)))
    assert len(tried) >= 400
    before = database.row("select count(*) from kernel_target")
    for address in tried:
        with pytest.raises(TargetAddressNotAllowed):
            outgoing.send_to(Target(name="tests", address=address))
        if not address.startswith(("https://localhost:", "http://localhost:")):  # a name, asked for when it is called
            with pytest.raises(TargetAddressNotAllowed):
                outgoing.register(WHO, name="tests.spelt", address=address)
    assert sink.count == 0
    assert database.row("select count(*) from kernel_target") == before


def test_the_sink_counts_whoever_calls_without_looking(sink):
    for host in ("127.0.0.1", "2130706433", "0x7f000001", "017700000001", "127.1", "127.0.1", "localhost", "0x7f.0.0.1"):
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://{host}:{sink.server_port}/", timeout=5)
    assert sink.count == 8


@pytest.mark.parametrize("address", [*FORBIDDEN, *FORBIDDEN6])
def test_a_name_that_leads_to_a_forbidden_address_is_not_called(db, sink, names, address):
    known, _ = names
    for found in ([address], [OUTSIDE, address], [address, OUTSIDE]):
        known["inside.example"] = found
        with pytest.raises(TargetAddressNotAllowed):
            outgoing.send_to(Target(name="tests", address=f"https://inside.example:{sink.server_port}/"))
    assert sink.count == 0


@pytest.mark.parametrize("address", ["169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254",
                                     "224.0.0.1", "0.0.0.0", "::", "fe80::1", "::ffff:10.0.0.5", "64:ff9b::a00:5", "2002:a00:5::1"])
def test_leave_for_a_private_network_is_no_leave_for_these(address):
    assert not addresses.may_call(ipaddress.ip_address(address), private=True)


@pytest.mark.parametrize("address", ["10.0.0.5", "172.16.3.4", "192.168.1.1", "100.64.0.1", "fd12::1", "127.0.0.1", "::1"])
def test_a_private_network_is_open_to_the_targets_it_was_opened_for(address):
    assert addresses.may_call(ipaddress.ip_address(address), private=True)
    assert not addresses.may_call(ipaddress.ip_address(address), private=False)


@pytest.mark.parametrize("address", [OUTSIDE, "8.8.8.8", "172.32.0.1", "2606:4700::1111", "2400:3200::1"])
def test_the_world_is_open(address):
    assert addresses.may_call(ipaddress.ip_address(address), private=False)


def test_a_name_is_resolved_once_and_the_connection_goes_nowhere_else(db, sink, names):
    known, asked = names
    known["turning.example"] = [[OUTSIDE], ["127.0.0.1"], ["127.0.0.1"]]
    with pytest.raises(TargetNotAnswering):
        outgoing.send_to(Target(name="tests", address=f"https://turning.example:{sink.server_port}/"))
    assert asked == ["turning.example"]
    assert sink.count == 0


def test_a_redirect_is_not_followed(db, sink):
    def away(handler):
        handler.send_response(302)
        handler.send_header("Location", f"http://127.0.0.1:{handler.server.server_port}/elsewhere")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    sink.told = away
    with pytest.raises(TargetNotAnswering):
        outgoing.send_to(here(sink))
    assert (sink.count, sink.paths) == (1, ["/"])


def test_an_answer_comes_back_whatever_its_status(db, sink):
    answer = outgoing.send_to(here(sink, "/hook/"), method="POST", path="/add", query={"q": "a b&c"}, body=b"you at ")
    assert (answer.status, answer.body) == (418, b"heard you at " + f"127.0.0.1:{sink.server_port}".encode())
    assert answer.headers["content-length"] == str(len(answer.body))
    assert sink.paths == ["/hook/add?q=a+b%26c"]


@pytest.mark.parametrize("sent", [1001, 1000000])
@pytest.mark.parametrize("says", [True, False])
def test_an_answer_that_is_too_large_is_none(db, sink, sent, says):
    def much(handler):
        handler.send_response(200)
        if says:
            handler.send_header("Content-Length", str(sent))
        handler.end_headers()
        handler.wfile.write(b"x" * sent)

    sink.told = much
    with pytest.raises(TargetNotAnswering):
        outgoing.send_to(here(sink), most=1000)
    if sent == 1001:
        assert len(outgoing.send_to(here(sink), most=1001).body) == 1001


def test_an_answer_that_breaks_off_is_none(db, sink):
    def short(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"x" * 99)

    sink.told = short
    with pytest.raises(TargetNotAnswering):
        outgoing.send_to(here(sink))


@pytest.mark.parametrize("part", ["headers", "body"])
def test_whoever_speaks_drop_by_drop_is_cut_off(db, sink, part):
    def slowly(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if part == "body" else b"X: "))
        for _ in range(400):
            if handler.server.stopped.wait(0.02):
                return
            handler.wfile.write(b"x")
        heard.append("the end")
        handler.wfile.write(b"\r\n\r\n")

    heard = []
    sink.told = slowly
    with pytest.raises(TargetNotAnswering):
        outgoing.send_to(here(sink), seconds=0.4)
    assert heard == []


@pytest.mark.parametrize("path", ["//evil.example", "/../x", "/a b", "/x\r\nHost: a", "x", "/%2e%2e/", "/?q=1", "/#x"])
def test_a_path_says_only_where_within_the_target(db, sink, path):
    with pytest.raises(TargetAddressNotAllowed):
        outgoing.send_to(here(sink), path=path)
    assert sink.count == 0


@pytest.mark.parametrize("changes", [{"method": "DELETE"}, {"method": "GET /x HTTP/1.1\r\nHost: a"}, {"headers": {"Host": "a"}},
                                     {"headers": {"transfer-encoding": "chunked"}}])
def test_a_caller_cannot_speak_for_the_connection(db, sink, changes):
    with pytest.raises(TargetAddressNotAllowed):
        outgoing.send_to(here(sink), **changes)
    assert sink.count == 0


def test_without_encryption_only_this_machine_is_called_and_only_in_a_trial(db, sink, names, monkeypatch):
    known, _ = names
    known["localhost"], known["tongban.example"] = ["127.0.0.1"], ["127.0.0.1"]
    named = Target(name="tests", address=f"http://localhost:{sink.server_port}/", private=True)
    assert outgoing.send_to(named).status == 418
    for address, found in ((f"http://tongban.example:{sink.server_port}/", None), (named.address, "10.0.0.5")):
        known["localhost"] = [found or "127.0.0.1"]
        with pytest.raises(TargetAddressNotAllowed):
            outgoing.send_to(Target(name="tests", address=address, private=True))
    known["localhost"] = ["127.0.0.1"]
    monkeypatch.setattr(settings, "HTTPS", True)
    for target in (named, here(sink)):
        with pytest.raises(TargetAddressNotAllowed):
            outgoing.send_to(target)
    assert sink.count == 1


def certificate(folder, name):
    """A certificate that proves itself for a name; returns its file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
            .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(key, hashes.SHA256()))
    path = folder / "site.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return path


def test_whoever_answers_must_prove_the_name(db, sink, names, monkeypatch, tmp_path):
    proof = certificate(tmp_path, "known.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(proof)
    sink.socket = context.wrap_socket(sink.socket, server_side=True, do_handshake_on_connect=False)
    known, _ = names
    known["known.example"] = known["other.example"] = ["127.0.0.1"]
    right, wrong = (Target(name="tests", address=f"https://{name}.example:{sink.server_port}", private=True)
                    for name in ("known", "other"))
    with pytest.raises(TargetNotAnswering):
        outgoing.send_to(right)
    monkeypatch.setenv("SSL_CERT_FILE", str(proof))
    with pytest.raises(TargetNotAnswering):
        outgoing.send_to(wrong)
    assert sink.paths == []
    assert outgoing.send_to(right).body == f"heard known.example:{sink.server_port}".encode()


def test_targets_are_named_and_the_last_word_holds(db, sink):
    first = here(sink).address
    outgoing.register(WHO, name="tests.named", address=first, private=True)
    outgoing.register(WHO, name="tests.named", address=f"{first}/second", private=True)
    assert outgoing.send("tests.named", path="/x").status == 418
    assert sink.paths == ["/second/x"]
    assert Target(name="tests.named", address=f"{first}/second", private=True) in outgoing.targets()
    outgoing.close(WHO, name="tests.named")
    with pytest.raises(TargetUnknown):
        outgoing.send("tests.named")
    assert "tests.named" not in {each.name for each in outgoing.targets()}
    assert [each.name for each in events.of_subject("target:tests.named")] == [
        "TargetRegistered", "TargetRegistered", "TargetClosed"]
    assert issubclass(TargetUnknown, NotFound)


@pytest.mark.parametrize(("name", "refusal"), [("Tests", TargetNameNotAllowed), ("x", TargetNameNotAllowed),
                                               ("a b", TargetNameNotAllowed), ("tests.bad", TargetAddressNotAllowed)])
def test_what_is_refused_is_not_written(db, name, refusal):
    with pytest.raises(refusal):
        outgoing.register(WHO, name=name, address="https://10.0.0.5/")
    assert database.rows("select 1 from kernel_target where name = %s", [name]) == []
    assert events.of_subject(f"target:{name}") == []


def test_nothing_is_called_inside_a_transaction(db, sink):
    with database.atomic(), pytest.raises(CalledInTransaction):
        outgoing.send_to(here(sink))
    assert sink.count == 0


@pytest.mark.parametrize(("login", "act"), [
    *((login, "select 1 from kernel_target") for login in ("public", "citizen", "officer")),
    *((login, "insert into kernel_target (name, address, private, actor) values ('x', 'y', true, 'z')")
      for login in ("public", "citizen", "officer", "auditor")),
    *((login, "update kernel_target set private = true") for login in ("worker", "owner"))])
def test_only_the_worker_knows_the_targets_and_nobody_rewrites_them(db, login, act):
    outgoing.register(WHO, name="tests.kept", address="https://tongban.example/")
    with database.serving(login), pytest.raises(ProgrammingError):
        database.execute(act)
