"""What a log says: the route and not the address, no number of a person, no row that a database error quotes."""

import ast
import io
import json
import logging
import re
import sys
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, RequestFactory, override_settings
from django.urls import path, resolve

from tests.architecture.reading import dotted
from tests.requirements import requirement
from tongban.api.entry import ANYONE, Door, guarded
from tongban.config import logs
from tongban.config.urls import urlpatterns as every_route
from tongban.kernel.codes import conceal, id_check_character, make_uscc

ID = "51160219900101123" + id_check_character("51160219900101123")
USCC = make_uscc("9", "2", "511602", "MA123456")
PHONE = "13987654321"
ROOT = Path(__file__).resolve().parents[2]
OURS = {str(place.relative_to(ROOT)): place.read_text() for place in sorted((ROOT / "tongban").rglob("*.py"))}


def crash(request):
    raise RuntimeError(f"planned, of {PHONE}")


urlpatterns = [path("crash/", crash), path("api/crash/", guarded(Door(gate=ANYONE), crash)), *every_route]
handler500 = "tongban.web.failures.crashed"


@pytest.fixture
def said_as():
    return lambda record: json.loads(logs.Discreet().format(record))["event"]


@pytest.fixture
def lines(monkeypatch, capsys):
    """What the process prints as its log: libraries, and we ourselves."""
    printed = io.StringIO()
    (console,) = [each for each in logging.getLogger().handlers if isinstance(each.formatter, logs.Discreet)]
    monkeypatch.setattr(console, "stream", printed)
    return lambda: [json.loads(line) for line in (printed.getvalue() + capsys.readouterr().out).splitlines()]


def record(message, *args, **more):
    made = logging.LogRecord("test", logging.WARNING, __file__, 1, message, args, None)
    made.__dict__.update(more)
    return made


@requirement("SEC-04")
@pytest.mark.parametrize("text", [f"x {ID} y", f"编号{ID}。", f"{ID[:6]} {ID[6:14]} {ID[14:]}", f"tel:{PHONE}", "+86 139-8765-4321",
                                  f"({USCC})", f"{ID.lower()},{PHONE}"])
def test_numbers_of_people_and_firms_are_masked_wherever_they_stand(text, said_as):
    said = said_as(record("%s", text))
    assert ID[6:14] not in said and "8765" not in said
    assert USCC not in said and PHONE not in said


@pytest.mark.parametrize("text", ["11610117MB9A0001464000131980063202603020005", "2026-03-02T10:00:00", "1400000000000", "port 54321",
                                  "24000131980063"])
def test_other_numbers_stay(text):
    assert conceal(text) == text


@requirement("SEC-04")
def test_of_a_request_the_route_is_named_and_never_the_address(said_as):
    known = RequestFactory().get(f"/services/{ID}/")
    known.resolver_match = resolve(known.path)
    assert said_as(record("%s: %s", "Not Found", known.path, request=known)) == "Not Found: /services/<str:code>/"
    lost = RequestFactory().get("/鸣示例的秘密/")
    for asked in (lost.path, lost.path.encode("unicode_escape").decode()):
        assert said_as(record("%s: %s", "Not Found", asked, request=lost)) == f"Not Found: {logs.NOWHERE}"


@requirement("SEC-04")
def test_a_quoted_row_of_a_failed_statement_is_left_out_of_a_traceback():
    message = 'null value in column "x"\nDETAIL:  Failing row contains (1, 鸣示例,\n藏身路9号).\nCONTEXT:  COPY x, line 1: "藏身路"'
    def fail():
        raise ValueError(message)

    try:
        fail()
    except ValueError:
        said = json.loads(logs.Discreet().format(record("failed", exc_info=sys.exc_info())))["exception"]
    assert "Traceback" in said and 'null value in column "x"' in said
    assert "藏身路" not in said and "鸣示例" not in said


def test_what_we_log_ourselves_passes_the_same_way():
    assert logs.discreet(None, "warning", {"event": "e", "exception": f"bad {PHONE}", "count": 3}) == {
        "event": "e", "exception": "bad 139****4321", "count": 3}


def test_what_libraries_say_is_one_line_of_json_like_ours_and_a_line_cannot_be_forged():
    forged = 'x\n{"event": "all is well"}\r\x1b[2J'
    written = logs.Discreet().format(record("%s", forged, name="django.request"))
    said = json.loads(written)
    assert not re.search(r"[\x00-\x1f]", written)
    assert (said["event"], said["logger"], said["level"]) == (forged, "django.request", "warning")
    assert datetime.fromisoformat(said["timestamp"]).utcoffset().total_seconds() == 0
    assert set(said) == {"event", "logger", "level", "timestamp"}


def test_logs_go_to_the_output_of_the_process_and_nowhere_else():
    server = json.loads((ROOT / "tongban/config/granian.json").read_text())
    every = [*settings.LOGGING["handlers"].values(), *server["handlers"].values()]
    assert {each["class"] for each in every} == {"logging.StreamHandler"}
    assert {each["formatter"] for name, each in (settings.LOGGING["handlers"] | server["handlers"]).items() if name == "console"} <= {
        "discreet", "generic"}
    assert {each["()"] for each in (settings.LOGGING["formatters"]["discreet"], server["formatters"]["generic"])} == {
        "tongban.config.logs.Discreet"}
    elsewhere = re.compile(r"FileHandler|SysLogHandler|SocketHandler|HTTPHandler|SMTPHandler|import syslog|WriteLogger")
    assert [place for place, text in OURS.items() if elsewhere.search(text)] == []


def test_each_line_of_ours_is_in_the_list_of_what_is_logged():
    listed = set(re.findall(r"^\| `(\w+)`", (ROOT / "docs/operations/logs.md").read_text(), re.MULTILINE))
    said = {node.args[0].value for text in OURS.values() for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Call) and re.fullmatch(r"log\.(debug|info|warning|error|exception|critical)", dotted(node.func))}
    signer = {node.args[0].value for node in ast.walk(ast.parse(OURS["tongban/config/signer.py"])) if isinstance(node, ast.Call)
              and dotted(node.func) == "tell"}
    assert said | signer == listed


@requirement("SEC-04")
@pytest.mark.parametrize("address", ["/crash/", "/api/crash/"])
def test_an_unexpected_error_is_logged_with_its_trace_and_without_numbers_of_people(db, lines, address):
    with override_settings(ROOT_URLCONF=sys.modules[__name__]):
        answer = Client(raise_request_exception=False, SERVER_NAME="127.0.0.1").get(address)
    assert answer.status_code == 500
    printed = lines()
    (said,) = [line for line in printed if "planned" in str(line)]
    assert "Traceback" in said["exception"] and "in crash" in said["exception"]
    assert said["level"] == "error" and said["timestamp"]
    assert PHONE not in str(printed) and PHONE not in answer.content.decode()


@pytest.mark.parametrize(("told", "address", "sent", "host"), [
    ("Forbidden", "/sign-in/", {"login": PHONE}, "127.0.0.1"), ("Invalid HTTP_HOST header", f"/services/{PHONE}/", None, "evil.example")])
def test_a_form_without_its_token_and_a_site_we_are_not_leave_a_line(db, lines, told, address, sent, host):
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False, SERVER_NAME=host)
    answer = browser.get(address) if sent is None else browser.post(address, sent)
    assert answer.status_code in (400, 403)
    printed = lines()
    assert [line["level"] for line in printed if line["event"].startswith(told)]
    assert PHONE not in str(printed)
