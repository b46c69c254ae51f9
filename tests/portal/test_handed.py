"""Files leave by an address that opens for one minute, to the browser that was let through, and runs nothing."""

import hashlib
import os

import pytest
from django.test import Client
from django.urls import reverse

from tests import journeys
from tests.portal.test_signed_in_pages import browser
from tests.requirements import requirement
from tongban.documents import clients
from tongban.documents.types import Folder
from tongban.kernel import clock
from tongban.web import handing
from tongban.web.handing import FileAddressOver, Handed

READER = "127.0.0.1 Browser/1"


@pytest.fixture
def let_through(db):
    """A person's file and the address they were sent on to."""
    person = journeys.citizen()
    kept = journeys.act(person, journeys.picture_of, party=person.party, name="平面图.png")
    answer = browser(person).get(reverse("portal:file", args=[kept.id]), headers={"User-Agent": "Browser/1"})
    assert (answer.status_code, answer["Cache-Control"], answer.content) == (303, "no-store", b"")
    return answer["Location"]


def asked(where, browser_name="Browser/1", **extra):
    return Client(headers={"User-Agent": browser_name}).get(where, **extra)


@requirement("MAT-05")
def test_a_file_comes_without_any_cookie_as_an_attachment_that_may_run_nothing(let_through):
    answer = asked(let_through)
    assert (answer.status_code, answer.content) == (200, journeys.PNG)
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["Content-Security-Policy"] == handing.POLICY
    assert "sandbox;" in handing.POLICY and "default-src 'none'" in handing.POLICY
    assert (answer["Cache-Control"], answer["X-Content-Type-Options"], answer["Content-Type"]) == ("no-store", "nosniff", "image/png")
    assert answer.cookies == {}


def test_the_address_names_neither_file_nor_reader(let_through):
    sealed = let_through.removeprefix("/files/out/").rstrip("/")
    for told in ("平面图", "Browser", "127.0.0.1", hashlib.sha256(journeys.PNG).hexdigest()):
        assert told not in sealed


@pytest.mark.parametrize("other", [{"browser_name": "Browser/2"}, {"REMOTE_ADDR": "198.51.100.7"}])
def test_it_opens_for_no_other_browser(let_through, other):
    assert asked(let_through, **other).status_code == 404


def test_one_changed_letter_opens_nothing(let_through):
    place = let_through.index("/out/") + 30
    changed = let_through[:place] + ("A" if let_through[place] != "A" else "B") + let_through[place + 1:]
    assert asked(changed).status_code == 404
    for nonsense in ("x", "A" * 5000, "%00", "=" * 40, os.urandom(30).hex()):
        assert asked(f"/files/out/{nonsense}/").status_code == 404


@pytest.mark.parametrize(("age", "opens"), [(0, True), (59, True), (61, False), (-5, False), (86400, False)])
def test_it_opens_for_a_minute_and_not_before_it_was_made(age, opens):
    made = clock.of_this_machine().timestamp()
    sealed = handing.address(Handed(Folder.FILES, "0" * 64, "0" * 64, b"0" * 32, "x.png", "image/png", made + handing.SECONDS), READER)
    if opens:
        assert handing.opened(sealed, READER, made + age).name == "x.png"
    else:
        with pytest.raises(FileAddressOver):
            handing.opened(sealed, READER, made + age)


def test_only_the_guarded_page_gives_the_address(db):
    person, stranger = journeys.citizen(), journeys.citizen()
    kept = journeys.act(person, journeys.picture_of, party=person.party, name="x.png")
    assert browser(stranger).get(reverse("portal:file", args=[kept.id])).status_code == 404
    assert Client().get(reverse("portal:file", args=[kept.id])).status_code == 401


def test_a_file_that_changed_in_the_store_is_not_handed_out(let_through, monkeypatch, tmp_path):
    digest = hashlib.sha256(journeys.PNG).hexdigest()
    folder = tmp_path / digest[:2]
    folder.mkdir()
    (folder / digest).write_bytes(journeys.PNG + b"!")
    monkeypatch.setattr(clients, "store", lambda _: clients.FolderStore(tmp_path))
    assert asked(let_through).status_code == 503
