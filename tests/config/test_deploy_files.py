"""The files of deploy/ as they are: a real nginx before the real application, units that systemd accepts."""

import base64
import hashlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import warnings
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests import database as test_database
from tongban.config import capacity

pytestmark = pytest.mark.xdist_group("deploy")
ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ["TONGBAN_VAR"])
UNITS = sorted(path for path in (ROOT / "deploy" / "systemd").glob("*.*") if path.is_file())
ERRORS = sorted((ROOT / "deploy" / "nginx" / "errors").glob("*.html"))


def free_ports(count):
    """Ports that nobody holds, each another one."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tongban.example")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(days=1),
                                   now + timedelta(days=1)).sign(key, hashes.SHA256())
    (folder / "site.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "site.key").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


class Door:
    """nginx with our file, on ports of its own, and the application behind it."""

    def __init__(self, folder, house, doors="both"):
        self.folder, self.house, self.web = folder, house, None
        self.plain, self.tls, self.behind = free_ports(3)
        certificate(folder)
        text = (ROOT / "deploy" / "nginx" / "tongban.conf").read_text()
        for old, new in (("listen 80;", f"listen 127.0.0.1:{self.plain};"), ("listen 443 ", f"listen 127.0.0.1:{self.tls} "),
                         ("/var/log/nginx", str(folder)), ("/etc/tongban/tls", str(folder)),
                         ("/etc/tongban/doors.conf", str(ROOT / "deploy" / "nginx" / "doors" / f"{doors}.conf")),
                         ("/opt/tongban", str(ROOT)), ("/var/lib/tongban", str(VAR))):
            assert old in text, old
            text = text.replace(old, new)
        text = re.sub(r"127\.0\.0\.1:800[123]", f"127.0.0.1:{self.behind}", text)
        (folder / "nginx.conf").write_text(
            f"{'user root;' if os.geteuid() == 0 else ''} pid {folder}/pid; error_log {folder}/error.log; events {{}} "
            f"http {{ include /etc/nginx/mime.types; access_log off; client_body_temp_path {folder}/body; "
            f"proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; "
            f"scgi_temp_path {folder}/s;\n{text}\n}}")
        self.command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]

    def start_web(self):
        environment = {**os.environ, "DATABASE_URL": test_database.owner_url(self.house), "TONGBAN_HTTPS": "1",
                       "TONGBAN_HOSTS": "tongban.example"}
        with (self.folder / "web.log").open("w") as log:
            self.web = subprocess.Popen([sys.executable, "-m", "tongban.config.cli", "web", "--workers", "1", "--port",
                                         str(self.behind)], env=environment, stdout=log, stderr=log, cwd=ROOT)
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.behind)) == 0 and self.ask("GET", "/sign-in/")[0] == 200:
                    return
            time.sleep(0.2)
        raise AssertionError((self.folder / "web.log").read_text())

    def stop_web(self):
        self.web.terminate()
        self.web.wait(timeout=30)

    def ask(self, method, path, body=None, **headers):
        trust = ssl.create_default_context(cafile=str(self.folder / "site.crt"))
        trust.check_hostname = False
        named = {"Host": "tongban.example", **{name.replace("_", "-"): value for name, value in headers.items()}}
        for _ in range(10):
            # Whoever is refused before all was sent loses the answer now and then, as with any server, and asks again.
            with (suppress(ssl.SSLEOFError, ConnectionError),
                  closing(http.client.HTTPSConnection("127.0.0.1", self.tls, context=trust, timeout=60)) as line):
                line.request(method, path, body, named)
                with line.getresponse() as answer:
                    return answer.status, {k.title(): v for k, v in answer.getheaders()}, answer.read().decode(errors="replace")
        raise AssertionError(f"{method} {path[:40]} was never answered")


@pytest.fixture(scope="module")
def door(house, tmp_path_factory):
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    made = Door(tmp_path_factory.mktemp("door"), house)
    subprocess.run([*made.command[:5], "-t"], check=True, capture_output=True)
    proxy = subprocess.Popen(made.command)
    made.start_web()
    yield made
    made.stop_web()
    proxy.terminate()
    proxy.wait(timeout=30)


def test_pages_come_through_with_their_headers(door):
    status, headers, body = door.ask("GET", "/en/")
    assert status == 200
    assert "<h1" in body
    assert "max-age" in headers["Strict-Transport-Security"]
    assert headers["Server"] == "nginx"
    for file in re.findall(r'(?:href|src)="(/static/[^"]+)"', body):
        status, headers, _ = door.ask("GET", file, Accept_Encoding="gzip")
        assert (status, headers.get("Content-Encoding")) == (200, "gzip")
        assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "immutable" not in door.ask("GET", "/static/tongban.css")[1]["Cache-Control"]


def test_plain_http_is_sent_on_to_https(door):
    with closing(http.client.HTTPConnection("127.0.0.1", door.plain)) as line:
        line.request("GET", "/services/", headers={"Host": "evil.example"})
        with line.getresponse() as answer:
            assert (answer.status, answer.getheader("Location")) == (301, "https://tongban.example/services/")


@pytest.mark.parametrize("path", ["/api/v1/items", "/scim/v2/Users", "/oidc/token", "/oidc/userinfo", "/.well-known/openid-configuration"])
def test_a_program_that_sends_without_tls_is_refused_and_not_sent_on(door, path):
    with closing(http.client.HTTPConnection("127.0.0.1", door.plain)) as line:
        line.request("GET", path, headers={"Host": "tongban.example", "Authorization": "Bearer x"})
        with line.getresponse() as answer:
            assert (answer.status, answer.getheader("Location")) == (403, None)


def agreed(door, newest, ciphers):
    """Version and suite that nginx agrees to with a browser that offers no more than this, or why it does not."""
    offered = ssl.create_default_context(cafile=str(door.folder / "site.crt"))
    offered.check_hostname = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        offered.minimum_version, offered.maximum_version = ssl.TLSVersion.TLSv1, newest
    offered.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    try:
        with socket.create_connection(("127.0.0.1", door.tls)) as plain, offered.wrap_socket(plain) as line:
            return line.version(), line.cipher()[0]
    except ssl.SSLError as error:
        return "refused", error.reason


@pytest.mark.parametrize(("newest", "ciphers", "told"), [
    (ssl.TLSVersion.TLSv1, "ALL", ("refused", "TLSV1_ALERT_PROTOCOL_VERSION")),
    (ssl.TLSVersion.TLSv1_1, "ALL", ("refused", "TLSV1_ALERT_PROTOCOL_VERSION")),
    (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:AES256-GCM-SHA384:AES128-SHA:NULL",
     ("refused", "SSLV3_ALERT_HANDSHAKE_FAILURE")),
    (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384",
     ("TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384")),
    (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-GCM-SHA256", ("TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256")),
    (ssl.TLSVersion.TLSv1_3, "ALL", ("TLSv1.3", "TLS_AES_256_GCM_SHA384"))])
def test_only_new_versions_of_tls_and_suites_with_forward_secrecy_are_agreed_to_the_strongest_first(door, newest, ciphers, told):
    assert agreed(door, newest, ciphers) == told


SAID_BY_ALL = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
               "Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "max-age=63072000; includeSubDomains"}


def unsaid(headers):
    """What an answer through the door fails to say to the browser, or says twice."""
    policy = headers.get("Content-Security-Policy", "")
    wanted = ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action '")
    return ([name for name, value in SAID_BY_ALL.items() if headers.get(name) != value]
            + [each for each in wanted if each not in policy] + ["unsafe"] * ("unsafe" in policy) + ["twice"] * ("," in policy))


@pytest.mark.parametrize(("method", "path", "status", "kept"), [
    ("GET", "/verify/", 200, None), ("GET", "/sign-in/", 200, None), ("GET", "/me/", 401, "no-store"),
    ("GET", "/nowhere/", 404, "no-store"),
    ("GET", "/api/v1/nowhere", 404, "no-store"), ("GET", "/static/tongban.css", 200, "public, max-age=600"),
    ("GET", "/static/nothing.css", 404, "public, max-age=600"), ("GET", "/static/", 403, "public, max-age=600"),
    ("GET", "/errors/502.html", 404, "no-store"), ("GET", "/.git/config", 404, "no-store"),
    ("GET", "/mode/elder/", 303, None), ("GET", "/files/out/x/", 404, "no-store"),
    ("TRACE", "/", 405, "no-store"), ("BREW", "/", 405, "no-store"), ("GET", "/" + "x" * 17000, 414, "no-store")],
    ids=lambda value: value[:20] if isinstance(value, str) else str(value))
def test_every_answer_through_the_door_says_what_it_may_do(door, method, path, status, kept):
    found, headers, _ = door.ask(method, path)
    assert (found, unsaid(headers), headers.get("Cache-Control")) == (status, [], kept)


def test_our_own_pages_say_so_too_and_their_style_is_the_one_that_is_named(door):
    status, headers, _ = door.ask("POST", "/sign-in/", b"", Content_Length=str(capacity.LARGEST_BODY + 1))
    assert (status, unsaid(headers)) == (413, [])
    for page in ERRORS:
        style = re.search("<style>(.*?)</style>", page.read_text(), re.DOTALL)[1]
        named = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'sha256-{named}'" in headers["Content-Security-Policy"], page.name


def test_files_go_out_without_a_cookie_and_stay_out_of_the_log():
    text = (ROOT / "deploy" / "nginx" / "tongban.conf").read_text()
    assert re.search(r'map \$uri \$cookies \{\s+default +\$http_cookie;\s+"~\^/\(\?:en/\)\?\(\?:desk/\)\?files/out/" +"";', text)
    assert "proxy_set_header Cookie $cookies;" in text
    for doors in (ROOT / "deploy" / "nginx" / "doors").glob("*.conf"):
        for line in doors.read_text().splitlines():
            assert "files/out" not in line or "{ access_log off; proxy_pass" in line, doors.name


def test_the_log_of_the_door_names_surface_and_status_and_nothing_anybody_typed(door):
    """Numbers of cases stand in paths, words of a search in queries: neither is kept, not even of what goes wrong."""
    said = ("11610117MB9A0001464000131980063202603020005", "canary-word")
    for path in (f"/cases/{said[0]}/", f"/search/?q={said[1]}", f"/desk/{said[0]}/", f"/api/v1/cases/{said[0]}", f"/{said[1]}/"):
        door.ask("GET", path, Referer=f"https://tongban.example/search/?q={said[1]}", User_Agent=said[1])
    door.ask("POST", f"/{said[1]}/", b"", Content_Length=str(capacity.LARGEST_BODY + 1))
    lines = [json.loads(line) for line in (door.folder / "tongban.log").read_text().splitlines()]
    assert {"portal", "counter", "api"} <= {line["surface"] for line in lines}
    assert {line["status"] for line in lines} >= {200, 401, 404, 413}
    assert all(line["timestamp"] and line["address"] == "127.0.0.1" for line in lines)
    kept = "".join(path.read_text(errors="replace") for path in door.folder.glob("*.log") if path.name != "web.log")
    assert [each for each in said if each in kept] == []


def test_an_address_that_a_caller_claims_does_not_win(door):
    """Attempts are counted by address: whatever callers claim, all of these count against the same one."""
    url = test_database.owner_url(door.house)
    with psycopg.connect(url, autocommit=True) as connection:
        before = set(connection.execute("select distinct address_hash from identity_attempt").fetchall())
        for number in range(3):
            _, headers, page = door.ask("GET", "/sign-in/")
            token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
            cookie = headers["Set-Cookie"].split(";")[0]
            status, _, _ = door.ask(
                "POST", "/sign-in/", f"csrfmiddlewaretoken={token}&login=nobody-{number}&password=wrong",
                Cookie=cookie, Content_Type="application/x-www-form-urlencoded", Referer="https://tongban.example/sign-in/",
                X_Forwarded_For=f"198.51.100.{number}", X_Real_IP=f"198.51.100.{number}",
                Forwarded=f"for=198.51.100.{number}")
            assert status == 422
        after = set(connection.execute("select distinct address_hash from identity_attempt").fetchall())
    assert len(after - before) == 1


def test_a_body_that_is_too_large_gets_our_page(door):
    status, headers, body = door.ask("POST", "/sign-in/", b"", Content_Length=str(capacity.LARGEST_BODY + 1))
    assert status == 413
    assert "文件太大" in body
    assert "too large" in body
    assert headers["Cache-Control"] == "no-store"


def test_a_stopped_application_gives_our_page(door):
    door.stop_web()
    try:
        status, headers, body = door.ask("GET", "/services/")
        assert status == 502
        assert "系统暂时没有应答" in body
        assert "does not answer" in body
        assert headers["Content-Type"].startswith("text/html")
    finally:
        door.start_web()


def test_the_pages_of_the_door_stand_alone_in_both_languages():
    assert [path.stem for path in ERRORS] == ["413", "502", "503", "504"]
    for path in ERRORS:
        page = path.read_text()
        assert re.search(r"<h1>[\u4e00-\u9fff]", page)
        assert re.search(r'lang="en">\s*<h2>[A-Z]', page)
        assert 'href="/"' in page
        assert 'href="/en/"' in page
        assert not re.search(r"<script|<link|src=|url\(", page), "nothing else answers when this is shown"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_accepts_the_units(unit, tmp_path):
    for path in UNITS:
        text = path.read_text().replace("/opt/tongban/.venv/bin/python", sys.executable)
        (tmp_path / path.name.replace("@", "@portal")).write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name.replace("@", "@portal"))],
                          capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "tongban" in line or unit.stem in line]
    assert ours == []


def test_every_service_is_confined():
    for path in UNITS:
        if path.suffix == ".service" and path.name.startswith("tongban-"):
            for line in ("User=tongban", "NoNewPrivileges=yes", "ProtectSystem=strict", "UMask=0077", "CapabilityBoundingSet="):
                assert line in path.read_text(), f"{path.name}: {line}"
            served = "owner.env" not in path.read_text()
            assert ("InaccessiblePaths=-/var/lib/tongban/secrets" in path.read_text()) is served, path.name


def test_the_unit_of_the_signer_names_a_user_of_its_own_no_network_and_no_folder_of_others():
    text = (ROOT / "deploy" / "systemd" / "tongban-signer.service").read_text()
    for line in ("User=tongban-signer", "Environment=TONGBAN_ROLE=signer", "StateDirectoryMode=0700", "RuntimeDirectoryMode=0750",
                 "PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX", "Environment=TONGBAN_VAR=/var/lib/tongban-signer"):
        assert line in text.splitlines()
    assert re.search("^InaccessiblePaths=.*-/var/lib/tongban -/etc/tongban$", text, re.MULTILINE)
    assert "common.env" not in text.split("[Unit]")[1]
    assert [path.name for path in UNITS if "User=tongban-signer" in path.read_text()] == ["tongban-signer.service"]
