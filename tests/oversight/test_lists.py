"""Lists: pages without gaps, true counts, filters, and nobody's name."""

from tests.oversight import given
from tests.oversight.given import Browser, Town, bodies, walk
from tests.requirements import requirement
from tongban.kernel import database


def test_pages_of_a_figure_hold_every_case_once_newest_first(town: Town, supervisor: Browser):
    numbers = [row[0] for row in database.rows(
        "select number from cases_case where authority_id = any(%s) and submitted_at >= %s order by id desc",
        [[town.desk.authority, town.desk.other], given.day(1, 0)])]
    assert len(numbers) > 20
    assert walk(supervisor, "/oversight/cases/?show=figure-received", "cases") == [
        f"/oversight/cases/{number}/" for number in numbers]
    assert f"Cases received: {len(numbers)} cases" in supervisor.get("/en/oversight/cases/",
                                                                     show="figure-received").words


def test_a_list_that_is_not_counted_says_more_than(town: Town, supervisor: Browser):
    first = supervisor.get("/en/oversight/cases/", authority=str(town.desk.other))
    assert "20 of more than 20 shown" in first.words
    few = supervisor.get("/en/oversight/cases/", show="state-under_review")
    number = given.one("select count(*) from cases_case where state = 'UNDER_REVIEW' and authority_id = any(%s)",
                       [[town.desk.authority, town.desk.other]])
    assert f"{number} of {number} shown" in few.words


def test_a_state_and_an_authority_narrow_the_list(town: Town, supervisor: Browser):
    found = walk(supervisor, f"/oversight/cases/?show=state-submitted&authority={town.desk.other}", "cases")
    expected = given.one("select count(*) from cases_case where state = 'SUBMITTED' and authority_id = %s",
                         [town.desk.other])
    assert len(found) == expected > 0


def test_an_empty_list_says_why_and_what_to_do(town: Town, supervisor: Browser):
    found = supervisor.get("/en/oversight/cases/", show="state-transferred")
    assert "No such case" in found.words and "Choose other cases" in found.words
    beyond = supervisor.get("/en/oversight/cases/", show="figure-received", before="1")
    assert "The list ends before this page." in beyond.words


def test_lists_name_no_applicant(town: Town, supervisor: Browser):
    name = given.one("select name from identity_person where party_id = %s", [town.desk.citizen.party])
    shown = given.one("select applicant_name from cases_case where number = %s", [town.numbers["late"]])
    for path in ("", "cases/", "signals/", "reviews/", "rectifications/"):
        source = supervisor.get(f"/oversight/{path}").source
        assert name not in source and shown not in source


@requirement("SUP-04")
def test_clocks_that_ran_out_stand_in_the_list_with_their_colour(town: Town, supervisor: Browser):
    rows = "".join(body for path in ("/en/oversight/signals/?kind=4", "/en/oversight/signals/?kind=3")
                   for body in bodies(supervisor, path)).split("<tr")
    for name, rule, colour in (("overdue_by_law", "The legal limit is over", "Red card"),
                               ("overdue", "The promised time is over", "Yellow card"),
                               ("late", "The promised time is over", "Yellow card")):
        assert any(town.numbers[name] in row and rule in row and colour in row for row in rows), name
    assert not any(town.numbers["quick"] in row for row in rows)


def test_signals_are_narrowed_by_kind_and_state(town: Town, supervisor: Browser):
    keys = [town.desk.authority, town.desk.other]
    for query, where in (("kind=4", "kind = 4 and state <> 'CLOSED'"), ("state=NOTIFIED", "state = 'NOTIFIED'"),
                         ("show=all", "true"), ("state=CLOSED", "state = 'CLOSED'"),
                         ("kind=2&show=all", "kind = 2")):
        expected = given.one(
            f"select count(*) from supervision_signal where authority_id = any(%s) and {where}", [keys])
        assert len(walk(supervisor, f"/oversight/signals/?{query}", "signals")) == expected > 0, query


def test_words_of_reviews_are_shown_without_numbers(town: Town, supervisor: Browser):
    found = supervisor.get("/oversight/reviews/", show="poor")
    assert "等了很久，打我电话138****8000" in found.words and "13800138000" not in found.source


def test_good_and_poor_reviews_are_told_apart(town: Town, supervisor: Browser):
    keys = [town.desk.authority, town.desk.other]
    for show, where in (("good", "grade <= 3"), ("poor", "grade >= 4")):
        expected = {row[0] for row in database.rows(
            f"select case_number from reviews_review where authority_id = any(%s) and {where}", [keys])}
        found = walk(supervisor, f"/oversight/reviews/?show={show}", "cases")
        assert {each.split("/")[-2] for each in found} == expected and len(found) == len(expected) > 0


def test_a_list_of_overdue_cases_says_by_how_much(town: Town, supervisor: Browser):
    rows = supervisor.get("/en/oversight/cases/", show="figure-overdue").source.split("<tr")
    assert any(town.numbers["overdue"] in row and "1 working day over" in row for row in rows)
    rows = supervisor.get("/en/oversight/cases/", show="figure-open").source.split("<tr")
    assert not any("working day over" in row for row in rows)
