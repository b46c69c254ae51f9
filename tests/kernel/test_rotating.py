"""A new key for the node beside the running house: killed half way and gone on with, nothing lost, the old key gone."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests import database as test_database
from tests import journeys
from tests.identity.given import person
from tests.requirements import requirement
from tongban.cases.models import Case
from tongban.cases.queries import answers_of
from tongban.identity import actions
from tongban.identity import queries as identity
from tongban.identity.actions import register_person
from tongban.identity.errors import PersonKnown
from tongban.identity.types import Extent, Terms
from tongban.kernel import clock, database, rotating, vault
from tongban.kernel.crypto import keys
from tongban.kernel.crypto.fields import FieldNotReadable
from tongban.kernel.crypto.keys import KeyMissing, KeyPurpose
from tongban.kernel.crypto.wrapping import unwrap, wrap

ROOT = Path(__file__).resolve().parents[2]
SLOWLY = """
import sys, time
from pathlib import Path
import django
django.setup()
from django.conf import settings
from tongban.kernel import database, rotating
from tongban.kernel.types import System
settings.KEYS = Path(sys.argv[2])

def say(text):
    print(text, flush=True)
    time.sleep(0.2)

with database.serving("worker"):
    if sys.argv[1] == "field":
        rotating.change_field_key(System(name="keys"), say=say, batch=3)
    else:
        rotating.change_index_key(System(name="keys"), say=say, batch=3)
"""


@pytest.fixture
def ours(db, tmp_path, monkeypatch):
    """Keys of this test's own under which every party here is wrapped and indexed; those of the house stand again after it."""
    before = settings.KEYS
    first = keys.load_ring(before, KeyPurpose.FIELD)
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    for path in before.glob("*.key"):
        (folder / path.name).write_bytes(path.read_bytes())
        (folder / path.name).chmod(0o600)
    monkeypatch.setattr(settings, "KEYS", folder)
    database.execute("delete from kernel_rotation")
    vault.forget()
    yield folder
    last = keys.load_ring(folder, KeyPurpose.FIELD)
    for party, wrapped in database.rows("select party, wrapped from kernel_data_key where wrapped <> ''"):
        database.execute("update kernel_data_key set wrapped = %s, wrapped_by = %s where party = %s",
                         [wrap(first, party, unwrap(last, party, wrapped)), first.current.number, party])
    monkeypatch.setattr(settings, "KEYS", before)
    vault.forget()
    database.execute("delete from kernel_rotation")
    rotating.index_all(say=str)
    database.execute("delete from kernel_rotation")


def killed(purpose, folder, lines):
    """Begin the change in a process of its own and kill it after it said so many lines."""
    name = settings.DATABASES["owner"]["NAME"]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOWLY, purpose, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "DATABASE_URL": test_database.owner_url(name), "TONGBAN_TESTING": "1"})
    for _ in range(lines):
        assert process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=30) == -signal.SIGKILL
    process.stdout.close()
    vault.forget()


def under(number):
    return database.row("select count(*) from kernel_data_key where wrapped_by = %s", [number])[0]


@requirement("SEC-05")
def test_a_change_of_the_field_key_killed_half_way_is_gone_on_with_and_people_are_read_all_the_while(ours):
    who = person()
    old = keys.load_ring(ours, KeyPurpose.FIELD)
    killed("field", ours, 2)
    assert len(keys.load_ring(ours, KeyPurpose.FIELD).keys) == 2
    assert under(1) and under(2)
    assert identity.party(who.party).phone == who.phone
    meanwhile = person()
    assert identity.party(meanwhile.party).code == meanwhile.id_number
    rotating.change_field_key(journeys.TESTER, say=str)
    ring = keys.load_ring(ours, KeyPurpose.FIELD)
    assert [key.number for key in ring.keys] == [2]
    assert under(1) == 0
    assert identity.party(who.party).phone == who.phone
    assert identity.party(meanwhile.party).phone == meanwhile.phone
    wrapped, = database.row("select wrapped from kernel_data_key where party = %s", [who.party])
    with pytest.raises(KeyMissing):
        unwrap(old, who.party, wrapped)


def test_a_process_that_does_not_know_of_the_new_key_writes_nothing_under_the_old_one(ours):
    vault._ring(KeyPurpose.FIELD)
    ring = rotating._next(KeyPurpose.FIELD)
    stale = keys.KeyRing(purpose=KeyPurpose.FIELD, keys=ring.keys[:1])
    known = vault._found

    asked = []

    def forgetful(purpose, moment):
        asked.append(purpose)
        return stale if len(asked) == 1 else known(purpose, moment)

    forgetful.cache_clear = lambda: None
    vault._found = forgetful
    try:
        who = person()
    finally:
        vault._found = known
    assert database.row("select wrapped_by from kernel_data_key where party = %s", [who.party]) == (ring.current.number,)
    assert identity.party(who.party).phone == who.phone


@requirement("SEC-05", "IDN-03")
def test_while_the_index_key_changes_people_are_found_under_both_and_registered_once(ours):
    who = person()
    code = vault.query_code("case")
    first, = database.row("select id_number_index from identity_person where party_id = %s", [who.party])
    killed("index", ours, 1)
    assert len(vault.indexes("id_number", who.id_number)) == 2
    assert identity.party_by_id_number(who.id_number) == who.party
    meanwhile = person()
    assert identity.party_by_id_number(meanwhile.id_number) == meanwhile.party
    with pytest.raises(PersonKnown):
        register_person(journeys.TESTER, name="再来示例", id_number=who.id_number, phone="19900000000", region="511602000000")
    rotating.change_index_key(journeys.TESTER, say=str, look_seconds=0)
    assert [key.number for key in keys.load_ring(ours, KeyPurpose.INDEX).keys] == [2]
    for each in (who, meanwhile):
        assert identity.party_by_id_number(each.id_number) == each.party
    assert database.row("select count(*) from identity_person where id_number_index = %s", [first]) == (0,)
    assert vault.query_code("case") == code
    happened = database.row("select payload::text from kernel_event where name = 'NodeKeyChanged' order by id desc limit 1")
    assert '"index"' in happened[0]


@requirement("SEC-05")
def test_while_the_index_key_changes_nothing_is_made_that_may_stand_only_once_and_invitations_stay_good(ours):
    father, daughter = journeys.citizen("王老伯"), journeys.citizen("王小女")
    phone = identity.party(daughter.party).phone
    terms = Terms(extent=Extent.READ, items=(), valid_from=clock.today(), valid_to=clock.today())
    code = journeys.act(father, actions.offer_mandate, principal=father.party, name="王小女", phone=phone, terms=terms)
    rotating._next(KeyPurpose.INDEX)
    vault.forget()
    with pytest.raises(vault.KeysChanging):
        actions.ask_to_enrol(phone="13912345670", address="here")
    with pytest.raises(vault.KeysChanging):
        journeys.act(journeys.unproved(), actions.prove_by_data, name="钱示例", kind="111", number=journeys.new_id_number())
    rotating.change_index_key(journeys.TESTER, say=str, look_seconds=0)
    assert actions.ask_to_enrol(phone="13912345670", address="here").key
    assert journeys.act(daughter, actions.accept_mandate, code=code)


@requirement("SEC-04")
def test_a_party_whose_key_is_destroyed_cannot_be_read_and_everybody_else_can(db):
    gone, stays = journeys.with_firm(journeys.citizen()), person()
    number = journeys.submitted(gone, "food-operation-gaoling")
    events_before = database.row("select count(*), md5(string_agg(payload::text, ',' order by id)) from kernel_event where subject = %s",
                                 [number])
    firm = gone.entities[0]
    with database.atomic():
        assert vault.destroy_key(journeys.TESTER, party=firm)
    with pytest.raises(FieldNotReadable):
        identity.party(firm)
    with pytest.raises(FieldNotReadable):
        answers_of(Case.objects.get(number=number))
    assert identity.party(stays.party).phone == stays.phone
    assert database.row("select count(*), md5(string_agg(payload::text, ',' order by id)) from kernel_event where subject = %s",
                        [number]) == events_before
    assert not vault.destroy_key(journeys.TESTER, party=firm), "once is enough"
    assert database.row("select count(*) from kernel_event where name = 'PartyKeyDestroyed' and party = %s", [firm]) == (1,)
    assert database.row("select wrapped from kernel_data_key where party = %s", [firm]) == ("",)


def test_the_houses_own_key_and_the_key_in_use_cannot_be_destroyed(db, tmp_path):
    assert not vault.destroy_key(journeys.TESTER, party=vault.HOUSE)
    keys.ensure_ring(tmp_path, KeyPurpose.FIELD)
    with pytest.raises(keys.KeyInUse):
        keys.destroy(tmp_path, KeyPurpose.FIELD, 1)


def test_a_destroyed_key_file_is_gone_and_its_number_is_not_given_again(tmp_path):
    keys.ensure_ring(tmp_path, KeyPurpose.FIELD)
    keys.rotate(tmp_path, KeyPurpose.FIELD)
    keys.destroy(tmp_path, KeyPurpose.FIELD, 1)
    keys.destroy(tmp_path, KeyPurpose.FIELD, 1)
    assert [key.number for key in keys.load_ring(tmp_path, KeyPurpose.FIELD).keys] == [2]
    assert keys.rotate(tmp_path, KeyPurpose.FIELD).current.number == 3
