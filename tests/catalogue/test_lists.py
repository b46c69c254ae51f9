"""Finding items: filters, pages, counts, popular ones."""

import pytest

from tests.catalogue.given import EDITOR, every_item, own_item, publish
from tests.requirements import requirement
from tongban.authorities.errors import RegionUnknown
from tongban.catalogue import actions, queries
from tongban.catalogue.rules import code_of
from tongban.kernel import events

ALL = 500


def slugs(**filters):
    return {row.slug for row in queries.items(limit=ALL, **filters).rows}


def test_pages_follow_one_another_without_gap_or_repetition(db):
    whole = [row.code for row in queries.items(limit=ALL).rows]
    seen, after = [], ""
    while True:
        page = queries.items(limit=5, after=after)
        seen += [row.code for row in page.rows]
        after = page.after
        if not after:
            break
    assert seen == whole
    assert len(set(whole)) == len(whole) >= len(every_item())


@requirement("POR-03")
def test_items_are_found_by_whom_they_serve_theme_stage_department_level_and_form(db):
    samples = every_item()
    mine = {each.slug for each in samples}
    assert slugs(audience="person") & mine == {each.slug for each in samples if each.themes_person}
    assert slugs(audience="entity") & mine == {each.slug for each in samples if each.themes_entity}
    assert slugs(audience="person", theme="06") & mine == {e.slug for e in samples if "06" in e.themes_person}
    assert slugs(audience="entity", theme="03") & mine == {e.slug for e in samples if "03" in e.themes_entity}
    assert slugs(life_stage="identity") & mine == {each.slug for each in samples if each.life_stage == "identity"}
    assert slugs(level="5") & mine == {each.slug for each in samples if each.level == "5"}
    assert slugs(handling_form="4") & mine == {each.slug for each in samples if "4" in each.handling_forms}
    authority = queries.guide(queries.code_of("residence-permit-guangan")).authority_id
    police = next(each.authority for each in samples if each.slug == "residence-permit-guangan")
    assert slugs(authority=authority) == {each.slug for each in samples if each.authority == police}
    assert slugs(online=False) & mine == {each.slug for each in samples if not {"2", "3"} & set(each.handling_forms)}


@requirement("POR-03", "ARC-05")
def test_a_region_offers_its_own_items_those_within_and_those_above(db):
    assert {"residence-permit-guangan", "housing-fund-withdrawal-guangan"} <= slugs(region="511602")
    assert "housing-fund-withdrawal-guangan" in slugs(region="511602102200")
    assert "residence-permit-guangan" in slugs(region="51")
    assert "residence-permit-guangan" not in slugs(region="610117")
    with pytest.raises(RegionUnknown):
        queries.items(region="99")


@requirement("POR-03", "ARC-05")
def test_what_the_whole_country_offers_is_offered_in_every_region_and_says_so(db):
    assert "patent-application" in slugs(region="610117") & slugs(region="511602102200") & slugs(region="11")
    [row] = [row for row in queries.items(level="1", limit=ALL).rows if row.slug == "patent-application"]
    assert (row.region_name.zh, queries.guide(row.code).region_name.en) == ("全国", "The whole country")


@requirement("POR-03")
def test_counts_agree_with_the_lists(db):
    queries.forget()
    counts = queries.counts()
    assert counts.total == len(slugs())
    for theme, count in counts.themes_person.items():
        assert count == len(slugs(audience="person", theme=theme))
    for theme, count in counts.themes_entity.items():
        assert count == len(slugs(audience="entity", theme=theme))
    for stage, count in counts.life_stages.items():
        assert count == len(slugs(life_stage=stage))
    for authority, count in counts.authorities.items():
        assert count == len(slugs(authority=authority))
    assert sum(counts.levels.values()) == sum(counts.regions.values()) == counts.total
    assert counts.handling_forms["2"] == len(slugs(handling_form="2"))
    assert counts.objects["1"] >= 17


def test_the_popular_ones_are_those_applied_for_most(db):
    wanted = own_item()
    publish(wanted)
    code = code_of(wanted)
    actions.note_demand(EDITOR, counts={code: 3000})
    actions.note_demand(EDITOR, counts={code: 4000})
    assert queries.popular(1)[0].code == code
    assert [(e.name, e.payload["count"]) for e in events.of_subject(f"item:{code}")[1:]] == [("DemandNoted", 3000),
                                                                                           ("DemandNoted", 4000)]


@requirement("POR-04")
def test_the_themes_cover_the_lists_of_the_standard():
    person = "".join(theme.name.zh for theme in queries.themes().person)
    for word in ("生育", "户籍", "证件", "教育", "就业", "社会保障", "医疗", "婚姻", "住房", "交通",
                 "纳税", "养老", "残疾", "文化", "出境", "殡葬"):
        assert word in person
    entity = "".join(theme.name.zh for theme in queries.themes().entity)
    for word in ("设立", "变更", "准营", "税", "人力资源", "投资", "工程", "知识产权", "招标", "融资",
                 "环保", "质量", "年报", "注销"):
        assert word in entity
