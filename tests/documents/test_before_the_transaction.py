"""Slow work on files is done before the transaction begins, for callers who may come in, on every way in."""

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import translation
from psycopg.pq import TransactionStatus

from tests import journeys
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.queries import by_number, materials_of
from tongban.cases.types import CorrectionItem, Way
from tongban.catalogue import queries as catalogue
from tongban.documents import clients
from tongban.documents.types import Scan
from tongban.identity.actions import open_session
from tongban.identity.types import Role
from tongban.kernel import database, events
from tongban.kernel.types import Channel

SLUG = "food-operation-gaoling"
WAYS = ["materials", "corrections", "promised", "documents"]


class WatchingScanner:
    """Notes at every scan which database logins have a transaction open, in Django's books or in the server's."""

    def __init__(self):
        self.seen = []

    def scan(self, content):
        self.seen.append([each.alias for each in connections.all() if each.in_atomic_block or (
            each.connection and each.connection.info.transaction_status != TransactionStatus.IDLE)])
        return Scan(clean=True, simulated=True, scanner="watching")


@pytest.fixture
def person(db):
    return journeys.with_firm(journeys.citizen())


@pytest.fixture
def scanner(monkeypatch):
    """The scanner in use from now on."""
    watching = WatchingScanner()
    monkeypatch.setattr(clients, "scanner", lambda: watching)
    return watching


def place(person, way):
    """Where a file is posted on this way in, and under which name."""
    translation.activate("zh-hans")
    paper = next(each for each in catalogue.guide(catalogue.code_of(SLUG)).materials if not each.from_form)
    if way == "materials":
        return reverse("portal:materials", args=[journeys.new_draft(person, SLUG)]), f"m-{paper.code}"
    if way == "corrections":
        number = journeys.submitted(person, SLUG)
        clerk = journeys.officer(journeys.authority_of(SLUG), Role.RECEPTIONIST)
        journeys.act(clerk, cases.request_corrections, number=number,
                     items=[CorrectionItem(target=paper.code, name=paper.name, what="看不清")])
        return reverse("portal:corrections", args=[number]), f"m-{paper.code}"
    if way == "promised":
        number = journeys.promising(person, SLUG)
        code = next(each.code for each in materials_of(by_number(number).id) if each.way is Way.LATER)
        return reverse("portal:promised", args=[number]), f"m-{code}"
    return "/api/v1/documents", "file"


def send(actor, path, name, called="new.png"):
    """One picture posted by someone, or by no one known."""
    if path.startswith("/api/"):
        token = open_session(account=actor.account, channel=Channel.API) if actor else ""
        client = Client(headers={"authorization": f"Bearer {token}"})
    else:
        client = Client()
        if actor:
            client.cookies[settings.SESSION_COOKIE_NAME] = open_session(account=actor.account, channel=Channel.WEB)
    return client.post(path, {name: SimpleUploadedFile(called, journeys.PNG)})


def kept():
    return database.row("select count(*) from documents_document")[0]


@pytest.mark.parametrize("way", WAYS)
def test_no_transaction_is_open_while_a_file_is_examined(person, scanner, way):
    path, name = place(person, way)
    before = kept()
    scanner.seen.clear()
    sent = send(person, path, name)
    assert sent.status_code == (201 if way == "documents" else 303), sent.content.decode()
    assert scanner.seen == [[]]
    assert kept() == before + 1


@requirement("SEC-14")
@pytest.mark.parametrize("way", WAYS)
def test_a_file_that_bears_a_mark_of_secrecy_is_kept_out_on_every_way_in_and_noted(person, way):
    path, name = place(person, way)
    before = kept()
    sent = send(person, path, name, called="机密★5年.png")
    assert sent.status_code == (303 if way == "materials" else 422) and kept() == before
    assert way in {"documents", "materials"} or "涉密材料一律不能网上提交" in sent.content.decode()
    assert [each.payload["place"] for each in events.of_subject("secrecy") if each.actor == person.actor_id] == ["FILE_NAME"]


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_examined_for_someone_who_may_not_come_in(person, scanner, way):
    path, name = place(person, way)
    before = kept()
    scanner.seen.clear()
    assert send(None, path, name).status_code == 401
    assert send(journeys.officer(journeys.authority_of(SLUG), Role.RECEPTIONIST), path, name).status_code in (401, 403)
    assert scanner.seen == []
    assert kept() == before
