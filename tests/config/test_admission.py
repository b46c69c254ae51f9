"""Who is served when not everyone can be: what cannot wait goes first, whoever is turned away is told when to return."""

import io
import json
import threading
from wsgiref.util import setup_testing_defaults

import pytest

from tests.access.routes import routes
from tongban.config import admission, capacity
from tongban.config.admission import INTERVAL_SECONDS, TARGET_SECONDS, Line, Rank, rank_of

PATHS = {Rank.VERIFY: "/verify/A/", Rank.SUBMIT: "/drafts/A/check/", Rank.DESK: "/desk/", Rank.STATUS: "/me/",
         Rank.BROWSE: "/search/"}


class House:
    """An application with one place that waits until it is told to answer, and a clock that stands."""

    def __init__(self, *, limit=10, places=1):
        self.now, self.places, self.served, self.begun, self.go = 0.0, places, [], [], threading.Semaphore(0)
        self.line = Line(self._application, places=places, limit=limit, now=lambda: self.now)
        self.asked = []

    def _application(self, environ, start_response):
        self.served.append(environ["PATH_INFO"])
        self.begun.append(id(environ))
        self.go.acquire()
        body = environ["wsgi.input"].read() if environ.get("CONTENT_LENGTH") else b"ok"
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [body]

    def ask(self, path, **environ):
        """Ask in a thread of its own; comes back when the request is served, was answered, or stands behind one being served."""
        asked = Asked(self, path, environ)
        self.asked.append(asked)
        asked.start()
        while asked.is_alive() and id(asked.environ) not in {*self.begun, *(self._standing() if len(self.begun) >= self.places else ())}:
            threading.Event().wait(0.001)
        return asked

    def _standing(self):
        return [id(turn.environ) for turns in self.line._waiting.values() for turn in list(turns)]

    def finish(self):
        for _ in range(1000):
            self.go.release()
        for each in self.asked:
            each.join()
        return self.asked


class Asked(threading.Thread):
    def __init__(self, house, path, environ):
        super().__init__(daemon=True)
        self.house, self.answer = house, ()
        self.environ = {"PATH_INFO": path, "REMOTE_ADDR": f"10.0.0.{len(house.asked)}", **environ}
        setup_testing_defaults(self.environ)

    def run(self):
        told = []
        body = b"".join(self.house.line(self.environ, lambda status, headers: told.extend([status, dict(headers)])))
        self.answer = (int(told[0][:3]), told[1], body)

    @property
    def status(self):
        self.join()
        return self.answer[0]


@pytest.fixture
def house():
    made = House()
    yield made
    made.finish()


def test_every_route_has_the_rank_of_what_it_is_for():
    values = {"code": "A", "number": "N", "key": 1, "token": "t", "mode": "elder", "name": "n", "step": "s",
              "kind": "k", "material": 1, "account": 1, "act": "x"}
    found = {}
    for name, route in routes().items():
        path = route.at({each: values.get(each, 1) for each in route.parameters})
        for prefix in ("", "/en") if not name.startswith(("api:", "scim:", "gateway:")) else ("",):
            found.setdefault(rank_of({"REQUEST_METHOD": "GET", "PATH_INFO": prefix + path}), set()).add(name)
    assert set(found[Rank.VERIFY]) == {"portal:verify", "portal:verify_form", "api:licence", "api:health",
                                                     "api:readyz"}
    assert {name.partition(":")[0] for name in found[Rank.DESK]} == {"counter", "oversight", "scim", "gateway"}
    assert {"portal:start", "portal:draft", "portal:question", "portal:check", "portal:sign_in", "portal:stay"} <= found[Rank.SUBMIT]
    assert {"portal:status", "portal:case", "portal:matters", "api:case"} <= found[Rank.STATUS]
    assert {"portal:home", "portal:search", "portal:services", "portal:guide", "api:items"} <= found[Rank.BROWSE]
    assert sum(map(len, found.values())) == len(routes())


@pytest.mark.parametrize(("method", "path", "rank"), [
    ("POST", "/cases/N/corrections/", Rank.SUBMIT), ("POST", "/api/v1/cases", Rank.SUBMIT),
    ("POST", "/status/", Rank.STATUS), ("POST", "/en/status/", Rank.STATUS), ("POST", "/en/reviews/t/", Rank.SUBMIT)])
def test_acting_on_a_case_ranks_with_applying_and_looking_up_does_not(method, path, rank):
    assert rank_of({"REQUEST_METHOD": method, "PATH_INFO": path}) is rank


def test_those_in_line_are_served_in_the_order_of_what_cannot_wait(house):
    house.ask("/first/")
    for rank in sorted(Rank, reverse=True):
        house.ask(PATHS[rank])
    house.finish()
    assert house.served == ["/first/", *(PATHS[rank] for rank in Rank)]
    assert [each.status for each in house.asked] == [200] * 6


def test_a_full_line_gives_the_place_of_who_matters_least_to_who_matters_more(house):
    house.ask("/first/")
    browsing = [house.ask("/search/") for _ in range(10)]
    checking = house.ask("/verify/A/")
    assert browsing[-1].status == 503
    assert house.ask("/search/").status == 503
    house.finish()
    assert checking.status == 200 and [each.status for each in browsing] == [200] * 9 + [503]
    assert house.served[1] == "/verify/A/"


def test_a_line_full_of_what_cannot_wait_turns_more_of_it_away_and_nothing_breaks(house):
    house.ask("/first/")
    checking = [house.ask("/verify/A/") for _ in range(12)]
    house.finish()
    assert sorted(each.status for each in checking) == [200] * 10 + [503] * 2


def test_a_line_that_stays_slow_shuts_the_door_class_by_class_and_opens_it_again():
    house = House(limit=20)
    house.ask("/first/")
    waiting = {rank: house.ask(PATHS[rank]) for rank in Rank}
    shut = []
    for _ in range(8):
        house.now += TARGET_SECONDS + INTERVAL_SECONDS
        house.ask("/api/v1/readyz")
        shut.append(house.line.shut)
    assert shut == [5, 4, 3, 2, 1, 1, 1, 1]
    assert [waiting[rank].status for rank in sorted(Rank, reverse=True)[:-1]] == [503] * 4
    assert house.ask("/me/").status == 503
    house.finish()
    assert waiting[Rank.VERIFY].status == 200
    house.now += INTERVAL_SECONDS
    assert [house.ask("/verify/A/").status, house.line.shut] == [200, Rank.SUBMIT + 1]
    house.now += INTERVAL_SECONDS * len(Rank)
    assert house.ask("/search/").status == 200, "a door that nobody came to meanwhile is open again"


def test_a_burst_that_passes_shuts_nothing(house):
    house.ask("/first/")
    house.ask("/search/")
    house.now += TARGET_SECONDS * 2
    house.ask("/verify/A/")
    house.finish()
    house.now += INTERVAL_SECONDS * 2
    assert house.ask("/search/").status == 200
    assert house.line.shut == len(Rank)


def test_one_address_alone_cannot_fill_the_line(house):
    house.ask("/first/")
    flood = [house.ask("/search/", REMOTE_ADDR="10.9.9.9") for _ in range(8)]
    assert [each.status for each in flood if each.answer] == [429, 429]
    other = house.ask("/search/")
    house.finish()
    assert other.status == 200


@pytest.mark.parametrize(("path", "kind", "words"), [
    ("/search/", "text/html; charset=utf-8", "人太多"), ("/en/search/", "text/html; charset=utf-8", "Too many people"),
    ("/api/v1/items", "application/problem+json", "overloaded")])
def test_who_is_turned_away_learns_why_and_when_to_come_back(house, path, kind, words):
    house.line.shut = Rank.BROWSE
    house.line._since = house.now
    asked = house.ask(path)
    assert asked.status == 503
    _, headers, body = asked.answer
    assert headers["Content-Type"] == kind and words in body.decode() and headers["Cache-Control"] == "no-store"
    assert 1 <= int(headers["Retry-After"]) <= 60 and int(headers["Content-Length"]) == len(body) < 2000
    assert headers["X-Content-Type-Options"] == "nosniff" and "default-src 'none'" in headers["Content-Security-Policy"]
    if kind.endswith("json"):
        assert json.loads(body)["status"] == 503


class Slow(io.BytesIO):
    """A body that comes when it is let in."""

    def __init__(self, body, gate):
        super().__init__(body)
        self.gate = gate

    def read(self, size=-1):
        self.gate.wait()
        return super().read(size)


def test_a_slow_sender_holds_no_place(house):
    gate = threading.Event()
    sending = Asked(house, "/drafts/A/check/", {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "5", "wsgi.input": Slow(b"words", gate)})
    house.asked.append(sending)
    sending.start()
    house.go.release()
    assert house.ask("/search/").status == 200
    gate.set()
    house.go.release()
    assert (sending.status, sending.answer[2]) == (200, b"words")


@pytest.mark.parametrize(("length", "body", "status"), [
    (str(capacity.LARGEST_BODY + 1), b"", 413), ("-1", b"", 413), ("²", b"", 413), ("9" * 40, b"", 413), ("5", b"ab", 400)])
def test_a_body_that_is_too_large_or_breaks_off_is_refused_at_the_door(house, length, body, status):
    asked = house.ask("/drafts/A/check/", REQUEST_METHOD="POST", CONTENT_LENGTH=length, **{"wsgi.input": io.BytesIO(body)})
    assert (asked.status, house.served) == (status, [])


def test_an_application_that_breaks_is_no_500(monkeypatch):
    def broken(environ, start_response):
        raise RuntimeError

    house = House()
    house.line = Line(broken, places=1, limit=2)
    assert house.ask("/search/").status == 503


def test_an_application_that_ends_its_thread_takes_no_place_away():
    def ending(environ, start_response):
        if environ["PATH_INFO"] == "/services/":
            raise SystemExit
        start_response("200 OK", [])
        return [b"ok"]

    house = House()
    house.line = Line(ending, places=1, limit=2)
    assert [house.ask(path).status for path in ("/services/", "/search/")] == [503, 200]


def test_the_server_has_threads_for_those_served_those_waiting_and_those_turned_away():
    assert capacity.SERVER_THREADS > capacity.PLACES + capacity.LINE
    assert admission.Line(None, places=capacity.PLACES, limit=capacity.LINE).limit == capacity.LINE
