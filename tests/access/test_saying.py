"""What followers act on is said only by those who bring it about, and with the instant the database gives it."""

import re

import pytest

from tests import journeys
from tests.access.test_row_security import login, refused
from tests.cases.given import PAPERS
from tongban.cases import actions as cases
from tongban.identity import queries as identity
from tongban.identity.events import AccountClosed
from tongban.kernel import database, events
from tongban.kernel.types import Channel

SAY = ("insert into kernel_event (module, name, version, subject, actor, role, channel, payload) "
       "values (%s, %s, 1, 'x', 'account:1', 'x', 'web', '{}')")
FORGED = [("public", "identity", "AccountClosed"), ("public", "identity", "AccountsMerged"), ("public", "cases", "CaseSubmitted"),
          ("public", "cases", "CaseDecided"), ("public", "licences", "LicenceIssued"), ("public", "ledger", "ReadsSealed"),
          ("citizen", "cases", "CaseDecided"), ("citizen", "cases", "CaseConcluded"), ("citizen", "licences", "LicenceOrdered"),
          ("officer", "cases", "CaseConcluded"), ("officer", "cases", "CaseSubmitted"), ("officer", "licences", "LicenceIssued"),
          ("officer", "ledger", "ReadsSealed"), ("public", "federation", "PeerConfirmed"), ("citizen", "federation", "IncidentNoted"),
          ("officer", "federation", "IncidentClosed"), ("public", "documents", "DocumentKept"), ("citizen", "documents", "DocumentPassed"),
          ("citizen", "documents", "DocumentHeld")]


@pytest.mark.parametrize(("name", "module", "event"), FORGED)
def test_a_login_says_nothing_that_it_does_not_bring_about(db, name, module, event):
    with login(name):
        assert refused(SAY, [module, event]) == "InsufficientPrivilege"
        assert not refused(SAY, ["identity", "SignedIn"])


@pytest.mark.parametrize("name", ["public", "citizen", "officer", "worker"])
@pytest.mark.parametrize("column", ["at", "id", "xact"])
def test_nobody_chooses_when_something_happened(db, name, column):
    value = {"at": "kernel_now() - interval '1 day'", "id": "1", "xact": "pg_current_xact_id()"}[column]
    with login(name):
        assert refused(SAY.replace("(module,", f"({column}, module,").replace("values (", f"values ({value}, "),
                       ["identity", "SignedIn"]) == "InsufficientPrivilege"


@pytest.mark.parametrize("name", ["citizen", "officer"])
def test_nobody_chooses_when_somebody_was_read_of(db, name):
    with login(name, parties=(1,)):
        assert refused("insert into kernel_disclosure (at, party, actor, role, reason, fields, subject) values "
                       "(kernel_now() - interval '1 day', 1, 'x', 'x', 'x', '[]', 'x')") == "InsufficientPrivilege"


def test_an_account_said_to_be_closed_that_is_open_loses_nothing(db, catch_up):
    person = journeys.citizen()
    events.record(journeys.TESTER, AccountClosed(account=person.account), subject=f"account:{person.account}", party=person.party)
    catch_up()
    assert identity.party(person.party or 0).phone


def test_parties_said_to_be_one_that_are_two_keep_their_drafts(db):
    first, second = journeys.citizen(), journeys.citizen()
    journeys.new_draft(first, PAPERS)
    assert cases.move_drafts(journeys.TESTER, merged=first.party or 0, kept=second.party or 0) == 0


def test_each_event_of_the_town_says_who_as_what_by_which_way_about_what_and_when(db, world):
    """Every act of the world: applying, correcting, examining, deciding, rating, supervising, mandates, signing in."""
    found = database.rows("select name, subject, actor, role, channel, at is not null, effective_on is not null, payload::text, module "
                          "from kernel_event")
    channels = {str(each) for each in Channel}
    wrong = {row[0]: row for row in found if not (
        row[1] and re.fullmatch(r"account:\d+|[a-z][a-z:-]+", row[2]) and row[3] and row[4] in channels and row[5] and row[6]
        and row[8] == events.CATALOGUE[row[0]].MODULE)}
    assert wrong == {}
    names = {row[0] for row in found}
    assert {"CaseSubmitted", "CaseDecided", "SignedIn", "PostGiven", "MandateOffered", "ReviewGiven", "SignalRaised"} <= names, names
    with database.serving("owner"):
        blank = [name for (name,) in database.rows(
            "select attname::text from pg_attribute where attrelid = 'kernel_event'::regclass and attnum > 0 and not attnotnull")]
    assert set(blank) == {"party", "authority"}, "what a record may be without"
