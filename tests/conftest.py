"""The test universe: real PostgreSQL through the application's roles, a clock that stands still, no network."""

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

ROOT = Path(__file__).resolve().parents[1]
os.environ["TONGBAN_TESTING"] = "1"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop stands in the thread that also asks the database
os.environ.setdefault("TONGBAN_VAR", str(ROOT / "var" / "test"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.config.settings")
NAME = f"test_{os.getpid()}"
os.environ["TONGBAN_SEARCH"] = str(Path(os.environ["TONGBAN_VAR"]) / "searches" / NAME)
os.environ["TONGBAN_LEDGER"] = str(Path(os.environ["TONGBAN_VAR"]) / "ledgers" / NAME)

from tests import database as test_database

with test_database.one_at_a_time():
    test_database.owner_url("postgres")

import django
from django.conf import settings

for alias in settings.DATABASES.values():
    alias["NAME"] = NAME
django.setup()

from django.core.management import call_command
from django.db import connections
from django.utils import translation

from tongban.counter import disclosing
from tongban.kernel import database, following, modes, parameters, sequencing

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


FOLDER: list[Path] = []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give every folder of tests a house of its own: a fresh clone, and nothing remembered of the one before."""
    if "house" not in getattr(item, "fixturenames", ()):
        return
    if FOLDER and FOLDER[0] != item.path.parent:
        for connection in connections.all():
            connection.close()
        test_database.clone(test_database.template_name(), NAME)
        shutil.rmtree(settings.SEARCH_INDEX, ignore_errors=True)
        shutil.rmtree(settings.LEDGER, ignore_errors=True)
        _forget()
    FOLDER[:] = [item.path.parent]


def _forget() -> None:
    """Empty every cache of the house and of what tests stand on: keys of rows begin anew in a fresh clone."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("tongban.", "tests.")):
            for value in vars(module).values():
                if hasattr(value, "cache_clear") and getattr(value, "__module__", "") == name:
                    value.cache_clear()
    disclosing._noted.clear()
    modes.forget()


@pytest.fixture(scope="session")
def house() -> Iterator[str]:
    """A fresh database of this test process with the reference data and samples; yields its name."""
    template = test_database.template_name()
    with test_database.one_at_a_time():
        if not test_database.exists(template):
            _build(template)
    test_database.clone(template, NAME)
    yield NAME
    for connection in connections.all():
        connection.close()
    test_database.drop(NAME)
    shutil.rmtree(settings.SEARCH_INDEX, ignore_errors=True)
    shutil.rmtree(settings.LEDGER, ignore_errors=True)


def _build(template: str) -> None:
    building = f"{template}_building"
    test_database.drop(building)
    test_database.bootstrap.prepare(Path(os.environ["TONGBAN_VAR"]), test_database.owner_url(building))
    for alias in connections.databases.values():
        alias["NAME"] = building
    call_command("migrate", database="owner", verbosity=0)
    with connections["owner"].cursor() as cursor:
        cursor.execute(test_database.CLOCK)
    _load_samples()
    for connection in connections.all():
        connection.close()
    for alias in connections.databases.values():
        alias["NAME"] = NAME
    with test_database.psycopg.connect(test_database.owner_url("postgres"), autocommit=True) as server:
        server.execute(f'alter database "{building}" rename to "{template}"')


def _load_samples() -> None:
    try:
        from tongban.config import samples
    except ImportError:
        return
    with database.serving("worker"):
        samples.load()


@pytest.fixture
def at(house: str) -> Iterator[Callable[[datetime | None], None]]:
    """Set the database's clock: `at(datetime(...))`; it stands at Monday 2 March 2026, 10:00 in Shanghai."""
    url = test_database.owner_url(house)
    test_database.set_clock(url, MONDAY)
    yield lambda moment: test_database.set_clock(url, moment)
    test_database.set_clock(url, None)


@pytest.fixture
def db(at: Callable[[datetime | None], None]) -> Iterator[None]:
    """The database with the worker's login as current one; what tests write stays, so they make their own rows."""
    parameters.forget()
    modes.forget()
    with database.serving("worker"):
        yield


@pytest.fixture
def catch_up(db: None) -> Callable[[], None]:
    """Give positions to all events and let every follower react until nothing moves."""

    def settle() -> None:
        with database.serving("worker"):
            sequencing.take_turn()
            while following.catch_up_all():
                sequencing.take_turn()

    return settle


@pytest.fixture(autouse=True)
def chinese_first() -> None:
    """Begin every test in Chinese, whatever the one before asked for."""
    translation.activate("zh-hans")


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if host not in {"127.0.0.1", "::1", "localhost", ""}:
            raise OSError(f"a test tried to reach {host}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", refuse)
