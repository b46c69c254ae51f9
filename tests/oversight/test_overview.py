"""The overview says what the rows say, and every number opens into exactly the records it is made of."""

import re
from datetime import datetime, timedelta

import pytest

from tests.oversight import given
from tests.oversight.given import Browser, Town, walk
from tests.requirements import requirement
from tongban.identity.types import Role
from tongban.kernel import database
from tongban.supervision.types import Kind

PARTS = {"cases": "cases", "signals": "signals", "reviews": "cases", "rectifications": "rectifications"}
"""By list, what its rows are known by; a review is known by its case."""
FINISHED = ("COMPLETED", "DELIVERED")
WITH_PROMISE = ("ACCEPTED", "UNDER_REVIEW", "SUPPLEMENT_AFTER", "DECIDED")
WAITING = ("SUBMITTED", "SUPPLEMENT_BEFORE", "ACCEPTED", "UNDER_REVIEW", "SUPPLEMENT_AFTER", "SUSPENDED")


def counted(authorities: list[int], since: datetime, now: datetime) -> dict[str, int]:
    """The figures told row by row, without the query that the page uses."""
    rows = database.rows("select state, submitted_at, completed_at, promised_due_at from cases_case "
                         "where authority_id = any(%s)", [authorities])
    finished = [(done, due) for state, _sent, done, due in rows if state in FINISHED and done >= since]
    return {
        "received": sum(sent >= since for _state, sent, _done, _due in rows), "finished": len(finished),
        "on_time": sum(done < due for done, due in finished),
        "open": sum(state in WAITING for state, *_rest in rows),
        "overdue": sum(state in WITH_PROMISE and due <= now for state, _sent, _done, due in rows),
    }


def open_rectifications(authorities: list[int]) -> int:
    return given.one("select count(*) from reviews_rectification where authority_id = any(%s) and state <> 'CLOSED'",
                     [authorities])


@requirement("ANA-01")
@pytest.mark.parametrize(("period", "since"), [("month", given.day(1, 0)), ("days", given.day(9, 0, month=2)),
                                               ("year", given.day(1, 0, month=1)), ("", given.day(1, 0))])
def test_the_sentence_says_what_the_rows_say(town: Town, supervisor: Browser, period, since):
    keys = [town.desk.authority, town.desk.other]
    found = counted(keys, since, given.day(10))
    rate = found["on_time"] * 1000 // found["finished"]
    told = f"{rate // 10}%" if rate % 10 == 0 else f"{rate // 10}.{rate % 10}%"
    came = {"month": "This month", "days": "In the last 30 days", "year": "This year", "": "This month"}[period]
    words = supervisor.get("/en/oversight/", period=period).words.replace(" ,", ",").replace(" .", ".")
    assert (f"{came} {found['received']} cases came in. {told} of the {found['finished']} cases finished were on time. "
            f"{found['overdue']} cases are overdue, and {open_rectifications(keys)} poor reviews are being put right."
            ) in words
    assert found["on_time"] < found["finished"] and found["overdue"] >= 2


def test_the_sentence_is_chinese_where_chinese_is_read(town: Town, supervisor: Browser):
    found = counted([town.desk.authority, town.desk.other], given.day(1, 0), given.day(10))
    words = supervisor.get("/oversight/").words.replace(" ", "")
    assert f"本月收到{found['received']}件，办结{found['finished']}件，按时办结率" in words
    assert f"有{found['overdue']}件超期，" in words


@requirement("ANA-01")
@pytest.mark.parametrize("path", ["/oversight/", "/en/oversight/?period=year"])
def test_every_number_opens_into_exactly_the_records_it_is_made_of(town: Town, supervisor: Browser, path):
    shown = supervisor.get(path)
    followed = 0
    for href, text in shown.links("/"):
        part = re.match(r"/(?:en/)?oversight/(\w+)/(?:\?|$)", href)
        number = text.rpartition(" ")[2].replace(",", "")
        if part and part[1] in PARTS and number.isdigit():
            assert len(set(walk(supervisor, href, PARTS[part[1]]))) == int(number), href
            followed += 1
    assert followed >= 30


@requirement("ANA-01")
def test_the_table_says_for_each_authority_what_its_rows_say(town: Town, supervisor: Browser):
    labels = {"received": "Cases received", "open": "Cases open", "finished": "Cases finished",
              "on_time": "Finished on time", "overdue": "Cases overdue"}
    rows = supervisor.get("/en/oversight/").source.partition("<tbody")[2].split("<tr")[1:]
    told = [{label: re.sub(r"<[^>]+>", "", cell) for label, cell in
             re.findall(r'data-label="([^"]+)"[^>]*>(.*?)</t[hd]>', row, re.DOTALL)} for row in rows]
    for keys, name in (([town.desk.authority], "Gaoling Market Regulation"), ([town.desk.other], None),
                       ([town.desk.authority, town.desk.other], "All my authorities")):
        found = counted(keys, given.day(1, 0), given.day(10))
        row = next(each for each in told if each["Authority"] == name or (
            name is None and each["Authority"] not in ("Gaoling Market Regulation", "All my authorities")))
        assert {key: int(row[label]) for key, label in labels.items()} == found
        assert int(row["Signals open"]) == given.one(
            "select count(*) from supervision_signal where state <> 'CLOSED' and authority_id = any(%s)", [keys])


def test_a_rate_opens_into_the_cases_on_time_and_an_average_into_the_finished_ones(town: Town, supervisor: Browser):
    key = town.desk.authority
    shown = supervisor.get("/oversight/").links("/oversight/cases/")
    rates = [href for href, text in shown if text.endswith("%")]
    assert any("show=figure-on_time&period=month" in href for href in rates)
    assert any(f"show=figure-finished&authority={key}" in href for href in rates)


def test_open_signals_are_told_by_kind(town: Town, supervisor: Browser):
    words = supervisor.get("/en/oversight/").words
    keys = [town.desk.authority, town.desk.other]
    for kind, name in ((Kind.RED, "Red card"), (Kind.YELLOW, "Yellow card")):
        number = given.one("select count(*) from supervision_signal where state <> 'CLOSED' and kind = %s "
                           "and authority_id = any(%s)", [int(kind), keys])
        assert number and f"{name} {number}" in words


def test_the_average_share_of_the_promise_is_that_of_the_rows(town: Town, supervisor: Browser):
    shares = [(done - start) / (due - start) for start, done, due in database.rows(
        "select accepted_at, completed_at, promised_due_at from cases_case where authority_id = %s "
        "and state in ('COMPLETED', 'DELIVERED') and completed_at >= %s", [town.desk.authority, given.day(1, 0)])]
    average = sum(shares) / len(shares)
    found = [float(text.rstrip("%")) for href, text in supervisor.get("/oversight/").links("/oversight/cases/")
             if f"show=figure-finished&authority={town.desk.authority}" in href and text.endswith("%")]
    assert any(abs(each / 100 - average) < 0.0011 for each in found), (average, found)


def test_a_share_rounds_half_up_and_not_quite_all_is_never_told_as_all(town: Town):
    from tongban.oversight.words import percent

    assert (percent(9999, 10000), percent(3, 3), percent(0, 4), percent(1, 3), percent(0, 0)) == (
        "99.9%", "100%", "0%", "33.3%", "–")
    assert (percent(30, 32), percent(2, 3), percent(1, 10000)) == ("93.8%", "66.7%", "0.1%")


def test_authorities_without_anything_are_counted_and_not_listed(town: Town):
    third = given.one("select id from authorities_authority a where not exists (select from cases_case c where "
                      "c.authority_id = a.id) order by id limit 1", [])
    alone = given.officer({town.desk.authority: Role.SUPERVISOR, third: Role.SUPERVISOR})
    assert "1 of your authorities had no case, signal or review" in alone.get("/en/oversight/").words
    nothing = given.officer({third: Role.SUPERVISOR}).get("/en/oversight/")
    assert "This month 0 cases came in. None was finished." in nothing.words
    assert "No case was finished in this period." in nothing.words


def test_another_post_at_another_authority_gives_no_sight_of_it(town: Town):
    both = given.officer({town.desk.authority: Role.SUPERVISOR, town.desk.other: Role.DECIDER})
    only = given.officer({town.desk.authority: Role.SUPERVISOR})
    for path in ("/oversight/", "/oversight/cases/", f"/oversight/cases/?authority={town.desk.other}",
                 "/oversight/signals/", "/oversight/reviews/"):
        one, two = both.get(path), only.get(path)
        assert one.links("/oversight/") == two.links("/oversight/"), path
    foreign = given.one("select number from cases_case where authority_id = %s limit 1", [town.desk.other])
    assert both.get(f"/oversight/cases/{foreign}/").status == 403


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.REVIEWER, Role.DECIDER, Role.ISSUER, Role.CATALOGUE_EDITOR])
@pytest.mark.parametrize("path", ["", "cases/", "signals/", "reviews/", "rectifications/"])
def test_other_posts_are_refused(town: Town, role, path):
    assert given.officer({town.desk.authority: role}).get(f"/oversight/{path}").status == 403


def test_without_a_session_one_signs_in_and_comes_back(town: Town):
    stranger = given.page(given.Client(SERVER_NAME="localhost").get("/oversight/cases/?show=figure-late"))
    assert stranger.status == 401 and 'value="/oversight/cases/?show=figure-late"' in stranger.source
    citizen = given.Client(SERVER_NAME="localhost")
    citizen.cookies[given.settings.SESSION_COOKIE_NAME] = given.identity.open_session(
        account=town.desk.citizen.account, channel=given.Channel.WEB)
    assert citizen.get("/oversight/").status_code == 403


def test_signing_out_leads_back_to_oversight(town: Town, supervisor: Browser):
    assert supervisor.get("/oversight/sign-out/").where == "/oversight/"
    assert supervisor.post("/oversight/sign-out/").where == "/sign-in/?next=/oversight/"
    assert supervisor.get("/oversight/").status == 401


HOSTILE = ["'", "\x00", "9" * 40, "-1", "１２", "<script>alert(1)</script>", "month'--", "%s", "figure-",
           "state-X", "𝕏", "0"]


@pytest.mark.parametrize("list_", ["", "cases/", "signals/", "reviews/", "rectifications/"])
def test_hostile_parameters_change_nothing_and_break_nothing(town: Town, supervisor: Browser, list_):
    usual = supervisor.get(f"/oversight/{list_}").links("/oversight/")
    for name in ("period", "show", "authority", "kind", "state"):
        for value in HOSTILE:
            found = supervisor.get(f"/oversight/{list_}", **{name: value})
            assert (found.status, found.links("/oversight/")) == (200, usual), (name, value)
            assert "alert(1)" not in found.source
    for value in HOSTILE:
        assert supervisor.get(f"/oversight/{list_}", before=value).status == 200


@pytest.mark.parametrize("path", ["cases/%00/", "cases/x' or 1=1/", "cases/" + "9" * 60 + "/", "signals/S0/",
                                  "signals/%00/", "rectifications/99999999999999999999999/", "rectifications/0/"])
def test_records_that_do_not_exist_are_not_found(town: Town, supervisor: Browser, path):
    assert supervisor.get(f"/oversight/{path}").status == 404


def test_the_last_thirty_days_begin_twenty_nine_days_ago(town: Town, supervisor: Browser):
    first = given.day(10) - timedelta(days=29)
    assert first.date().isoformat() == "2026-02-09"
    assert "from 9 Feb 2026 to 10 Mar 2026" in supervisor.get("/en/oversight/cases/", show="figure-received",
                                                              period="days").words


def test_the_cases_that_are_overdue_longest_are_named_in_order(town: Town, supervisor: Browser):
    due = [number for (number,) in database.rows(
        "select number from cases_case where authority_id = any(%s) and state = any(%s) and promised_due_at <= %s "
        "order by promised_due_at, id", [[town.desk.authority, town.desk.other], list(WITH_PROMISE), given.day(10)])]
    source = supervisor.get("/en/oversight/").source
    named = re.findall(r'href="/en/oversight/cases/([^"/]+)/"', source.partition('class="urgent"')[2].partition("</ol>")[0])
    assert named == due[:6]
    assert len(named) >= 2
    assert "working day over" in source or "working days over" in source


def test_a_bar_says_of_how_many_and_opens_the_late_ones(town: Town, supervisor: Browser):
    source = supervisor.get("/en/oversight/").source.partition('class="bars"')[2].partition("</ul>")[0]
    bars = re.findall(r'<a href="([^"]+)">.*?<span class="value">(\d+) of (\d+) on time</span>', source, re.DOTALL)
    assert bars
    for href, part, whole in bars:
        late = int(whole) - int(part)
        assert late > 0 and "figure-late" in href
        assert len(given.walk(supervisor, href.replace("&amp;", "&"), "cases")) == late
