"""Files from outside come inside over one gate: looked at once more, kept as a copy, and held where anything is wrong."""

import base64
import hashlib
import json
import zipfile

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connections, transaction
from django.test.utils import CaptureQueriesContext

from tests import database as test_database
from tests import journeys
from tests.counter import given
from tests.documents import forging
from tests.documents.test_before_the_transaction import WatchingScanner
from tests.portal.test_signed_in_pages import browser
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.cases.types import CorrectionItem
from tongban.documents import access, actions, clients, errors, queries
from tongban.documents.rules.reading import CHARACTERS_MAX
from tongban.documents.types import Folder, Scan
from tongban.kernel import database, events, modes, vault
from tongban.kernel.crypto.fields import seal_bytes
from tongban.kernel.crypto.keys import new_secret
from tongban.kernel.modes import Mode
from tongban.kernel.types import Text

PLAN = "location-plan"


@pytest.fixture
def folders(db, tmp_path, monkeypatch):
    """The three folders, of this test's own."""
    made = {each: clients.FolderStore(tmp_path / each) for each in Folder}
    monkeypatch.setattr(clients, "store", made.__getitem__)
    return made


class Matter:
    """A case with a plan that its authority may read, and who brought it."""

    def __init__(self):
        self.person = journeys.with_firm(journeys.citizen())
        self.number = journeys.submitted(self.person, given.SITE)
        self.material = given.shared_file(self.number)
        self.clerk = given.clerk(given.SITE)
        self.path = f"/desk/{self.number}/files/{self.material}/"
        self.document, = database.row("select document_id from cases_material where id = %s", [self.material])

    def opened(self):
        return self.clerk.browser.get(self.path, follow=True)

    def held(self):
        """Is it held, as the officer learns it?"""
        answer = self.clerk.browser.get(self.path)
        page = self.clerk.get(f"/desk/{self.number}/")
        return answer["Location"] == f"/desk/{self.number}/" and page.says("未通过内网检查") and self.path not in (
            page.response.content.decode())

    def row(self, columns="gate"):
        return database.row(f"select {columns} from documents_document where id = %s", [self.document])

    def said(self):
        return [(name, json.loads(told)) for name, told in database.rows(
            "select name, payload::text from kernel_event where subject = %s and name in ('DocumentPassed', 'DocumentHeld') "
            "order by id", [f"document:{self.document}"])]


@pytest.fixture
def matter(folders):
    return Matter()


@pytest.fixture
def owner(house):
    with psycopg.connect(test_database.owner_url(house), autocommit=True) as connection:
        yield connection


def smuggle(owner, matter, content, **said):
    """What a house outside that was taken over may lay in its folder and say of it, where nothing was looked at."""
    party, = matter.row("party")
    secret, sha256 = new_secret(), said.get("sha256", hashlib.sha256(content).hexdigest())
    stored = clients.store(Folder.FILES).put(seal_bytes(secret, vault.HOUSE, queries.place(sha256), content))
    key = vault.seal("documents_document", "key", stored, base64.b64encode(said.get("secret", secret)).decode(), party=party)
    owner.execute("update documents_document set stored = %s, sha256 = %s, key = %s, media_type = %s, size = %s where id = %s",
                  [stored, sha256, key, said.get("media_type", "image/png"), said.get("size", len(content)), matter.document])
    return stored


BAD = {
    "infected": (forging.picture("PNG") + forging.EICAR, {}, "INFECTED"),
    "with a second file": (forging.picture("PNG") + forging.pdf(), {}, "TWO_TYPES"),
    "no type we take": (b"MZ" + b"\0" * 200, {}, "UNKNOWN_TYPE"),
    "another type": (forging.picture(), {}, "DAMAGED"),
    "another size": (journeys.PNG, {"size": 1}, "DAMAGED"),
    "another content": (journeys.PNG, {"sha256": "0" * 64}, "DAMAGED"),
    "another key": (journeys.PNG, {"secret": b"0" * 32}, "DAMAGED"),
    "with a mark": (forging.picture(comment="机密★5年".encode()), {"media_type": "image/jpeg"}, "MARKED"),
    "with too many words": (forging.package({"OFD.xml": forging.OFD, "Doc_0/Document.xml": forging.DOCUMENT, "Doc_0/p0.xml":
                                             f"<p><TextCode>{'a' * (CHARACTERS_MAX + 1)}</TextCode></p>"}, method=zipfile.ZIP_STORED),
                            {"media_type": "application/ofd"}, "TOO_MUCH_TEXT"),
}


@requirement("SEC-13")
def test_a_file_comes_over_once_and_only_the_copy_inside_is_read_from_then_on(matter, folders):
    assert matter.row() == ("",)
    assert matter.opened().content == journeys.PNG
    stored, = matter.row("stored")
    assert folders[Folder.INSIDE].get(stored) == folders[Folder.FILES].get(stored)
    folders[Folder.FILES]._place(stored).unlink()
    assert matter.opened().content == journeys.PNG
    assert (matter.row(), matter.said()) == (("PASSED",), [("DocumentPassed", {"document": matter.document, "simulated_scan": True})])


@requirement("SEC-13")
@pytest.mark.parametrize("kind", BAD)
def test_what_is_wrong_is_held_and_told_and_never_lies_inside(matter, folders, owner, kind):
    content, said, flaw = BAD[kind]
    stored = smuggle(owner, matter, content, **said)
    assert matter.held()
    assert matter.held()
    assert matter.row() == (flaw,)
    assert matter.said() == [("DocumentHeld", {"document": matter.document, "flaw": flaw, "simulated_scan": True})]
    assert not folders[Folder.INSIDE].holds(stored)
    assert "material:" not in str(given.reads_of(matter.number)), "nobody read it"


@requirement("SEC-14")
def test_a_mark_that_is_found_only_at_the_gate_is_noted_as_kept_out(matter, owner):
    content, said, _ = BAD["with a mark"]
    smuggle(owner, matter, content, **said)
    assert matter.held()
    assert matter.held()
    assert [(each.payload["mark"], each.payload["place"]) for each in events.of_subject("secrecy")
            if each.actor == matter.clerk.actor.actor_id] == [("state-star", "GATE")]


@requirement("SEC-13")
def test_whoever_brought_a_held_file_learns_it_cannot_hand_it_in_again_and_brings_another(matter, owner):
    smuggle(owner, matter, BAD["infected"][0])
    assert matter.held()
    mine = browser(matter.person)
    page = mine.get(f"/cases/{matter.number}/").content.decode()
    assert "不予打开" in page
    assert f"/files/{matter.document}/" not in page
    refused = mine.get(f"/files/{matter.document}/")
    assert refused.status_code == errors.FileHeld.status
    assert "请返回办件页面" in refused.content.decode() and "您填的都在" not in refused.content.decode()
    journeys.act(matter.clerk.actor, cases.request_corrections, number=matter.number,
                 items=[CorrectionItem(target=PLAN, name=Text(zh="图", en="Plan"), what="请另交一份")])
    path = f"/cases/{matter.number}/corrections/"
    assert mine.post(path, {f"attached-{PLAN}": str(matter.document)}).status_code == errors.FileHeld.status
    assert mine.post(path, {f"m-{PLAN}": SimpleUploadedFile("new.png", journeys.PNG)}).status_code == 303
    matter.material, = database.row("select id from cases_material where case_id = (select id from cases_case where number = %s) "
                                    "and code = %s and replaced_at is null", [matter.number, PLAN])
    assert matter.clerk.browser.get(f"/desk/{matter.number}/files/{matter.material}/", follow=True).content == journeys.PNG
    assert not matter.clerk.get(f"/desk/{matter.number}/").says("未通过内网检查")


@requirement("SEC-13")
def test_an_honest_file_for_which_the_machine_has_no_time_is_not_held_and_comes_over_later(matter, folders, monkeypatch):
    monkeypatch.setattr(clients, "INSPECTION_SECONDS", 0.001)
    assert matter.opened().status_code == 503
    assert (matter.row(), matter.said()) == (("",), [])
    monkeypatch.setattr(clients, "INSPECTION_SECONDS", 20)
    assert matter.opened().content == journeys.PNG
    assert matter.row() == ("PASSED",)


def test_what_is_missing_or_changed_in_the_store_is_not_held_and_comes_over_once_it_is_mended(matter, folders):
    stored, = matter.row("stored")
    place = folders[Folder.FILES]._place(stored)
    sealed = place.read_bytes()
    for broken in (b"", sealed[:-1] + bytes([sealed[-1] ^ 1])):
        place.write_bytes(broken)
        assert matter.opened().status_code == 503
    place.unlink()
    assert matter.opened().status_code == 503
    assert (matter.row(), matter.said()) == (("",), [])
    place.write_bytes(sealed)
    assert matter.opened().content == journeys.PNG


@requirement("SEC-13")
def test_a_copy_that_was_lost_inside_comes_over_anew_and_is_looked_at_anew(matter, folders, monkeypatch):
    assert matter.opened().status_code == 200
    place = folders[Folder.INSIDE]._place(matter.row("stored")[0])
    place.unlink()
    assert matter.opened().status_code == 200
    assert len(matter.said()) == 1
    place.unlink()
    monkeypatch.setattr(clients, "scanner", Knowing)
    assert matter.held()
    assert [name for name, _ in matter.said()] == ["DocumentPassed", "DocumentHeld"]
    assert not place.exists()


@requirement("SEC-13")
def test_a_copy_that_was_damaged_inside_comes_over_anew(matter, folders):
    assert matter.opened().status_code == 200
    stored, = matter.row("stored")
    for broken in (b"", b"x"):
        folders[Folder.INSIDE]._place(stored).write_bytes(broken)
        assert matter.opened().content == journeys.PNG
        assert folders[Folder.INSIDE].get(stored) == folders[Folder.FILES].get(stored)
    assert len(matter.said()) == 1


class Knowing:
    """A scanner that learned of something new."""

    def scan(self, content):
        return Scan(clean=False, simulated=False, scanner="knowing")


@requirement("SEC-13")
def test_another_row_over_the_same_bytes_passes_the_gate_by_itself(matter, folders, owner):
    """Sealed bytes may be made to open to two contents under two keys: what passed is a row, not what lies in a folder."""
    assert matter.opened().status_code == 200
    stored, = matter.row("stored")
    other = Matter()
    owner.execute("update documents_document set stored = %s where id = %s", [stored, other.document])
    with journeys.as_actor(other.clerk.actor):
        assert actions.waits_at_gate(queries.document(other.document))


@pytest.fixture
def read_only(db):
    modes.change(journeys.TESTER, mode=Mode.READ_ONLY, reason=Text(zh="升级"))
    yield
    modes.change(journeys.TESTER, mode=Mode.NORMAL)


def test_while_the_house_is_for_reading_only_the_gate_looks_and_notes_nothing(matter, folders, owner, read_only):
    assert matter.opened().content == journeys.PNG
    smuggle(owner, matter, BAD["infected"][0])
    assert matter.opened().status_code == errors.FileHeld.status
    assert (matter.row(), matter.said()) == (("",), [])


def test_no_transaction_is_open_while_the_gate_looks(matter, monkeypatch):
    watching = WatchingScanner()
    monkeypatch.setattr(clients, "scanner", lambda: watching)
    assert matter.opened().status_code == 200
    assert matter.opened().status_code == 200
    assert watching.seen == [[]]


def test_the_key_of_a_file_that_passed_is_fetched_once_for_each_reading(matter):
    assert matter.opened().status_code == 200
    with CaptureQueriesContext(connections["officer"]) as asked:
        assert matter.opened().status_code == 200
    assert len([each for each in asked if "key from documents_document" in each["sql"]]) == 1


def test_the_gate_looks_at_nothing_for_who_may_not_read_the_case(matter, monkeypatch):
    watching = WatchingScanner()
    monkeypatch.setattr(clients, "scanner", lambda: watching)
    stranger = given.officer(journeys.authority_of(given.PLAIN), *given.Role)
    assert stranger.browser.get(matter.path).status_code == 404
    assert browser(matter.person).get(matter.path).status_code == 403
    assert watching.seen == []


SAYING = ["update documents_document set gate = 'PASSED' where id = %(id)s", """
insert into documents_document (party, authorities, sha256, stored, key, name, media_type, size, kept_at, gate)
select party, authorities, sha256, stored, key, name, media_type, size, kept_at, 'PASSED' from documents_document where id = %(id)s"""]


@requirement("SEC-13")
@pytest.mark.parametrize("act", SAYING)
def test_nobody_outside_can_say_that_a_file_passed(matter, act):
    party, = matter.row("party")
    for login in ("citizen", "public"):
        with (database.serving(login), pytest.raises(DatabaseError, match="permission denied"),
              database.acting(parties=[party]), transaction.atomic(using=database.alias())):
            database.execute(act, {"id": matter.document})
    assert matter.row() == ("",)


def test_an_address_made_inside_opens_nothing_at_the_address_outside(matter):
    inside = matter.clerk.browser.get(matter.path)["Location"]
    assert inside.startswith("/desk/files/out/")
    assert matter.clerk.browser.get(inside.removeprefix("/desk")).status_code == 404
    mine = browser(matter.person)
    outside = mine.get(f"/files/{matter.document}/")["Location"]
    assert mine.get(f"/desk{outside}").status_code == 404
    assert mine.get(outside).content == journeys.PNG


@requirement("SEC-04")
def test_when_the_key_of_a_party_is_destroyed_the_copy_inside_is_noise_too(matter):
    assert matter.opened().status_code == 200
    assert vault.destroy_key(journeys.TESTER, party=matter.row("party")[0])
    with journeys.as_actor(matter.clerk.actor), pytest.raises(vault.Erased):
        queries.sealed(matter.document)


def test_what_the_house_makes_lies_in_a_folder_of_its_own_and_needs_no_gate(folders):
    made = actions.keep_made(journeys.TESTER, party=700_001, name="回执.pdf", content=b"%PDF-1.7 made for one of them")
    assert folders[Folder.MADE].holds(queries.sealed(made.id)[0])
    assert access.content(made.id) == b"%PDF-1.7 made for one of them"
    assert (access.inside(made), access.outside(made), actions.waits_at_gate(made)) == (Folder.MADE, Folder.MADE, False)
