"""A node begun without samples: reference data and nobody's promise, now and after every upgrade."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from django.test import Client

from tests import database as test_database
from tests import journeys
from tongban.config import deployment
from tongban.identity import queries as identity
from tongban.kernel import database

ROOT = Path(__file__).resolve().parents[2]
FILLED = ("kernel_parameter", "calendars_day", "authorities_region", "catalogue_form", "catalogue_process", "licences_type")
EMPTY = ("identity_account", "identity_person", "identity_entity", "identity_post", "authorities_authority",
         "catalogue_item", "licences_licence", "cases_case", "seals_seal", "identity_responsibility")


@pytest.fixture(scope="module")
def fresh(house):
    """An empty database of its own."""
    name = f"{house}_bare"
    test_database.drop(name)
    yield name
    test_database.drop(name)


def prepared(name, *options):
    environment = {**os.environ, "DATABASE_URL": test_database.owner_url(name),
                   "TONGBAN_SEARCH": os.environ["TONGBAN_SEARCH"] + "_bare",
                   "TONGBAN_LEDGER": os.environ["TONGBAN_LEDGER"] + "_bare"}
    with test_database.one_at_a_time():
        done = subprocess.run([sys.executable, "-m", "tongban.config.cli", "prepare", *options], env=environment,
                              cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def rows(name, table):
    with psycopg.connect(test_database.owner_url(name)) as connection:
        return connection.execute(f"select count(*) from {table}").fetchone()[0]


def test_it_holds_reference_data_and_nobody_and_stays_so(fresh):
    for options in (["--no-samples"], []):
        code, said = prepared(fresh, *options)
        assert code == 0, said
        assert [table for table in FILLED if not rows(fresh, table)] == []
        assert [table for table in EMPTY if rows(fresh, table)] == []
    with psycopg.connect(test_database.owner_url(fresh)) as connection:
        assert deployment.ask(connection).samples == 0


def test_samples_that_are_there_are_not_passed_over_in_silence(house):
    code, said = prepared(house, "--no-samples")
    assert (code, "Begin with a fresh one" in said) == (1, True), said


@pytest.fixture
def real(house, at):
    """A database with samples in which a firm that is none has a case."""
    name = f"{house}_real"
    test_database.drop(name)
    with database.serving("worker"):
        journeys.submitted(journeys.with_firm(journeys.citizen()), "food-operation-gaoling")
    connections.close_all()
    with psycopg.connect(test_database.owner_url("postgres"), autocommit=True) as server:
        server.execute(f'create database "{name}" template "{house}"')
    with psycopg.connect(test_database.owner_url(name)) as connection:
        connection.execute("update identity_entity set sample = false where party_id = (select max(applicant_id) from cases_case)")
    yield name
    test_database.drop(name)


def test_beside_real_cases_an_upgrade_brings_reference_data_and_no_samples(real):
    before = rows(real, "kernel_event")
    code, said = prepared(real)
    assert code == 0, said
    assert "holds 1 cases of people and firms that are no samples; no samples are loaded" in said
    assert "parameters:" in said
    assert "people:" not in said
    assert rows(real, "kernel_event") == before


def test_pages_speak_of_a_trial_only_where_there_are_samples(db, monkeypatch):
    for samples in (True, False):
        monkeypatch.setattr(identity, "holds_samples", lambda samples=samples: samples)
        page = Client().get("/en/sign-in/").content.decode()
        assert ("invented samples" in page) == samples
        assert ("Trial installation" in page) == samples
