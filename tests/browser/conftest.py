"""A whole house for the browser: own database, web and worker processes, Debian's Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests import database as test_database
from tongban.config.cli import granian_command

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
PATIENCE = 600
"""Fifths of a second that a busy machine may take to open a house or to follow an act."""


class House:
    """Where the running house answers, and its database."""

    def __init__(self, address: str, database: str) -> None:
        self.address, self.database = address, database
        self.name = database.rsplit("/", 1)[1]

    def one(self, query: str, *parameters: object) -> object:
        """The first value of a query, asked as the owner."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            found = connection.execute(query, parameters).fetchone()
        return found[0] if found else None

    def wait_for(self, query: str, *parameters: object) -> object:
        """Ask until the answer is true; the worker does its part meanwhile."""
        for _ in range(PATIENCE):
            found = self.one(query, *parameters)
            if found:
                return found
            time.sleep(0.2)
        raise AssertionError(f"never came true: {query}")

    def set_clock(self, at: datetime) -> None:
        test_database.set_clock(self.database, at)


@pytest.fixture(scope="session")
def running(house: str) -> Iterator[House]:
    """The house in its own processes, on free ports, at Monday 2 March 2026, 10:00."""
    name = f"{house}_browser"
    test_database.clone(test_database.template_name(), name)
    url = test_database.owner_url(name)
    test_database.set_clock(url, MONDAY)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "DATABASE_URL": url, "TONGBAN_SITE": address, "TONGBAN_SEARCH": os.environ["TONGBAN_SEARCH"] + "_browser",
                   "TONGBAN_LEDGER": os.environ["TONGBAN_LEDGER"] + "_browser"}
    log = (Path(os.environ["TONGBAN_VAR"]) / f"{name}.log").open("w")
    processes = [
        subprocess.Popen([sys.executable, "-m", "tongban.config.cli", "worker"], env=environment, stdout=log,
                         stderr=log),
        subprocess.Popen(granian_command("127.0.0.1", port, 1), env=environment, stdout=log, stderr=log),
    ]
    try:
        _wait(address)
        yield House(address, url)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=30)
        log.close()
        shutil.rmtree(environment["TONGBAN_SEARCH"], ignore_errors=True)
        shutil.rmtree(environment["TONGBAN_LEDGER"], ignore_errors=True)
        test_database.drop(name)


def _wait(address: str) -> None:
    for _ in range(PATIENCE):
        try:
            with urllib.request.urlopen(f"{address}/sign-in/", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the house did not open")


@pytest.fixture(scope="module")
def chromium(house: str) -> Iterator[Browser]:
    """One browser for all journeys."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A paper to hand in."""
    path = tmp_path / "plan.png"
    Image.new("RGB", (400, 300), (200, 220, 240)).save(path)
    return path
