"""Taking a list of cases as a file, page by page: asking, deciding, taking it away (SEC-11)."""

import re

import pytest

from tests.oversight import given
from tests.oversight.given import Browser, Town
from tests.requirements import requirement
from tests.supervision.test_exports import WHY, limits  # noqa: F401
from tongban.identity.types import Role
from tongban.kernel import database, events
from tongban.supervision import tasks

RECEIVED = "show=figure-received"


@pytest.fixture
def second(town: Town) -> Browser:
    return given.officer({town.desk.authority: Role.SUPERVISOR, town.desk.other: Role.SUPERVISOR}, name="钱监察")


def asked(browser: Browser, query: str = RECEIVED, reason: str = WHY) -> str:
    """The address of a request for the list of this query."""
    done = browser.post(f"/en/oversight/exports/new/?{query}", act="ask", reason=reason)
    assert done.status == 303, done.words
    return done.where


def key_of(path: str) -> str:
    return path.rstrip("/").rsplit("/", 1)[1]


@requirement("SEC-11")
def test_a_list_is_asked_for_on_its_page_made_by_a_job_and_taken_away(town: Town, supervisor: Browser):
    shown = supervisor.get(f"/en/oversight/cases/?{RECEIVED}")
    count = re.search(r"Cases received: ([0-9,]+) cases", shown.words)[1]
    (where, words), = shown.links("/en/oversight/exports/new/")
    assert words == "Take this list as a file"
    form = supervisor.get(where)
    assert f"Take a list as a file: {count} cases" in form.words and "A second supervisor decides" not in form.words
    path = asked(supervisor, where.partition("?")[2])
    page = supervisor.get(path)
    assert "Being made" in page.words and "data-waits-for" in page.source and "Look again" in page.words
    assert supervisor.get(f"{path}?wait").status == 204
    tasks.make_file(key_of(path))
    page = supervisor.get(path)
    assert "Ready to take" in page.words and f"Cases in the file {count} cases" in page.words and "data-waits-for" not in page.source
    answer = supervisor.client.post(f"{path}file/")
    assert answer["Content-Disposition"].startswith('attachment; filename="tongban-20260310-1000-')
    lines = answer.content.decode("utf-8-sig").split("\r\n")
    assert len(lines) == int(count) + 4 and WHY in lines[0]
    numbers = given.walk(supervisor, f"/en/oversight/cases/?{RECEIVED}", "cases")
    assert [line.split('","')[1] for line in lines[2:-2]] == [each.split("/")[-2] for each in numbers]
    assert "Ready to take" in supervisor.get("/en/oversight/exports/").words


@requirement("SEC-11")
def test_a_long_list_waits_for_somebody_else_who_sees_the_number_before_deciding(town: Town, supervisor: Browser, second: Browser, limits):  # noqa: F811
    limits(rows_alone=5)
    assert "A second supervisor decides" in supervisor.get(f"/en/oversight/exports/new/?{RECEIVED}").words
    path = asked(supervisor)
    mine = supervisor.get(path)
    assert "Waits for a second supervisor" in mine.words and "Let this list leave" not in mine.words
    assert supervisor.post(path, act="approve").status == 422
    assert supervisor.client.post(f"{path}file/").status_code == 422
    assert "Waiting for me" in second.get("/en/oversight/exports/").words
    waiting = second.get("/en/oversight/exports/?show=awaiting")
    assert path in [where for where, _ in waiting.links("/en/oversight/exports/")]
    theirs = second.get(path)
    assert "of the cases listed when it was asked for" in theirs.words
    assert second.post(path, act="refuse", reason="").status == 422
    assert second.post(path, act="approve").status == 303
    tasks.make_file(key_of(path))
    assert f"Approved by 钱监察 (account {second.actor.account})" in supervisor.get(path).words
    assert second.client.post(f"{path}file/").status_code == 404, "only whoever asked takes it away"
    assert supervisor.client.post(f"{path}file/").status_code == 200


@requirement("SEC-11")
def test_who_proved_long_ago_that_it_is_them_proves_it_again_before_the_file_leaves(town: Town, supervisor: Browser):
    path = asked(supervisor)
    tasks.make_file(key_of(path))
    database.execute("update identity_session set proved_at = kernel_now() - interval '3 minutes' where account_id = %s",
                     [supervisor.actor.account])
    refused = supervisor.client.post(f"{path}file/")
    assert refused.status_code == 403 and "Content-Disposition" not in refused
    assert [each.name for each in events.of_subject(f"export:{key_of(path)}")] == ["ExportAsked", "ExportMade"]


@requirement("SEC-11")
def test_what_a_person_took_alone_today_counts_when_they_ask_for_more(town: Town, supervisor: Browser, limits):  # noqa: F811
    count = int(re.search(r"Cases received: ([0-9,]+) cases", supervisor.get(f"/en/oversight/cases/?{RECEIVED}").words)[1].replace(",", ""))
    limits(rows_alone=2 * count - 1)
    form = f"/en/oversight/exports/new/?{RECEIVED}"
    assert "A second supervisor decides" not in supervisor.get(form).words
    assert "Being made" in supervisor.get(asked(supervisor)).words
    assert f"One person takes at most {2 * count - 1:,} cases alone in 24 hours" in supervisor.get(form).words
    assert "Waits for a second supervisor" in supervisor.get(asked(supervisor)).words


@requirement("SEC-11")
def test_a_refusal_is_read_by_whoever_asked(town: Town, supervisor: Browser, second: Browser, limits):  # noqa: F811
    limits(rows_alone=5)
    path = asked(supervisor)
    assert second.post(path, act="refuse", reason="用途说得不清楚").status == 303
    page = supervisor.get(path)
    assert "Not approved" in page.words and "用途说得不清楚" in page.words and "Take the file" not in page.words


@requirement("SEC-11")
def test_what_cannot_be_asked_for_says_so_and_writes_nothing(town: Town, supervisor: Browser, limits):  # noqa: F811
    before = given.one("select count(*) from supervision_export", [])
    short = supervisor.post(f"/en/oversight/exports/new/?{RECEIVED}", act="ask", reason="x")
    assert short.status == 422 and 'href="#ask-reason"' in short.source
    assert "This list holds no case." in supervisor.get("/en/oversight/exports/new/?show=state-transferred").words
    limits(rows_most=5)
    assert "Too long for a file" in supervisor.get(f"/en/oversight/exports/new/?{RECEIVED}").words
    refused = supervisor.post(f"/en/oversight/exports/new/?{RECEIVED}", act="ask", reason=WHY)
    assert refused.status == 422 and "A file holds at most 5 cases. Narrow the list" in refused.words
    assert given.one("select count(*) from supervision_export", []) == before


@requirement("SEC-11")
def test_every_page_has_its_heading_its_way_back_and_what_to_do_next(town: Town, supervisor: Browser):
    path = asked(supervisor, "show=state-submitted")
    for where, back in (("/oversight/exports/", "/oversight/"), ("/oversight/exports/new/?show=state-submitted", "/oversight/cases/"),
                        (path.removeprefix("/en"), "/oversight/exports/"), ("/oversight/exports/?show=all", "/oversight/")):
        for prefix in ("", "/en"):
            page = supervisor.get(prefix + where)
            assert page.status == 200 and page.source.count("<h1") == 1 and page.links(prefix + back)
    assert supervisor.get(f"{path}file/").where == path
    assert supervisor.get("/en/oversight/exports/nowhere/").status == 404


@pytest.mark.parametrize(("prefix", "name"), [("/en", "Zhou Ping"), ("", "周平示例")])
def test_whoever_asked_is_named_as_the_head_of_the_page_names_them(town: Town, supervisor: Browser, prefix, name):
    database.execute("update identity_account set display = '周平示例', display_en = 'Zhou Ping' where id = %s", [supervisor.actor.account])
    path = asked(supervisor)
    for each in ("/en/oversight/exports/", path):
        shown = supervisor.get(each.removeprefix("/en") if not prefix else each)
        head, main = shown.source.split("<main", 1)
        assert name in head and name in main.split("</main>")[0].split("<h1", 1)[1]
