"""What PostgreSQL itself refuses: strangers' rows, rights nobody gave, moves the law does not know."""

import re

import psycopg
import pytest
from django.db import DatabaseError, connections, transaction

from tests import database as test_database
from tests import journeys
from tests.requirements import requirement
from tongban.cases.types import MOVES, State
from tongban.identity.types import Role
from tongban.kernel import database
from tongban.kernel.schema import ROLES, role_name
from tongban.reviews import types as reviews
from tongban.supervision import types as supervision

PERSONAL = {
    "cases_case", "cases_correction", "cases_decision", "cases_draft", "cases_material", "cases_stop", "cases_task",
    "cases_view", "cases_word", "documents_document", "identity_entity", "identity_enrolment", "identity_new_phone", "identity_person",
    "identity_proofing_code", "kernel_disclosure",
    "identity_helping", "identity_mandate", "identity_factor", "identity_grant", "identity_link", "identity_staff",
    "kernel_event", "ledger_leaf", "licences_change", "licences_licence", "messages_delivery", "messages_message",
    "reviews_invitation",
    "reviews_rectification", "reviews_review", "reviews_step", "supervision_export",
    "supervision_export_file", "supervision_order", "supervision_signal",
    "supervision_step",
}
"""Tables with rows about people: row security is forced, and whoever holds a right has a policy."""

SETTING = re.compile(r"current_setting\('([a-z.]+)'")
SCOPES = {"cases_view": "app.account", "identity_helping": "app.account", "identity_factor": "app.account"}
"""Tables whose rows are an account's own, whatever its authority or parties."""

OPEN = {
    "authorities_authority": "what government publishes of itself",
    "authorities_region": "what government publishes of itself",
    "calendars_day": "the published calendar", "calendars_year": "the published calendar",
    "cases_move": "the law", "cases_sequence": "numbers given out a day",
    "catalogue_edition": "one number", "catalogue_form": "published", "catalogue_item": "published", "catalogue_process": "published",
    "catalogue_listed": "published elsewhere", "catalogue_listed_version": "published elsewhere",
    "catalogue_version": "published",
    "federation_envelope": "names of envelopes that other nodes sent, for minutes",
    "federation_heard": "what other nodes report of incidents, sealed; no person is named in it",
    "federation_incident": "what this node reports of incidents, sealed; no person is named in it",
    "federation_peer": "names, addresses and public keys of other nodes",
    "identity_account": "the login must be found before anyone is known; shows a masked name and a hash",
    "identity_administrator": "three keys and duties, for the worker only",
    "identity_conflict": "keys of two parties, and reasons out of a list", "identity_day": "counts only",
    "identity_first_secret": "hashes of secrets good once, for a day",
    "identity_founder": "three names until they confirmed, for the worker only",
    "identity_responsibility": "who answers for what, as published; proposals for the worker and staff",
    "identity_proposal": "staff to be given posts, for the worker only",
    "identity_assessment": "why others may know who people are, on a page of oversight; names who assessed",
    "identity_client": "registered systems, on a page of oversight; hashes of secrets",
    "identity_grant_code": "hashes, read before anyone is known; keys and what a code is bound to",
    "identity_grant_token": "hashes, read before anyone is known; keys only",
    "identity_pairing": "hashes, a browser in two words and half an address, for a day",
    "identity_provisioned": "which system brought which account of staff, for the worker only",
    "identity_source": "nodes whose sign-in is believed, on the sign-in page; their secrets sealed",
    "identity_staff_taken_back": "accounts of staff and hashes of whose they are not, for the worker only",
    "identity_sign_on": "which session was signed in to which system; hashes and keys",
    "identity_agency": "who may act for whom is read before anyone is known; keys only",
    "identity_attempt": "hashes only", "identity_code": "hashes and instants; the digits follow from a key that is not here",
    "identity_recovery": "indexes of codes, made with a key that is not here", "identity_used": "hashes of challenges",
    "identity_device": "hashes of cookies and the kind of browser, as sessions", "identity_party": "keys only",
    "identity_post": "who holds which post; keys only", "identity_session": "hashes of tokens",
    "kernel_cursor": "positions only", "kernel_data_key": "keys under the node's own, which no row holds",
    "kernel_rotation": "how far a change of keys went", "kernel_parameter": "published policy figures",
    "kernel_mode": "what people are told of how far the house is open",
    "kernel_parked": "positions and error names", "kernel_position": "positions only",
    "kernel_sequencer": "positions only",
    "kernel_target": "addresses of systems outside, for the worker only",
    "ledger_audit": "counts and instants", "ledger_checkpoint": "published", "ledger_state": "counts and instants",
    "ledger_cosignature": "published", "ledger_evidence": "checkpoints that other nodes published",
    "ledger_leave": "case numbers and instants, for staff only", "ledger_log": "what other nodes publish",
    "ledger_restoration": "positions and instants", "ledger_witness": "names, addresses and public keys",
    "licences_move": "the law", "licences_serial": "numbers given out a year", "licences_type": "published",
    "licences_verifiable": "what whoever holds a licence's code is told",
    "reviews_move": "the law", "seals_seal": "seals of authorities", "seals_stamp": "hashes of documents",
    "supervision_export_move": "the law", "supervision_move": "the law",
    "supervision_watch": "case numbers and instants, the worker's only",
}
EVERY_LOGIN = [role_name(role) for role in ROLES]


@pytest.fixture
def owner(house):
    with psycopg.connect(test_database.owner_url(house), autocommit=True) as connection:
        yield connection


def column(owner, sql, *parameters):
    return [row[0] for row in owner.execute(sql, parameters).fetchall()]


def test_every_table_is_either_personal_or_open_for_a_reason(owner):
    tables = column(owner, "select relname from pg_class where relnamespace = 'public'::regnamespace "
                           "and relkind in ('r', 'p') and not relispartition")
    ours = {name for name in tables
            if not name.startswith(("django_", "procrastinate_")) and name != "test_clock"}
    assert ours - PERSONAL - set(OPEN) == set(), "say whether these hold rows about people"
    assert (PERSONAL | set(OPEN)) - ours == set(), "these are gone"


@requirement("SEC-06")
def test_tables_about_people_force_row_security(owner):
    forced = column(owner, "select relname from pg_class where relnamespace = 'public'::regnamespace "
                           "and relrowsecurity and relforcerowsecurity")
    assert PERSONAL - set(forced) == set()


def test_partitions_cannot_be_reached_around_the_log(owner):
    for login in EVERY_LOGIN:
        reached = column(owner, "select c.relname from pg_class c where c.relispartition and "
                                "has_table_privilege(%s, c.oid, 'select, insert, update, delete')", login)
        assert reached == []


def test_every_right_on_such_a_table_has_its_policy_and_no_policy_is_idle(owner):
    granted = set(owner.execute(
        "select c.relname::text, r.rolname::text from pg_class c cross join pg_roles r where c.relname = any(%s) "
        "and r.rolname = any(%s) and (has_any_column_privilege(r.oid, c.oid, 'select, insert') "
        "or has_table_privilege(r.oid, c.oid, 'select, insert, update, delete'))",
        [sorted(PERSONAL), EVERY_LOGIN]).fetchall())
    stated = {(table, role) for table, roles in owner.execute(
        "select tablename::text, roles::text[] from pg_policies where schemaname = 'public'").fetchall()
        for role in roles if role in EVERY_LOGIN and table in PERSONAL}
    assert granted == stated


def test_citizens_and_officers_are_bound_to_their_rows(owner):
    policies = owner.execute("select tablename, roles::text[], coalesce(qual, '') from pg_policies "
                             "where schemaname = 'public' and permissive = 'PERMISSIVE'").fetchall()
    for table, roles, condition in [each for each in policies if each[0] in PERSONAL]:
        if "kernel_event e" in condition:
            continue  # shown with the event it stands for: whose own policy binds the reader
        if role_name("public") in roles:
            assert condition == "false", f"{table}: the public reads no rows about people"
        if role_name("citizen") in roles:
            bound = {"app.parties", "app.reach", SCOPES.get(table)} & set(SETTING.findall(condition))
            assert condition == "false" or bound, f"{table}: {condition}"
        if role_name("officer") in roles:
            assert condition == "false" or SCOPES.get(table, "app.authorities") in condition, f"{table}: {condition}"


def test_a_policy_looks_up_one_thing_since_every_statement_plans_it(owner):
    """Each look-up costs a tenth of a small read; a row that two sides may see needs one a side."""
    policies = owner.execute("select tablename, policyname, qual from pg_policies where schemaname = 'public' and qual is not null")
    assert [name for table, name, condition in policies if condition.count("SELECT") > 1
            and table not in {"identity_mandate", "identity_helping"}] == []


def test_logins_own_nothing_and_cannot_rise(owner):
    rows = owner.execute("select rolname, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication "
                         "from pg_roles where rolname = any(%s)", [EVERY_LOGIN]).fetchall()
    assert {row[0] for row in rows} == set(EVERY_LOGIN)
    assert [row[0] for row in rows if any(row[1:6])] == []
    assert column(owner, "select relname from pg_class where relowner::regrole::text = any(%s)", EVERY_LOGIN) == []
    assert column(owner, "select proname from pg_proc where proowner::regrole::text = any(%s)", EVERY_LOGIN) == []
    assert column(owner, "select datname from pg_database where datdba::regrole::text = any(%s)", EVERY_LOGIN) == []
    assert column(owner, "select nspname from pg_namespace where nspowner::regrole::text = any(%s)", EVERY_LOGIN) == []
    assert column(owner, "select roleid::regrole::text from pg_auth_members where member::regrole::text = any(%s)",
                  EVERY_LOGIN) == []
    for login in EVERY_LOGIN:
        assert owner.execute("select has_schema_privilege(%s, 'public', 'create'), "
                             "has_database_privilege(%s, current_database(), 'create'), "
                             "has_database_privilege(%s, current_database(), 'temporary')",
                             [login] * 3).fetchone() == (False, False, False)


@requirement("IDN-14")
def test_an_auditor_reads_and_writes_nothing(owner):
    assert column(owner, "select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in "
                         "('r', 'p') and (has_any_column_privilege('tongban_auditor', c.oid, 'insert, update') "
                         "or has_table_privilege('tongban_auditor', c.oid, 'insert, update, delete, truncate'))") == []
    assert column(owner, "select sequencename from pg_sequences where schemaname = 'public' and has_sequence_privilege("
                         "'tongban_auditor', quote_ident(sequencename), 'usage, update')") == []


def test_no_login_may_truncate_or_change_the_shape_of_a_table(owner):
    assert column(owner, "select c.relname || ' ' || r.rolname from pg_class c cross join pg_roles r "
                         "where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') "
                         "and r.rolname = any(%s) and c.relname not like 'procrastinate%%' "
                         "and has_table_privilege(r.oid, c.oid, 'truncate, trigger, references')", EVERY_LOGIN) == []


def test_functions_that_run_as_the_owner_fix_their_path_and_are_given_out_by_name(owner):
    rows = owner.execute(
        "select proname, coalesce(array_to_string(proconfig, ','), ''), prorettype = 'trigger'::regtype, "
        "exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) a where a.grantee = 0) "
        "from pg_proc where pronamespace = 'public'::regnamespace and prosecdef "
        "and proname not like 'procrastinate%%'").fetchall()
    assert rows
    assert [name for name, path, _, _ in rows if "search_path=" not in path] == []
    assert [name for name, _, triggered, public in rows if public and not triggered] == []


@requirement("CASE-10")
def test_the_event_log_is_closed(owner, db):
    for login in EVERY_LOGIN:
        assert owner.execute("select has_table_privilege(%s, 'kernel_event', 'update, delete, truncate')",
                             [login]).fetchone() == (False,)
    journeys.citizen()
    for statement in ("update kernel_event set subject = 'x'", "delete from kernel_event", "truncate kernel_event",
                      "update kernel_disclosure set reason = 'x'"):
        if "disclosure" in statement and owner.execute("select count(*) from kernel_disclosure").fetchone() == (0,):
            continue
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute(statement)


@requirement("CASE-12")
def test_the_tables_of_allowed_moves_say_what_the_code_says(owner):
    for table, moves in (("cases_move", MOVES), ("reviews_move", reviews.MOVES),
                         ("supervision_move", supervision.MOVES), ("supervision_export_move", supervision.EXPORT_MOVES)):
        assert set(owner.execute(f"select * from {table}").fetchall()) == {
            (str(before), str(after)) for before, after in moves}


@pytest.fixture
def received(db):
    number = journeys.submitted(journeys.with_firm(journeys.citizen()), "food-operation-gaoling")
    return number, journeys.officer(journeys.authority_of("food-operation-gaoling"), *Role)


def refused(statement, parameters):
    """Does the current login's database refuse it?"""
    try:
        with transaction.atomic(using=database.alias()):
            database.execute(statement, parameters)
    except DatabaseError as error:
        return str(error.__cause__ or error)
    return ""


@requirement("CASE-12")
def test_the_database_refuses_every_move_the_law_does_not_know(received):
    number, officer = received
    with journeys.as_actor(officer):
        for state in State:
            if state is not State.SUBMITTED and (State.SUBMITTED, state) not in MOVES:
                told = refused("update cases_case set state = %s where number = %s", [str(state), number])
                assert f"cannot move from SUBMITTED to {state}" in told
        assert database.row("select state from cases_case where number = %s", [number]) == ("SUBMITTED",)


def test_the_database_refuses_an_unknown_state(received):
    number, officer = received
    with journeys.as_actor(officer):
        assert refused("update cases_case set state = 'DONE' where number = %s", [number])


def test_the_database_refuses_a_case_that_does_not_begin_at_the_beginning(received):
    number, officer = received
    with journeys.as_actor(officer):
        names = [name for (name,) in database.rows(
            "select attname::text from pg_attribute where attrelid = 'cases_case'::regclass and attnum > 0 "
            "and not attisdropped and attname not in ('id', 'number', 'state', 'idempotency_key')")]
        told = refused(f"insert into cases_case (number, state, idempotency_key, {', '.join(names)}) "
                       f"select number || 'X', 'ACCEPTED', 'other', {', '.join(names)} from cases_case "
                       "where number = %s", [number])
    assert "a case begins as SUBMITTED" in told


def test_the_database_refuses_that_one_officer_examines_and_decides(received):
    number, officer = received
    with journeys.as_actor(officer):
        told = refused("update cases_case set examined_by_id = %s, decided_by_id = %s where number = %s",
                       [officer.account, officer.account, number])
    assert "cases_case_two_officers" in told


def test_the_logins_of_the_web_have_their_time_limits(db):
    for alias in ("default", "citizen", "officer"):
        with connections[alias].cursor() as cursor:
            cursor.execute("select current_setting('statement_timeout'), current_setting('lock_timeout'), "
                           "current_setting('idle_in_transaction_session_timeout')")
            assert cursor.fetchone() == ("2500ms", "500ms", "10s")
