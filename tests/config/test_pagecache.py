"""Pages for everyone come from the shelf; whatever is somebody's never does (architecture 5)."""

import gzip
from wsgiref.util import setup_testing_defaults

import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st

from tests import journeys
from tests.access.routes import routes
from tests.requirements import requirement
from tongban.catalogue import actions, queries
from tongban.config import pagecache
from tongban.identity.actions import open_session
from tongban.kernel import database
from tongban.kernel.types import Channel, System

GUIDE = "food-operation-gaoling"
PAGE = b"<!doctype html><title>x</title>"
HTML = [("Content-Type", "text/html; charset=utf-8")]


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


class House:
    """An application behind its shelf, with the number of requests it had to answer itself."""

    def __init__(self, application, *, ask=pagecache.edition, limit=10**7) -> None:
        self.drawn, self.clock, self._application = 0, Clock(), application
        self.shelf = pagecache.Shelf(limit, ask, self.clock)
        self._cached = pagecache.cached(self._counted, self.shelf)

    def _counted(self, environ, start_response):
        self.drawn += 1
        return self._application(environ, start_response)

    def get(self, path, query="", **headers):
        """Status, headers and body of an answer; a second passes before."""
        self.clock.at += 1.1
        environ = {"PATH_INFO": path, "QUERY_STRING": query, **headers}
        setup_testing_defaults(environ)
        answer = []
        body = b"".join(self._cached(environ, lambda status, found, exc=None: answer.extend([status, dict(found)])))
        return answer[0][:3], answer[1], body


@pytest.fixture
def house(db):
    with database.serving("worker"):
        yield House(get_wsgi_application())


def answering(status="200 OK", headers=(), body=PAGE):
    def application(environ, start_response):
        start_response(status, [*HTML, *headers])
        return [body]
    return application


def guide_path() -> str:
    return f"/services/{queries.code_of(GUIDE)}/"


def test_a_page_is_drawn_once_for_everyone(house):
    first = house.get(guide_path())
    again = house.get(guide_path())
    assert (first[0], again[0], house.drawn) == ("200", "200", 1)
    assert first[2] == again[2] and "餐饮".encode() in again[2]
    assert set(first[1]) - {"Vary", "Content-Length", "Cache-Control"} <= set(again[1])
    packed = house.get(guide_path(), HTTP_ACCEPT_ENCODING="gzip, br")
    assert gzip.decompress(packed[2]) == again[2] and packed[1]["Content-Encoding"] == "gzip"
    assert house.get(guide_path(), HTTP_IF_NONE_MATCH=again[1]["ETag"])[::2] == ("304", b"")
    assert house.drawn == 1


def test_language_look_area_and_situation_have_pages_of_their_own(house):
    pages = {house.get(*asked)[2] for asked in (("/",), ("/en/",))}
    pages |= {house.get("/", HTTP_COOKIE=cookie)[2] for cookie in ("mode=elder", "mode=contrast", "region=610117000000")}
    pages |= {house.get(guide_path(), query)[2] for query in ("", "situation=restaurant", "situation=canteen")}
    assert len(pages) >= 7
    assert house.get("/", HTTP_COOKIE="mode=elder")[2] != house.get("/")[2]


@requirement("POR-05")
def test_what_is_published_shows_at_once(house):
    before = house.get(guide_path())[2]
    with database.atomic():
        actions.suspend_item(System(name="tester"), code=queries.code_of(GUIDE))
    after = house.get(guide_path())[2]
    with database.atomic():
        actions.resume_item(System(name="tester"), code=queries.code_of(GUIDE))
    assert after != before
    assert house.get(guide_path())[2] == before


def test_the_edition_rises_with_what_the_public_sees_and_with_nothing_else(house):
    first = queries.edition()
    with database.serving("owner"):
        database.execute("update catalogue_item set demand = demand + 1")
        assert queries.edition() == first
        database.execute("update catalogue_item set name = name where slug = %s", [GUIDE])
    assert queries.edition() == first + 1


@requirement("POR-05")
def test_the_rest_is_a_minute_old_at_most(house):
    house.get("/")
    house.clock.at += pagecache.KEEP_SECONDS
    house.get("/")
    assert house.drawn == 2


def test_someone_signed_in_is_never_shown_to_another(house):
    token = open_session(account=journeys.citizen().account, channel=Channel.WEB)
    mine = house.get("/", HTTP_COOKIE=f"{settings.SESSION_COOKIE_NAME}={token}")
    anyone = house.get("/")
    mine_again = house.get("/", HTTP_COOKIE=f"{settings.SESSION_COOKIE_NAME}={token}")
    assert b"/me/" in mine[2] and b"/sign-out/" in mine[2] and "ETag" not in mine[1]
    assert b"/sign-out/" not in anyone[2] and b"csrf" not in anyone[2]
    assert b"/sign-out/" in mine_again[2] and house.drawn == 3


KEPT = {"portal:home", "portal:services", "portal:listed_services", "portal:guide", "portal:notice", "portal:accessibility",
        "portal:open_data", "portal:answering"}


def test_only_pages_for_everyone_are_ever_kept():
    values = {"code": "11610117MB9A0001464000131022001", "number": "N1", "key": 1, "token": "t", "mode": "elder",
              "name": "start", "step": "s", "kind": "receipt", "material": 1, "account": 1, "act": "x"}
    kept = {name for name, route in routes().items()
            if pagecache.key_of({"REQUEST_METHOD": "GET", "PATH_INFO": route.at(
                {each: values.get(each, 1) for each in route.parameters})})}
    assert kept == KEPT


@given(path=st.sampled_from(["/", "/en/", "/services/", "/services/A1/", "/services/A1/notice/"]),
       query=st.text(max_size=40), others=st.dictionaries(st.sampled_from(["mode", "region", "csrf", "x"]),
                                                        st.text("abc019;=", max_size=12)))
def test_no_request_with_a_session_has_a_key(path, query, others):
    cookies = [f"{name}={value}" for name, value in others.items()]
    asked = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query}
    for place in range(len(cookies) + 1):
        written = [*cookies[:place], f"{settings.SESSION_COOKIE_NAME}=secret", *cookies[place:]]
        assert pagecache.key_of({**asked, "HTTP_COOKIE": "; ".join(written)}) is None
    assert pagecache.key_of({**asked, "HTTP_AUTHORIZATION": "Bearer x"}) is None
    assert pagecache.key_of({**asked, "REQUEST_METHOD": "POST"}) is None


@pytest.mark.parametrize("query", ["q=1", "situation=a&situation=b", "situation=a&x=1", "situation=" + "a" * 300, "&&"])
def test_other_questions_are_for_django(query):
    assert pagecache.key_of({"REQUEST_METHOD": "GET", "PATH_INFO": "/services/A1/", "QUERY_STRING": query}) is None


@pytest.mark.parametrize(("status", "headers"), [
    ("200 OK", [("Set-Cookie", "csrf=1")]), ("200 OK", [("Cache-Control", "no-store")]), ("404 Not Found", []),
    ("500 Internal Server Error", []), ("303 See Other", [("Location", "/")]), ("200 OK", [("Content-Type", "text/plain")]),
])
def test_what_is_not_a_page_for_everyone_is_not_kept(status, headers):
    house = House(answering(status, headers), ask=lambda: "1")
    for _ in range(3):
        assert house.get("/")[2] == PAGE
    assert house.drawn == 3


def test_a_page_drawn_across_a_change_is_not_kept():
    edition = ["1"]

    def changing(environ, start_response):
        edition[0] = "2"
        house.shelf.find(("", "", "", ""))
        house.clock.at += 2
        house.shelf.find(("", "", "", ""))
        return answering()(environ, start_response)

    house = House(changing, ask=lambda: edition[0])
    house.get("/")
    house.get("/")
    assert house.drawn == 2


def test_the_shelf_stays_within_its_limit():
    house = House(answering(body=PAGE * 20), ask=lambda: "1", limit=8000)
    for number in range(40):
        house.get(f"/services/A{number}/")
    drawn = house.drawn
    house.get("/services/A39/")
    assert house.drawn == drawn
    house.get("/services/A0/")
    assert house.drawn == drawn + 1
    assert sum(entry.size for entry in house.shelf._entries.values()) <= 8000


def test_pages_stay_while_the_database_is_away():
    reachable = [True]

    def ask():
        if reachable[0]:
            return "1"
        raise OperationalError("away")

    house = House(answering(), ask=ask)
    house.get("/")
    reachable[0] = False
    house.clock.at += 10 * pagecache.KEEP_SECONDS
    assert house.get("/")[2] == PAGE
    assert house.drawn == 1
    house.get("/en/")
    house.get("/en/")
    assert house.drawn == 3, "nothing new is kept meanwhile"
