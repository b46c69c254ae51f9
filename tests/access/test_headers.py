"""What every answer tells the browser (T26): every route by every method, refusals, failures, kept pages, redirects."""

import json
import re
import sys
from contextlib import suppress
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.test import Client, override_settings
from django.urls import path

from tests.access.asking import outcome, taken_back
from tests.access.routes import routes
from tests.access.test_matrix import PROFILES, ROWS, filled
from tests.access.world import ACTORS, TOKENS
from tongban.config import pagecache, turned_away
from tongban.config.urls import urlpatterns as every_route
from tongban.kernel.types import Audience
from tongban.portal import reports

pytestmark = pytest.mark.xdist_group("access")
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW")
COOKIES = {"SESSION_COOKIE_NAME": "__Host-session", "CSRF_COOKIE_NAME": "__Host-csrf", "DEVICE_COOKIE_NAME": "__Host-device"}
SECURE = {**COOKIES, "HTTPS": True, "CSRF_COOKIE_SECURE": True, "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}
POLICY = {
    "default-src": {"'none'"}, "script-src": {"'self'"}, "style-src": {"'self'"}, "object-src": {"'none'"},
    "base-uri": {"'none'"}, "frame-ancestors": {"'none'"}, "form-action": {"'self'"},
    "require-trusted-types-for": {"'script'"}, "trusted-types": {"'none'"}, "report-uri": {"/csp-reports/"},
}
HANDED = {"default-src": {"'none'"}, "sandbox": set(), "base-uri": {"'none'"}, "frame-ancestors": {"'none'"},
          "form-action": {"'none'"}}
"""What a file may do wherever a reader opens it: nothing."""

ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
          "Cross-Origin-Resource-Policy": "same-origin"}
SITE = "127.0.0.1"


def crash(request):
    raise RuntimeError("planned")


urlpatterns = [path("crash/", crash), path("api/crash/", crash), *every_route]
handler404, handler500 = "tongban.web.failures.not_found", "tongban.web.failures.crashed"


def policy_of(answer):
    return {name: set(values) for name, *values in (each.split() for each in answer["Content-Security-Policy"].split(";"))}


def faults(answer):
    """What an answer fails to say, or says wrongly."""
    told, wanted, policy = ALWAYS, POLICY, policy_of(answer)
    if answer.get("Content-Disposition", "").startswith("attachment") and "sandbox" in policy:
        told, wanted = {**ALWAYS, "Referrer-Policy": "no-referrer"}, HANDED
    found = [f"{name}: {answer.get(name)}" for name, value in told.items() if answer.get(name) != value]
    found += [f"{name}: {policy.get(name)}" for name, values in wanted.items() if policy.get(name) != values]
    found += [f"{name}: {values}" for name, values in policy.items() for value in values
              if "unsafe" in value or value in {"*", "http:", "https:", "data:", "blob:"}]
    seconds = re.fullmatch(r"max-age=(\d+); includeSubDomains", answer.get("Strict-Transport-Security", ""))
    if settings.HTTPS and not (seconds and int(seconds[1]) >= 2 * 365 * 24 * 3600):
        found.append(f"Strict-Transport-Security: {answer.get('Strict-Transport-Security')}")
    found += [f"{name}: {answer[name]}" for name in ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials")
              if answer.get(name)]
    where = urlsplit(answer.get("Location", "/"))
    if where.netloc or where.scheme or not where.path.startswith(("/", "")) or answer.get("Location", "/").startswith("//"):
        found.append(f"Location: {answer['Location']}")
    return found + cookie_faults(answer) + type_faults(answer)


def type_faults(answer):
    """A body whose type is not said, is said wrongly, or whose letters could be read in more than one way."""
    body = answer.getvalue() if hasattr(answer, "getvalue") else b""
    told, _, more = answer.get("Content-Type", "").partition("; ")
    if not body:
        return []
    if told in WITHOUT_CHARSET:
        return [] if WITHOUT_CHARSET[told](body) else [f"not {told}: {body[:40]!r}"]
    found = [] if told in TEXTS and more == "charset=utf-8" else [f"Content-Type: {answer.get('Content-Type')}"]
    return found + [f"not {told}: {body[:40]!r}"] * (not TEXTS.get(told, bytes)(body))


def is_json(body):
    with suppress(ValueError):
        return json.loads(body) is not None
    return False


JSON = ("application/json", "application/problem+json", "application/scim+json", "application/jwt")
WITHOUT_CHARSET = {**dict.fromkeys(JSON, is_json), "application/pdf": lambda body: body.startswith(b"%PDF"),
                   "image/svg+xml": lambda body: b"<svg" in body[:400], "image/png": lambda body: body.startswith(b"\x89PNG"),
                   "application/octet-stream": bool}
"""Formats that say themselves how they are written; JSON is UTF-8 by its standard, which defines no charset."""
TEXTS = {"text/html": lambda body: body.lstrip().lower().startswith(b"<!doctype html") or body.lstrip().startswith(b"<"),
         "text/csv": lambda body: body.startswith(b'\xef\xbb\xbf"'),
         "text/plain": lambda body: body.decode() is not None, "text/x-python": lambda body: b"import " in body,
         "application/xml": lambda body: body.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")}


def cookie_faults(answer):
    """Cookies that others could read, set or send."""
    found = []
    for name, cookie in getattr(answer, "cookies", {}).items():
        told = (bool(cookie["httponly"]), cookie["samesite"] in {"Lax", "Strict"}, bool(cookie["secure"]) or not settings.HTTPS)
        if told != (True, True, True) and not (cookie["max-age"] == 0 and told[2]):
            found.append(f"{name}: {cookie.OutputString()}")
        if name in {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.DEVICE_COOKIE_NAME} and (
                cookie["path"] != "/" or cookie["domain"] or name.startswith("__Host-") is not settings.HTTPS):
            found.append(f"{name}: {cookie.OutputString()}")
    return found


def caller(world, actor, **settled):
    headers = {"accept-language": "en"}
    if actor in TOKENS:
        headers["authorization"] = f"Bearer {world.tokens[actor]}"
    client = Client(headers=headers, SERVER_NAME=SITE, **settled)
    if actor in world.sessions:
        client.cookies[settings.SESSION_COOKIE_NAME] = world.sessions[actor]
    return client


def callers(name):
    """Nobody, and somebody who is let in."""
    told = next(PROFILES[ROWS[name][method]] for method in ("GET", "POST") if method in ROWS[name])
    return ("anonymous", next((actor for actor, told in zip(ACTORS[1:], told[1:], strict=True) if told in ("ok", "redirect")), "owner"))


def is_personal(route, actor, answer):
    return route.view.gate.audience is not Audience.PUBLIC or (
        actor in ACTORS[1:10] and answer.get("Content-Type", "").startswith("text/html"))


def test_every_route_says_so_by_every_method(db, world):
    wrong, asked = {}, 0
    with override_settings(**SECURE):
        for name, route in routes().items():
            row, body = ROWS[name], filled(world, ROWS[name].get("body"))
            address = route.at(filled(world, row.get("with"))) + row.get("query", "").format_map(world.things)
            for actor in callers(name):
                for method in METHODS if actor == "anonymous" else METHODS[:3]:
                    given = {"data": body} if method == "POST" and not name.startswith("api:") else {}
                    with taken_back():
                        client = caller(world, actor)
                        answer = (client.post(address, secure=True, **given) if method == "POST"
                                  else client.generic(method, address, secure=True))
                    found, asked = faults(answer), asked + 1
                    kept = answer.get("Cache-Control", "")
                    if is_personal(route, actor, answer) and "no-store" not in kept and not (
                            name == "portal:status" and method == "POST" and kept == "private, no-cache"):
                        found.append(f"Cache-Control: {kept}")
                    if name in ("portal:handed", "counter:handed") and answer.status_code == 200:
                        found.append("opened without a seal")
                    wrong |= {(name, actor, method, answer.status_code): found} if found else {}
    assert wrong == {}
    assert asked >= len(routes()) * 12


REFUSED = [
    (400, {"path": "/", "HTTP_HOST": "evil.example"}), (400, {"path": "/api/v1/items", "HTTP_HOST": "evil.example"}),
    (401, {"path": "/me/"}), (401, {"path": "/api/v1/me"}), (404, {"path": "/nowhere/"}), (404, {"path": "/api/nowhere"}),
    (404, {"path": "/en/nowhere/"}), (404, {"path": "/\x00/"}), (500, {"path": "/crash/"}), (500, {"path": "/api/crash/"}),
    (405, {"path": "/", "REQUEST_METHOD": "BREW"}), (405, {"path": "/csp-reports/"}),
]


@pytest.mark.parametrize(("status", "asked"), REFUSED, ids=[f"{status} {asked['path']!r}" for status, asked in REFUSED])
def test_refusals_and_failures_say_so_too(db, status, asked):
    client = Client(raise_request_exception=False, SERVER_NAME=SITE)
    with override_settings(ROOT_URLCONF=sys.modules[__name__], **SECURE):
        answer = client.get(asked["path"], secure=True, **{name: value for name, value in asked.items() if name != "path"})
        assert (answer.status_code, faults(answer), answer["Cache-Control"]) == (status, [], "no-store")


def test_a_form_without_its_token_is_told_so_too(db):
    with override_settings(**SECURE):
        answer = Client(enforce_csrf_checks=True, SERVER_NAME=SITE).post("/sign-in/", {"login": "x"}, secure=True)
        assert (answer.status_code, faults(answer), answer["Cache-Control"]) == (403, [], "no-store")


@pytest.mark.parametrize("where", ["/services/", "/en/services/", "/api/v1/items"])
@pytest.mark.parametrize("status", sorted(turned_away.WORDS))
def test_who_is_turned_away_at_the_door_is_told_so_too(status, where):
    answers = []
    with override_settings(**SECURE):
        environ = {"PATH_INFO": where, "REQUEST_METHOD": "GET"}
        turned_away.answer(environ, lambda *told: answers.append(told), status)
        code, headers = answers[0]
        assert (int(code[:3]), faults(dict(headers)), dict(headers)["Cache-Control"]) == (status, [], "no-store")


def test_kept_pages_say_so_as_long_as_they_are_kept(db):
    with override_settings(**SECURE):
        kept = pagecache.cached(get_wsgi_application(), pagecache.Shelf(10**7, pagecache.edition))
        told = []
        for asked in ({}, {}, {"HTTP_ACCEPT_ENCODING": "gzip"}, {"HTTP_IF_NONE_MATCH": "etag"}):
            environ = {"PATH_INFO": "/", "HTTP_HOST": SITE, "HTTP_X_FORWARDED_PROTO": "https", **asked}
            if "HTTP_IF_NONE_MATCH" in asked:
                environ["HTTP_IF_NONE_MATCH"] = told[-1][1]["ETag"]
            setup_testing_defaults(environ)
            list(kept(environ, lambda status, headers, _=None: told.append((status[:3], dict(headers)))))
        assert [status for status, _ in told] == ["200", "200", "200", "304"]
        assert "ETag" not in told[0][1] and "ETag" in told[1][1]
        assert [faults(headers) for _, headers in told] == [[]] * 4


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "///evil.example", "\\\\evil.example", "/\\evil.example",
                                       "/\t/evil.example", "javascript:alert(1)", "https:evil.example", " //evil.example",
                                       "/%09/evil.example/", "http://127.0.0.1@evil.example/"])
def test_nobody_is_sent_elsewhere(db, world, elsewhere):
    for asked in ("/mode/elder/?back={}", "/region/?choose=none&back={}", "/sign-in/?next={}"):
        address, _, query = asked.format("").partition("?")
        data = dict(each.split("=") for each in query.split("&"))
        data[next(name for name, value in data.items() if not value)] = elsewhere
        with taken_back():
            answer = (Client(SERVER_NAME=SITE).get(address, data) if address != "/sign-in/" else Client(SERVER_NAME=SITE).post(
                address, {"login": world.things["login"], "password": "secret-word", **data}))
        assert outcome(answer) == "redirect"
        assert urlsplit(answer["Location"]).netloc == ""
        assert not re.match(r"[/\\\s]{2}|[a-z]+:", answer["Location"])


def test_over_https_the_cookies_that_matter_belong_to_this_host_alone(db, world):
    with override_settings(**SECURE), taken_back():
        client = Client(SERVER_NAME=SITE)
        first = client.get("/sign-in/", secure=True)
        signed_in = client.post("/sign-in/", {"login": world.things["login"], "password": "secret-word"}, secure=True)
        assert set(first.cookies) == {"__Host-csrf"}
        assert {"__Host-session", "__Host-device"} <= set(signed_in.cookies)
        assert cookie_faults(first) + cookie_faults(signed_in) == []
        out = caller(world, "owner").post("/sign-out/", secure=True)
        assert out["Clear-Site-Data"] == '"cache", "storage"'
        assert out.cookies["__Host-session"]["max-age"] == 0 and out.cookies["__Host-session"]["secure"]


@pytest.mark.parametrize("actor", ["owner", "reception", "supervisor"])
def test_signing_out_clears_what_the_browser_kept(db, world, actor):
    where = {"owner": "/sign-out/", "reception": "/desk/sign-out/", "supervisor": "/oversight/sign-out/"}[actor]
    with taken_back():
        answer = caller(world, actor).post(where)
    assert answer.status_code == 303
    assert {'"cache"', '"storage"'} <= set(answer["Clear-Site-Data"].split(", "))


def report(body):
    sent = body if isinstance(body, bytes) else json.dumps(body)
    return Client(SERVER_NAME=SITE, enforce_csrf_checks=True).post("/csp-reports/", sent, content_type="application/csp-report")


@pytest.fixture
def budget_of_five(monkeypatch):
    """Five reports a minute, by a clock that the test moves."""
    seconds = [0.0]
    monkeypatch.setattr(reports, "BUDGET", reports.Budget(most=5, seconds=60, now=lambda: seconds[0]))
    return seconds


def counted(directive):
    from prometheus_client import REGISTRY

    return REGISTRY.get_sample_value("tongban_policy_violations_total", {"directive": directive}) or 0


@pytest.mark.parametrize(("told", "name"), [("script-src-elem", "script-src"), ("require-trusted-types-for", "require-trusted-types-for"),
                                            ("style-src-attr", "style-src"), ("610117199001011234", "other")])
def test_a_report_is_counted_by_its_directive_and_nothing_else_is_kept(db, budget_of_five, caplog, capfd, told, name):
    before = counted(name)
    answer = report({"csp-report": {"effective-directive": told, "document-uri": "https://x/me/610117199001011234/",
                                    "blocked-uri": "https://evil.example/610117199001011234"}})
    assert (answer.status_code, counted(name) - before) == (204, 1)
    assert "610117" not in caplog.text + "".join(capfd.readouterr())


@pytest.mark.parametrize(("body", "status"), [("x" * (reports.LARGEST + 1), 413), ("not json", 400), ("[]", 400), ("{}", 400),
                                              ('{"csp-report": {"effective-directive": 7}}', 400), ('"\udcff"', 400)])
def test_what_is_no_report_is_refused(db, budget_of_five, body, status):
    assert report(body.encode(errors="surrogateescape")).status_code == status


def test_reports_do_not_flood_the_house(db, budget_of_five):
    good = {"csp-report": {"effective-directive": "img-src"}}
    assert [report(good).status_code for _ in range(7)] == [204] * 5 + [429] * 2
    budget_of_five[0] = 60.0
    assert report(good).status_code == 204
