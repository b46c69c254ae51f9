"""How promises are kept: rates by service, authority and region, and every number opens into its cases."""

import re

import pytest

from tests.oversight.given import Browser, Town, walk
from tests.requirements import requirement
from tongban.kernel import database


@requirement("TIM-12")
@pytest.mark.parametrize("by", ["item", "authority", "region"])
def test_each_rate_opens_into_exactly_the_cases_it_counts(town: Town, supervisor: Browser, by):
    path = "/oversight/promises/"
    found = supervisor.get(path, by=by, period="year")
    assert found.status == 200 and found.source.count("<h1") == 1
    row = row_of(found.source, f"{by}={key(town, by)}")
    links = re.findall(r'<a href="([^"]*show=figure-(\w+)[^"]*)">([\d,]+)</a>', row)
    assert {figure for _, figure, _ in links} >= {"finished", "on_time", "late"}
    for href, figure, count in links:
        assert len(walk(supervisor, href.replace("&amp;", "&"), "cases")) == int(count), (by, figure)


def row_of(source: str, named: str) -> str:
    return next(each for each in re.findall(r"<tr role=\"row\" data-row.*?</tr>", source, re.DOTALL) if named in each)


def key(town: Town, by: str) -> str:
    column = {"item": "item_code", "authority": "authority_id", "region": "region"}[by]
    return str(database.row(f"select {column} from cases_case where number = %s", [town.numbers["late"]])[0])


@requirement("TIM-12")
def test_the_rates_are_those_of_the_cases_of_a_service(town: Town, supervisor: Browser):
    finished, on_time, late = database.row(
        "select count(*), count(*) filter (where completed_at < promised_due_at), count(*) filter (where completed_at >= "
        "promised_due_at) from cases_case where item_code = %s and state in ('COMPLETED', 'DELIVERED')", [town.desk.item])
    found = supervisor.get("/en/oversight/promises/", period="year")
    cells = [re.sub(r"<[^>]+>", "", each).strip() for each in re.findall(r"<td.*?</td>", row_of(
        found.source, f"item={town.desk.item}"), re.DOTALL)]
    assert late and "How promises are kept" in found.words
    assert (cells[0], cells[2], cells[3]) == (str(finished), *(
        f"{part} {part * 1000 // finished / 10:g}%" for part in (on_time, late)))


def test_the_overview_leads_there_and_another_group_or_period_falls_back(supervisor: Browser):
    assert "/oversight/promises/?period=month" in supervisor.get("/oversight/").source
    assert supervisor.get("/oversight/promises/", by="planet", period="x").status == 200
