"""One way out: nobody but `kernel.outgoing` opens connections over the network."""

import ast

import pytest

from tests.architecture.reading import ROOT, Source, imports_of, sources

NETWORK = ("aiohttp", "asyncio.open_connection", "ftplib", "http.client", "httpx", "imaplib", "paramiko", "poplib", "requests",
           "smtplib", "socket", "socketserver", "ssl", "telnetlib", "urllib.request", "urllib3", "websockets", "xmlrpc")
ALLOWED = {
    "tongban.kernel.outgoing": "the way out itself",
    "tongban.config.cli": "asks whether a port of this machine is free before it listens there",
    "tongban.config.signer": "listens at a socket in a folder of this machine",
    "tongban.kernel.crypto.remote": "asks the signer at a socket in a folder of this machine",
    "tongban.config.embedded": "asks for a free port of this machine for its database",
}


def reaching_out(source: Source) -> set[str]:
    """What a file takes in that could call somebody."""
    taken = {*imports_of(source).values(), *(node.module for node in ast.walk(source.tree)
                                             if isinstance(node, ast.ImportFrom) and node.module)}
    return {name for name in taken if any(f"{name}.".startswith(f"{each}.") for each in NETWORK)}


def test_nobody_else_opens_connections():
    found = {source.module: names for source in sources() if (names := reaching_out(source))}
    assert set(found) - set(ALLOWED) == set(), found
    assert set(ALLOWED) - set(found) == set(), "these need it no more: take them off the list"


@pytest.mark.parametrize("line", ["import socket", "import urllib.request", "from urllib import request", "import httpx as h",
                                  "from http.client import HTTPSConnection", "from requests import get", "import smtplib"])
def test_a_planted_import_is_found(line):
    planted = Source(path=ROOT / "planted.py", module="tongban.planted", tree=ast.parse(line), lines=1)
    assert reaching_out(planted)


def test_reading_an_address_is_not_calling_it():
    planted = Source(path=ROOT / "planted.py", module="tongban.planted", lines=1,
                     tree=ast.parse("from urllib.parse import urlsplit\nfrom http import HTTPStatus\nimport socketless"))
    assert reaching_out(planted) == set()
