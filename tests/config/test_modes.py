"""Read-only and accept-only: what waits is said, what goes on goes on, nothing typed is lost."""

import argparse
import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from tests import journeys
from tests.conftest import MONDAY
from tests.portal.public import client, signed_in, text_of
from tongban.cases.actions import start_draft
from tongban.catalogue import queries as catalogue
from tongban.config import opening, pagecache, worker
from tongban.identity.actions import open_session
from tongban.identity.types import Role
from tongban.kernel import database, events, modes, vault
from tongban.kernel.errors import Refusal
from tongban.kernel.modes import Mode, ModeChanged
from tongban.kernel.types import Channel, System, Text

ITEM = "food-operation-gaoling"
OPERATOR = System(name="operator", on_behalf_of="tester")
REASON = Text(zh="正在升级数据库。", en="The database is being upgraded.")


@pytest.fixture
def turn(db):
    """Set the mode; afterwards the house is open again."""

    def change(mode, **more):
        with database.serving("worker"):
            modes.change(OPERATOR, mode=mode, reason=REASON, **more)

    yield change
    with database.serving("worker"):
        modes.change(OPERATOR, mode=Mode.NORMAL)
    modes.forget()


@pytest.fixture
def person(db):
    return journeys.with_firm(journeys.citizen())


def token_of(actor, channel=Channel.WEB):
    return open_session(account=actor.account, channel=channel)


def draft_of(person):
    with journeys.as_actor(person):
        return start_draft(person, item_code=catalogue.code_of(ITEM), applicant=person.entities[0], materials=[],
                           situation="", answers={})


def counted():
    return database.row("select (select count(*) from cases_draft), (select count(*) from cases_case), "
                        "(select count(*) from kernel_event)")


def test_a_change_of_mode_is_an_event_and_a_row_that_stays(turn):
    before = len(events.of_subject("mode"))
    turn(Mode.READ_ONLY, until=MONDAY + timedelta(hours=2))
    happened = events.of_subject("mode")[before:]
    assert [(each.happened, each.actor, each.on_behalf_of) for each in happened] == [
        (ModeChanged(mode="READ_ONLY", until=(MONDAY + timedelta(hours=2)).isoformat()), "system:operator", "tester")]
    notice = modes.current()
    assert (notice.mode, notice.reason, notice.until) == (Mode.READ_ONLY, REASON, MONDAY + timedelta(hours=2))
    for statement in ("update kernel_mode set mode = 'NORMAL'", "delete from kernel_mode"):
        with database.serving("owner"), pytest.raises(Exception, match="append-only"), database.atomic():
            database.execute(statement)


@pytest.mark.parametrize("given", [{"reason": Text(zh=" ")}, {"reason": Text(zh="长" * 301)},
                                   {"reason": REASON, "until": MONDAY - timedelta(seconds=1)}])
def test_a_narrower_mode_needs_a_reason_and_an_end_that_lies_ahead(db, given):
    before = database.row("select count(*) from kernel_mode")
    with pytest.raises(Refusal):
        modes.change(OPERATOR, mode=Mode.READ_ONLY, **given)
    assert database.row("select count(*) from kernel_mode") == before


def test_nobody_serves_the_public_can_change_the_mode(db):
    for login in ("default", "citizen", "officer", "auditor"):
        with database.serving(login), pytest.raises(Exception, match="permission denied"), database.atomic():
            database.execute("insert into kernel_mode (mode, reason, reason_en, actor) values ('NORMAL', '', '', 'x')")


def test_an_end_that_has_passed_is_told_to_nobody_and_ends_nothing(turn, at):
    turn(Mode.READ_ONLY, until=MONDAY + timedelta(minutes=5))
    at(MONDAY + timedelta(minutes=6))
    modes.forget()
    assert (modes.current().mode, modes.current().until) == (Mode.READ_ONLY, None)


def test_read_only_refuses_an_act_shows_what_was_typed_and_changes_nothing(turn, person):
    key, browser = draft_of(person), signed_in(token_of(person))
    path = f"/en/drafts/{key}/check/"
    turn(Mode.READ_ONLY, until=MONDAY + timedelta(minutes=10))
    before = counted()
    page = browser.post(path, {"true": "on", "note": "Shop at <b>Lane</b> 3"})
    told = text_of(page)
    assert (page.status_code, page["Retry-After"], page["Cache-Control"]) == (503, "600", "no-store")
    for words in ("was not sent", REASON.en, "10:10", "Drafts saved until now", "Shop at <b>Lane</b> 3",
                  "Follow a case by its number", "12345", "read_only"):
        assert words in told
    assert b'name="note" value="Shop at &lt;b&gt;Lane&lt;/b&gt; 3"' in page.content
    assert counted() == before


def test_what_was_typed_can_be_sent_again_when_it_is_over(turn, person):
    key, browser = draft_of(person), signed_in(token_of(person))
    turn(Mode.READ_ONLY)
    page = browser.post(f"/drafts/{key}/discard/", {"sure": "yes"})
    assert page.status_code == 503 and f'action="/drafts/{key}/discard/"' in page.content.decode()
    turn(Mode.NORMAL)
    assert browser.post(f"/drafts/{key}/discard/", {"sure": "yes"}).status_code == 303


def test_a_password_is_never_shown_again(turn, person):
    turn(Mode.READ_ONLY)
    page = signed_in(token_of(person)).post("/apply/X/", {"password": "tongban-2026", "applicant": "1"})
    assert page.status_code == 503 and b"tongban-2026" not in page.content


def test_reading_looking_up_verifying_and_signing_in_and_out_go_on(turn, person):
    number = journeys.submitted(person, ITEM)
    browser = signed_in(token_of(person))
    turn(Mode.READ_ONLY)
    assert [browser.get(path).status_code for path in ("/", "/me/", f"/cases/{number}/", "/verify/")] == [200] * 4
    code = vault.query_code(number)
    assert client().post("/status/", {"number": number, "code": code}).status_code == 200
    assert client().post("/status/", {"number": number, "code": "WRONG"}).status_code == 422
    signing_in = client()
    assert signing_in.post("/sign-in/", {"login": "wang-xiaoman", "password": "tongban-2026"}).status_code == 303
    assert signing_in.post("/sign-out/").status_code == 303


def test_accept_only_takes_drafts_and_lets_officers_read_but_not_act(turn, person):
    number = journeys.submitted(person, ITEM)
    officer = journeys.officer(journeys.authority_of(ITEM), *Role)
    desk, browser, key = signed_in(token_of(officer)), signed_in(token_of(person)), draft_of(person)
    turn(Mode.ACCEPT_ONLY)
    assert browser.post(f"/cases/{number}/withdraw/").status_code != 503
    assert browser.post(f"/drafts/{key}/discard/").status_code == 303
    assert desk.get(f"/en/desk/{number}/").status_code == 200
    page = desk.post(f"/en/desk/{number}/accept/", {"note": "checked on site"})
    told = text_of(page)
    assert (page.status_code, page["Retry-After"]) == (503, str(modes.USUAL_WAIT))
    for words in ("the work on them waits", "checked on site", "Time limits run on", "not known yet", "accept_only"):
        assert words in told


def test_programs_are_told_by_the_same_codes(turn, person):
    token = token_of(person, Channel.API)
    browser = Client(SERVER_NAME="127.0.0.1", headers={"authorization": f"Bearer {token}", "accept-language": "en"})
    turn(Mode.READ_ONLY)
    refused = browser.post("/api/v1/cases", {}, content_type="application/json", headers={"idempotency-key": "k"})
    assert (refused.status_code, refused["Content-Type"], refused["Retry-After"]) == (
        503, "application/problem+json", str(modes.USUAL_WAIT))
    assert refused.json()["type"] == "urn:tongban:error:read_only"
    assert browser.get("/api/v1/me").status_code == 200
    turn(Mode.ACCEPT_ONLY)
    taken = browser.post("/api/v1/cases", {}, content_type="application/json", headers={"idempotency-key": "k"})
    assert taken.status_code == 422


@pytest.mark.parametrize(("mode", "zh", "en"), [
    (Mode.READ_ONLY, "目前这里只能查看", "For now you can only read here"),
    (Mode.ACCEPT_ONLY, "申请照常提交", "You can apply as always")])
def test_a_line_above_every_page_says_so(turn, person, mode, zh, en):
    officer = signed_in(token_of(journeys.officer(journeys.authority_of(ITEM), *Role)))
    pages = [(client(), "/"), (client(), "/status/"), (client(), "/nowhere/"), (signed_in(token_of(person)), "/me/"),
             (officer, "/desk/"), (officer, "/oversight/")]
    assert not any(zh in text_of(browser.get(path)) for browser, path in pages)
    turn(mode)
    for browser, path in pages:
        assert zh in text_of(browser.get(path)) and REASON.zh in text_of(browser.get(path)), path
        assert en in text_of(browser.get(f"/en{path}")) and REASON.en in text_of(browser.get(f"/en{path}")), path


def test_kept_pages_are_drawn_anew_when_the_mode_changes(turn):
    first = pagecache.edition()
    assert pagecache.edition() == first
    turn(Mode.READ_ONLY)
    narrower = pagecache.edition()
    turn(Mode.NORMAL)
    assert len({first, narrower, pagecache.edition()}) == 3


def test_requests_do_not_ask_which_mode_holds(db):
    modes.current()
    asked = []
    with database.connection().execute_wrapper(lambda execute, *rest: asked.append(rest[0]) or execute(*rest)):
        for _ in range(50):
            modes.current()
    assert len(asked) <= 1 + 1


def test_the_last_known_mode_holds_while_the_database_is_away(turn, monkeypatch):
    turn(Mode.READ_ONLY)
    assert modes.current().mode is Mode.READ_ONLY

    def away():
        raise modes.Error

    monkeypatch.setattr(modes, "_last", away)
    modes.forget()
    assert modes.current().mode is Mode.READ_ONLY


def test_a_database_that_cannot_be_written_to_is_told_as_read_only(person):
    key, browser = draft_of(person), signed_in(token_of(person))
    with database.serving("citizen"):
        database.execute("set default_transaction_read_only = on")
        try:
            refused = browser.post(f"/drafts/{key}/discard/")
        finally:
            database.execute("set default_transaction_read_only = off")
    assert refused.status_code == 503 and "read_only" in text_of(refused)


@pytest.mark.parametrize(("mode", "resting"), [
    (Mode.NORMAL, set()), (Mode.READ_ONLY, {"sequencer", "followers", "ledger", "witnesses", "tick"}), (Mode.ACCEPT_ONLY, {"tick"})])
def test_the_worker_rests_with_the_house(turn, mode, resting):
    turn(mode)
    assert worker.paused() == resting


def test_read_only_no_event_takes_effect_and_afterwards_all_do(turn, person):
    turn(Mode.READ_ONLY)
    journeys.submitted(person, ITEM)
    stopping = threading.Event()
    before = database.row("select position from kernel_sequencer")
    thread = threading.Thread(target=worker._guard, args=("sequencer", worker.sequence, stopping))
    thread.start()
    stopping.wait(0.5)
    still = database.row("select position from kernel_sequencer")
    turn(Mode.NORMAL)
    for _ in range(100):
        if database.row("select position from kernel_sequencer") > before:
            break
        stopping.wait(0.1)
    moved = database.row("select position from kernel_sequencer")
    stopping.set()
    thread.join()
    assert (still == before, moved > before) == (True, True)


def test_the_operator_sets_and_reads_the_mode_by_command(turn, capsys):
    parser = argparse.ArgumentParser()
    opening.arguments(parser)
    code, told = opening.change(parser.parse_args(
        ["read-only", "--reason", "升级", "--until", "2026-03-02T18:00"]))
    assert (code, told) == (0, "The mode is read-only since 2026-03-02 10:00, to end at 2026-03-02 18:00")
    assert opening.change(parser.parse_args(["accept-only"]))[0] == 1
    assert "read-only" in opening.change(parser.parse_args([]))[1]


def test_sessions_stay_through_a_mode(turn, person):
    browser = signed_in(token_of(person))
    turn(Mode.READ_ONLY)
    assert browser.get("/me/").status_code == 200
    assert settings.SESSION_COOKIE_NAME in browser.cookies
