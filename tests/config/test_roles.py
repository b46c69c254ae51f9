"""Each role alone on a port: its pages answer, others lead nowhere, and other logins are not even configured."""

import http.cookiejar
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import database as test_database
from tests import journeys
from tests.requirements import requirement
from tests.signing import licence
from tongban.config import cli, roles, samples, signer
from tongban.kernel import database
from tongban.kernel.crypto import remote
from tongban.kernel.crypto.signing import PayloadKind

pytestmark = pytest.mark.xdist_group("roles")
VAR = Path(os.environ["TONGBAN_VAR"])
ASK = ("import django, json; django.setup(); from django.conf import settings; "
       "print(json.dumps(sorted(each['USER'] for each in settings.DATABASES.values() if each.get('USER'))))")
PAGES = {"portal": "/", "counter": "/desk/", "oversight": "/oversight/", "api": "/api/v1/items",
         "portal signed in": "/me/"}
LOGINS = {"portal": ["tongban_citizen", "tongban_public"], "counter": ["tongban_officer", "tongban_public"],
          "api": ["tongban_citizen", "tongban_public"], "worker": ["tongban_worker"],
          "provisioning": ["tongban_public", "tongban_worker"],
          "gateway": ["tongban_public", "tongban_worker"], "signer": []}


def environment(house, role):
    url = re.sub("//[^@]*@", "//", test_database.owner_url(house))
    return {**os.environ, "TONGBAN_ROLE": role, "DATABASE_URL": url, "TONGBAN_PAGE_CACHE_MEGABYTES": "1"}


@contextmanager
def process(house, role, *arguments, **given):
    log = VAR / f"role-{role}.log"
    with log.open("w") as output:
        started = subprocess.Popen([sys.executable, "-m", "tongban.config.cli", *arguments], stdout=output, stderr=output,
                                   env={**environment(house, role), **given})
        try:
            yield log
        finally:
            started.terminate()
            started.wait(timeout=30)


@contextmanager
def alone(house, role):
    """The web process of one role; yields how to ask it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def ask(path, **posted):
        data = urllib.parse.urlencode(posted).encode() if posted else None
        try:
            with browser.open(f"http://127.0.0.1:{port}{path}", data, timeout=30) as answer:
                return answer.status, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    with process(house, role, "web", "--port", str(port), "--workers", "1") as log:
        for _ in range(300):
            try:
                ask("/api/v1/readyz")
                break
            except OSError:
                time.sleep(0.2)
        else:
            raise AssertionError(log.read_text())
        yield ask


@pytest.mark.parametrize(("role", "own"), [("portal", {"/", "/me/"}), ("counter", {"/desk/", "/oversight/"}),
                                           ("api", {"/api/v1/items"})])
def test_a_web_process_answers_for_its_own_surfaces_only(house, role, own):
    with alone(house, role) as ask:
        for path in PAGES.values():
            status, body = ask(path)
            if path in own:
                assert status in (200, 401), (path, status)
            else:
                assert status == 404, path
                assert ("route_unknown" if path.startswith("/api/") else "<h1>") in body
        assert ask("/sign-in/")[0] == 200
        assert ask("/api/v1/readyz")[0] == 200
        assert ask("/en/nowhere/")[0] == 404


def sign_in(ask):
    """Sign in at the desk as a sample receptionist."""
    officer = re.split(r"\s{2}", next(each for each in samples.sign_ins() if "receptionist" in each))[0]
    token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', ask("/sign-in/")[1])[1]
    status, page = ask("/sign-in/", csrfmiddlewaretoken=token, login=officer, password=samples.PASSWORD, next="/desk/")
    assert status == 200
    token, code = (re.search(each, page)[1] for each in ('name="csrfmiddlewaretoken" value="([^"]+)"', r"data-code>(\d{6})<"))
    assert ask("/prove/", csrfmiddlewaretoken=token, way="CODE", code=code, next="/desk/")[0] == 200


@requirement("SEC-13")
def test_at_the_desk_alone_a_file_that_came_from_outside_opens_by_the_gate(db, house):
    number = journeys.submitted(journeys.with_firm(journeys.citizen()), "food-operation-gaoling")
    before = set(VAR.glob("inside/??/*"))
    with alone(house, "counter") as ask:
        sign_in(ask)
        file = re.search(rf'href="(/desk/{number}/files/\d+/)"', ask(f"/desk/{number}/")[1])[1]
        for _ in range(2):
            status, content = ask(file)
            assert (status, content) == (200, journeys.PNG.decode(errors="replace"))
    come, = set(VAR.glob("inside/??/*")) - before
    assert come.read_bytes() == (VAR / "files" / come.relative_to(VAR / "inside")).read_bytes()
    assert database.row("select gate from documents_document where stored = %s", [come.name]) == ("PASSED",)


def test_at_the_desk_alone_an_officer_signs_in_works_and_signs_out(house):
    with alone(house, "counter") as ask:
        sign_in(ask)
        assert ask("/desk/")[0] == 200
        assert ask("/stay/")[0] == 204
        assert ask("/sign-in/")[0] == 200
        token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', ask("/desk/")[1])[1]
        assert ask("/desk/sign-out/", csrfmiddlewaretoken=token)[0] == 404
        assert ask("/desk/")[0] == 401


def test_the_worker_alone_does_its_work(db, house):
    number = journeys.submitted(journeys.with_firm(journeys.citizen()), "food-operation-gaoling")
    with process(house, "worker", "worker") as log:
        for _ in range(300):
            if database.row("select count(*) from messages_message where about = %s", [number])[0]:
                return
            time.sleep(0.2)
    raise AssertionError(log.read_text())


@pytest.mark.parametrize("role", sorted(LOGINS))
def test_a_process_holds_the_logins_of_its_role_and_no_other(house, role, tmp_path):
    var = tmp_path / "var"
    done = subprocess.run([sys.executable, "-c", ASK], env={**environment(house, role), "TONGBAN_VAR": str(var)},
                          capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == LOGINS[role]
    assert sorted(path.name for path in (var / "secrets").glob("role-*")) == [
        each.replace("tongban_", "role-") for each in LOGINS[role]]


def test_the_password_of_the_owner_is_refused_to_every_role_but_all():
    url = "postgresql://owner:secret@db.example/tongban"
    for name in LOGINS:
        with pytest.raises(roles.RoleNotValid, match="owner's password"):
            roles.role({"TONGBAN_ROLE": name, "DATABASE_URL": url})
    assert roles.role({"DATABASE_URL": url}).owner
    with pytest.raises(roles.RoleNotValid, match="it may be portal, counter, api, provisioning, gateway, worker, signer, all"):
        roles.role({"TONGBAN_ROLE": "cook"})


def test_the_signer_alone_signs_and_knows_no_database(house, tmp_path):
    path = str(tmp_path / "run" / "socket")
    given = {"TONGBAN_VAR": str(tmp_path), "TONGBAN_SIGNER": path}
    with process(house, "signer", "signer", **given) as log:
        for _ in range(300):
            if remote.answers(path):
                break
            time.sleep(0.2)
        else:
            raise AssertionError(log.read_text())
        for signer in remote.remote_signers(path, replaced=lambda: None):
            assert signer.verify(PayloadKind.LICENCE, licence(), signer.sign(PayloadKind.LICENCE, licence()))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["keys", "run", "signer"], "no login, no secret was made"


@pytest.mark.parametrize("role", sorted({*LOGINS, "all"} - {"signer"}))
def test_a_process_of_another_role_signs_for_nobody(role, tmp_path, monkeypatch):
    monkeypatch.setenv("TONGBAN_ROLE", role)
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/tongban")
    monkeypatch.setenv("TONGBAN_VAR", str(tmp_path))
    monkeypatch.setattr(signer.folders, "hold", lambda _: pytest.fail("it began"))
    with pytest.raises(roles.RoleNotValid, match="Only a process of the role signer"):
        cli.main(["signer"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("role", ["worker", "signer"])
def test_neither_worker_nor_signer_serves_pages(house, role):
    done = subprocess.run([sys.executable, "-m", "tongban.config.cli", "web"], env=environment(house, role),
                          capture_output=True, text=True, check=False)
    assert done.returncode
    assert "serves no pages" in done.stderr
