"""What a log says: the route and not the address, no number of a person, no row that a database error quotes."""

import logging
import sys

import pytest
from django.test import RequestFactory
from django.urls import resolve

from tests.requirements import requirement
from tongban.config import logs
from tongban.kernel.codes import conceal, id_check_character, make_uscc

ID = "51160219900101123" + id_check_character("51160219900101123")
USCC = make_uscc("9", "2", "511602", "MA123456")
PHONE = "13987654321"


@pytest.fixture
def said_as():
    return logs.Discreet("%(message)s").format


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
    for path in (lost.path, lost.path.encode("unicode_escape").decode()):
        assert said_as(record("%s: %s", "Not Found", path, request=lost)) == f"Not Found: {logs.NOWHERE}"


@requirement("SEC-04")
def test_a_quoted_row_of_a_failed_statement_is_left_out_of_a_traceback(said_as):
    message = 'null value in column "x"\nDETAIL:  Failing row contains (1, 鸣示例,\n藏身路9号).\nCONTEXT:  COPY x, line 1: "藏身路"'
    def fail():
        raise ValueError(message)

    try:
        fail()
    except ValueError:
        said = said_as(record("failed", exc_info=sys.exc_info()))
    assert "Traceback" in said and 'null value in column "x"' in said
    assert "藏身路" not in said and "鸣示例" not in said


def test_what_we_log_ourselves_passes_the_same_way():
    assert logs.discreet(None, "warning", {"event": "e", "exception": f"bad {PHONE}", "count": 3}) == {
        "event": "e", "exception": "bad 139****4321", "count": 3}
