"""With every check in Python passed by: the database alone keeps strangers away from rows about people."""

from contextlib import contextmanager

import pytest
from django.db import DatabaseError, transaction

from tests.access.world import World
from tests.requirements import requirement
from tongban.kernel import database

pytestmark = pytest.mark.xdist_group("access")
BY_PARTY = {
    "cases_case": "applicant_id", "cases_draft": "applicant_id", "cases_material": "party", "cases_task": "party",
    "cases_correction": "party", "cases_decision": "party", "cases_stop": "party", "documents_document": "party",
    "identity_entity": "party_id", "kernel_disclosure": "party", "kernel_event": "party", "licences_change": "holder",
    "licences_licence": "holder_id", "messages_message": "party", "reviews_invitation": "party_id",
    "reviews_rectification": "party_id", "reviews_review": "party_id", "reviews_step": "party",
}
BY_AUTHORITY = {
    "cases_case": "authority_id", "cases_material": "authority", "cases_task": "authority",
    "cases_correction": "authority", "cases_decision": "authority", "cases_stop": "authority",
    "cases_word": "authority", "kernel_event": "authority", "licences_change": "issuer",
    "licences_licence": "issuer_id", "reviews_invitation": "authority_id", "reviews_rectification": "authority_id",
    "reviews_review": "authority_id", "reviews_step": "authority", "seals_stamp": "authority",
    "supervision_order": "authority_id", "supervision_signal": "authority_id", "supervision_step": "authority",
}


@contextmanager
def login(name, *, parties=(), authorities=(), account=None):
    """A login with a scope, as a forged request would have it."""
    with database.serving(name), database.acting(parties=parties, authorities=authorities, account=account):
        yield
        transaction.set_rollback(True, using=database.alias())


def counted(table, column, key):
    return database.row(f"select count(*) from {table} where {column} = %s", [key])[0]


def refused(sql, parameters=()):
    """Does the database refuse it?"""
    try:
        with transaction.atomic(using=database.alias()):
            touched = database.execute(sql, parameters)
    except DatabaseError as error:
        return type(error.__cause__ or error).__name__
    return "" if touched else "no rows"


@requirement("SEC-06")
@pytest.mark.parametrize(("table", "column"), BY_PARTY.items())
def test_a_citizen_sees_rows_of_their_parties_only(db, world: World, table, column):
    everything = counted(table, column, world.firm)
    assert everything, "the town has no such row"
    with login("citizen", parties=world.people["owner"].parties):
        assert counted(table, column, world.firm) == everything
    with login("citizen", parties=world.people["other"].parties):
        assert counted(table, column, world.firm) == 0
        assert database.row(f"select count(*) from {table} where not ({column} = any(%s))",
                            [list(world.people["other"].parties)])[0] == 0
    with login("citizen"):
        assert database.row(f"select count(*) from {table}")[0] == 0


@requirement("SEC-06")
@pytest.mark.parametrize(("table", "column"), BY_AUTHORITY.items())
def test_an_officer_sees_rows_of_their_authorities_only(db, world: World, table, column):
    here, away = (world.people[name].authorities for name in ("decision", "elsewhere"))
    everything = counted(table, column, here[0])
    assert everything, "the town has no such row"
    with login("officer", authorities=here):
        assert counted(table, column, here[0]) == everything
    with login("officer", authorities=away):
        assert counted(table, column, here[0]) == 0
    with login("officer"):
        assert database.row(f"select count(*) from {table}")[0] == 0


@pytest.mark.parametrize("table", sorted({*BY_PARTY, *BY_AUTHORITY, "identity_person", "kernel_disclosure"}))
def test_the_public_login_sees_no_row_about_anyone(db, world: World, table):
    with login("public", parties=[world.firm], authorities=world.people["decision"].authorities):
        told = refused(f"select from {table}")
        assert told in ("InsufficientPrivilege", "no rows")


def test_files_are_read_by_the_authorities_they_were_shared_with(db, world: World):
    known = world.things["file"]
    with login("officer", authorities=world.people["decision"].authorities):
        assert counted("documents_document", "id", known) == 1
    with login("officer", authorities=world.people["elsewhere"].authorities):
        assert counted("documents_document", "id", known) == 0
    with login("officer"):
        assert database.row("select count(*) from documents_document")[0] == 0


def test_drafts_are_no_business_of_officers(db, world: World):
    with login("officer", authorities=world.people["decision"].authorities):
        assert refused("select from cases_draft") == "InsufficientPrivilege"
        assert refused("select from messages_message") == "InsufficientPrivilege"
        assert refused("select from identity_person") == "InsufficientPrivilege"


COPIES = ("cases_case", "cases_draft", "cases_material", "cases_task", "documents_document", "kernel_event")


@pytest.mark.parametrize("table", COPIES)
def test_nobody_writes_rows_of_someone_else(db, world: World, table):
    """A row of the firm is copied as one's own and handed over to the firm again: the second is refused."""
    column = BY_PARTY[table]
    with login("citizen", parties=world.people["other"].parties):
        if table == "cases_draft":
            told = refused("insert into cases_draft (key, applicant_id, account_id, item_code, item_version, situation,"
                           " answers, materials, revision, created_at, updated_at, submitted_as) values ('x', %s, %s, "
                           "'i', 1, '', '', '[]', 0, kernel_now(), kernel_now(), '')",
                           [world.firm, world.people["other"].account])
            assert told == "InsufficientPrivilege"
        assert refused(f"update {table} set {column} = {column} where {column} = %s", [world.firm]) in (
            "no rows", "InsufficientPrivilege")
    with login("citizen", parties=world.people["owner"].parties):
        told = refused(f"update {table} set {column} = %s where {column} = %s",
                       [world.people["other"].parties[0], world.firm])
        assert told in ("InsufficientPrivilege", "CheckViolation")


def test_a_scope_does_not_outlive_its_transaction(db, world: World):
    with login("citizen", parties=[world.firm]):
        assert database.row("select count(*) from cases_case")[0] > 0
    with login("officer", authorities=world.people["decision"].authorities):
        assert database.row("select count(*) from cases_case")[0] > 0
    for role in ("citizen", "officer"):
        with database.serving(role):
            assert database.row("select current_setting('app.parties'), current_setting('app.reach'), current_setting('app.authorities')"
                                ) == ("{}",) * 3
            assert database.row("select count(*) from cases_case")[0] == 0


def test_an_officer_cannot_hand_a_case_to_another_authority(db, world: World):
    number, away = world.things["received"], world.people["elsewhere"].authorities[0]
    with login("officer", authorities=world.people["decision"].authorities):
        assert refused("update cases_case set authority_id = %s where number = %s",
                       [away, number]) == "InsufficientPrivilege"
        assert refused("insert into supervision_signal select * from supervision_signal limit 0") == "no rows"
    with login("officer", authorities=[away]):
        assert refused("update cases_case set state = 'ACCEPTED' where number = %s", [number]) == "no rows"
        assert refused("delete from cases_case where number = %s", [number]) == "InsufficientPrivilege"
