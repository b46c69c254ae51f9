"""Invitations: one for each finished case, by an unguessable link, for a while."""

import hashlib
from datetime import datetime

import pytest
from django.db import ProgrammingError

from tests.reviews import given as cases
from tests.reviews.conftest import token_of
from tests.reviews.given import as_
from tongban.calendars.types import SHANGHAI
from tongban.kernel import database, events
from tongban.kernel.types import System
from tongban.reviews import actions, queries
from tongban.reviews.errors import AlreadyReviewed, CaseNotFinished, InvitationNotFound, ReviewWindowClosed
from tongban.reviews.types import TokenHolder

RULE = System(name="reviews")


def invitations(number):
    return database.row("select count(*) from reviews_invitation where case_number = %s", [number])[0]


def test_a_finished_case_of_any_item_asks_its_applicant_once(desk, finished, catch_up):
    number = finished()
    catch_up()
    assert actions.invite(RULE, case_number=number) is None
    assert invitations(number) == 1
    sent = database.rows("select party, link from messages_message where about = %s and link <> ''", [number])
    assert [party for party, _ in sent] == [desk.citizen.party]
    assert queries.invitation(token_of(number)).case_number == number


@pytest.mark.parametrize("stage", ["submitted", "accepted", "examined", "decided"])
def test_a_case_that_is_not_finished_asks_nobody(desk, stage):
    number = getattr(cases, stage)(desk)
    with pytest.raises(CaseNotFinished):
        actions.invite(RULE, case_number=number)
    assert invitations(number) == 0


def test_a_case_that_does_not_exist_asks_nobody(db):
    with pytest.raises(CaseNotFinished):
        actions.invite(RULE, case_number="no such case")


def test_the_token_stands_in_clear_in_the_message_of_its_party_only(desk, finished):
    number = finished()
    token = token_of(number)
    assert len(bytes.fromhex(token)) == 16
    stored = database.row("select i::text, i.token_hash from reviews_invitation i where case_number = %s", [number])
    assert token not in stored[0]
    assert stored[1] == hashlib.sha256(token.encode()).hexdigest()
    assert database.row("select count(*) from kernel_event where payload::text like %s", [f"%{token}%"])[0] == 0
    with database.serving("owner"):
        assert database.row("select count(*) from procrastinate_jobs where args::text like %s", [f"%{token}%"])[0] == 0
    with as_(cases.citizen()):
        assert database.row("select count(*) from messages_message where link like %s", [f"%{token}%"])[0] == 0
    for login in ("public", "officer"):
        with database.serving(login), pytest.raises(ProgrammingError):
            database.row("select count(*) from messages_message where link like %s", [f"%{token}%"])


def test_the_applicant_finds_the_link_again_and_a_stranger_does_not(desk, finished):
    number = finished()
    with as_(desk.citizen):
        assert queries.link_of(number) == f"/reviews/{token_of(number)}/"
    with as_(cases.citizen()):
        assert queries.link_of(number) == ""


def test_a_link_nobody_sent_opens_nothing(db):
    for token in ("", "0" * 32, "x\x00y", "\udcff", "' or ''='", "*" * 5000):
        with as_(None), pytest.raises(InvitationNotFound):
            queries.invitation(token)


def test_the_public_cannot_list_invitations_nor_reviews(db):
    for table in ("reviews_invitation", "reviews_review", "reviews_rectification", "reviews_step"):
        with database.serving("public"), pytest.raises(ProgrammingError):
            database.row(f"select count(*) from {table}")


def test_the_window_ends_at_midnight_of_the_thirtieth_day(desk, token, at):
    first, second = token(), token()
    at(datetime(2026, 4, 1, 23, 59, 59, tzinfo=SHANGHAI))
    with as_(None):
        actions.submit_review(TokenHolder(), token=first, grade=1)
    at(datetime(2026, 4, 2, 0, 0, tzinfo=SHANGHAI))
    with as_(None), pytest.raises(ReviewWindowClosed):
        actions.submit_review(TokenHolder(), token=second, grade=1)
    with as_(None), pytest.raises(AlreadyReviewed):
        actions.submit_review(TokenHolder(), token=first, grade=1)
    asked = queries.invitation(second)
    assert asked.grade is None
    assert [event.name for event in events.of_subject(f"review:{asked.id}")] == ["ReviewInvited"]
