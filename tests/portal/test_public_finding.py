"""Home, search and the navigation: every service within three clicks, whatever the address says."""

import re
from html import unescape
from urllib.parse import quote, unquote

import pytest
import yaml
from django.conf import settings
from lxml import html

from tests.catalogue.given import every_item
from tests.portal.public import HOSTILE, LANGUAGES, client, signed_in, text_of
from tests.requirements import requirement
from tests.search.given import built, samples
from tongban.catalogue import queries
from tongban.catalogue.rules import four_lists, service_level
from tongban.catalogue.types import HandlingForm
from tongban.identity import actions as identity

__all__ = ["built", "samples"]
HOUSING = {each.slug for each in every_item() if each.life_stage == "housing"}
PAGES = ["/", "/search/", "/search/?q=开餐馆", "/services/", "/services/?all=1", "/region/", "/region/?in=510000000000",
         "/verify/", "/verify/nosuchcode/", "/status/", "/accessibility/", "/open-data/", "/design/", "/design/guide/"]
PARAMETERS = {"/search/": ("q", "page", "region", "online"), "/region/": ("in", "choose", "back"),
              "/services/": ("audience", "theme", "stage", "department", "region", "level", "form", "online", "after",
                             "all"), "/verify/": ("code",), "/": ("q",), "/mode/elder/": ("back",)}


def links_of(path):
    body = client().get(path).content.decode()
    return {unescape(href) for href in re.findall(r'href="(/[^"#]*)"', body)}


@pytest.mark.parametrize("prefix", LANGUAGES.values())
@pytest.mark.parametrize("path", PAGES)
def test_public_pages_answer_in_both_languages_without_cookies_or_tokens(built, prefix, path):
    answer = client().get(prefix + path)
    assert answer.status_code in (200, 404)
    body = answer.content.decode()
    assert ('lang="en"' if prefix else 'lang="zh-Hans"') in body
    assert "<h1" in body and "<title>" in body
    if path not in ("/status/", "/design/"):
        assert not answer.cookies and "csrfmiddlewaretoken" not in body


@pytest.mark.parametrize("path", PARAMETERS)
@pytest.mark.parametrize("value", HOSTILE)
def test_no_parameter_breaks_a_page_or_comes_back_as_markup(built, path, value):
    for name in PARAMETERS[path]:
        answer = client().get(path, {name: value})
        assert answer.status_code in (200, 303, 422)
        assert "<script>alert" not in answer.content.decode()
        if answer.status_code == 303:
            assert re.match(r"/(?![/\\])", answer["Location"])


@pytest.mark.parametrize("value", HOSTILE)
def test_no_cookie_breaks_a_page(built, value):
    as_sent = f"region={value}; mode={value}".encode().decode("latin-1")
    assert client().get("/", headers={"cookie": as_sent}).status_code == 200


@requirement("POR-18")
def test_every_service_is_three_clicks_from_the_home_page_at_most(built):
    wanted = {f"/services/{row.code}/" for row in queries.items(limit=1000).rows}
    reached, seen, frontier = set(), set(), {"/"}
    for _ in range(3):
        found = {link for page in frontier - seen for link in links_of(page)
                 if link.startswith(("/services/", "/search/"))}
        seen |= frontier
        reached |= found & wanted
        frontier = found - wanted
    assert reached == wanted


@requirement("POR-18")
def test_every_list_can_be_narrowed_to_what_can_be_done_online(built):
    lists = {link for link in links_of("/services/") if link.startswith("/services/?")}
    assert len(lists) > 50
    for path in sorted(lists)[::9]:
        assert 'name="online"' in client().get(path).content.decode()
        assert client().get(f"{path}&online=1").status_code == 200
    assert "online=1" in client().get("/search/", {"q": "许可"}).content.decode()


@requirement("POR-03")
def test_the_navigation_offers_all_classifications_with_true_counts(built):
    counts = queries.counts()
    body = unescape(client().get("/en/services/").content.decode())
    for parameter, key, number in [
        *(("audience=person&theme", key, number) for key, number in counts.themes_person.items()),
        *(("audience=entity&theme", key, number) for key, number in counts.themes_entity.items()),
        *(("stage", key, number) for key, number in counts.life_stages.items()),
        *(("department", key, number) for key, number in counts.authorities.items()),
        *(("region", key, number) for key, number in counts.regions.items()),
        *(("level", key, number) for key, number in counts.levels.items()),
        *(("form", key, number) for key, number in counts.handling_forms.items()),
    ]:
        link = re.search(rf'href="/en/services/\?{re.escape(parameter)}={key}"[^>]*>[^<]*<span class="meta">(\d+)<', body)
        assert link and int(link[1]) == number, (parameter, key)


@requirement("POR-03")
@pytest.mark.parametrize(("query", "holds"), [
    ("level=2", lambda row: row.level == "2"), ("form=4", lambda row: HandlingForm.COURIER in row.handling_forms),
    ("online=1", lambda row: row.is_online), ("stage=housing", lambda row: row.slug in HOUSING),
])
def test_a_choice_leaves_what_fits_it_and_nothing_else(built, query, holds):
    wanted = {f"/services/{row.code}/" for row in queries.items(limit=1000).rows if holds(row)}
    shown, path = set(), f"/services/?{query}"
    for _ in range(20):
        body = client().get(path).content.decode()
        shown |= set(re.findall(r'href="(/services/[0-9A-Za-z]+/)"', body))
        following = re.search(r'href="([^"]*)" rel="next"', body)
        if following is None:
            break
        path = unescape(following[1])
    assert shown == wanted


@requirement("POR-04")
def test_the_themes_for_people_and_companies_cover_the_required_list():
    themes = queries.themes()
    people = " ".join(each.name.zh for each in themes.person)
    for word in ("生育", "户籍", "证件", "教育", "就业", "社会保障", "医疗", "婚姻", "住房", "交通", "纳税", "养老", "残疾人",
                 "文化", "出境", "殡葬"):
        assert word in people
    companies = " ".join(each.name.zh for each in themes.entity)
    for word in ("设立", "变更", "准营", "税", "人力资源", "投资", "工程建设", "知识产权", "招标", "融资", "环保", "质量",
                 "年报", "注销"):
        assert word in companies


@requirement("POR-06")
def test_a_result_says_where_at_which_level_how_and_how_fast(built):
    said = text_of(client().get("/en/search/", {"q": "residence permit"}))
    assert "Guang'an District · County or district · On the spot · No visit needed · At the counter, on the web" in said


def test_the_heading_of_a_search_says_how_many_services_fit(built):
    answer = client().get("/en/search/", {"q": "residence permit"})
    tree = html.document_fromstring(answer.content.decode())
    count = len(tree.xpath("//ol[contains(@class, 'results')]/li"))
    heading = tree.xpath("string(//h1)")
    assert heading.endswith(" for “residence permit”") and 0 < count <= int(heading.split()[0])
    assert f"{count} of {heading.split()[0]} shown" in text_of(answer)


def test_an_empty_search_says_what_to_do(built):
    assert "A few words are enough" in text_of(client().get("/en/search/"))
    nothing = text_of(client().get("/en/search/", {"q": "qqqqqqqq"}))
    assert "We found nothing for these words" in nothing and "12345" in nothing and "Used most" in nothing
    assert "Remove one of the limits" in text_of(client().get("/en/search/", {"q": "qqqqqqqq", "online": "1"}))


def test_a_slip_is_offered_as_a_link(built):
    body = client().get("/search/", {"q": "居住正"}).content.decode()
    assert f"/search/?q={quote('居住证')}" in body


def test_the_questions_on_the_home_page_find_something(built):
    for prefix in LANGUAGES.values():
        asked = {link for link in links_of(f"{prefix}/") if "/search/?q=" in link}
        assert len(asked) == 4
        for link in asked:
            assert link.isascii() and " " not in link
            assert 'class="links results"' in client().get(link).content.decode(), link


def test_the_home_page_leads_to_ten_services_and_to_every_stage_of_life_that_has_some(built):
    found = links_of("/")
    assert {f"/services/{row.code}/" for row in queries.popular(10)} <= found
    assert {f"/services/?stage={stage}" for stage in queries.counts().life_stages} == {
        link for link in found if "stage=" in link}
    assert {"/status/", "/verify/", "/services/", "/region/?back=/"} <= found


def test_the_home_page_shows_no_figures_nobody_worked_out(built):
    assert 'class="figure"' not in client().get("/").content.decode()


def test_a_signed_in_reader_is_known_and_the_page_is_stored_nowhere(built):
    token = identity.sign_in(login=sample_login(), password="tongban-2026", address="127.0.0.1")
    answer = signed_in(token).get("/")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert "/sign-out/" in answer.content.decode()


def sample_login():
    return yaml.safe_load((settings.DATA / "people.yaml").read_text())["persons"][0]["login"]


def test_the_area_is_chosen_by_links_kept_and_shown(built):
    visitor = client()
    assert "/region/?in=510000000000" in visitor.get("/region/").content.decode()
    assert "/region/?in=511600000000" in visitor.get("/region/?in=510000000000").content.decode()
    answer = visitor.get("/region/?choose=511602000000&back=/services/")
    assert (answer.status_code, answer["Location"]) == (303, "/services/")
    assert "四川省 · 广安市 · 广安区" in text_of(visitor.get("/"))
    visitor.get("/region/?choose=none")
    assert "全国" in text_of(visitor.get("/"))


@pytest.mark.parametrize("back", ["//evil.example/x", "https://evil.example", "/\\evil.example", "javascript:alert(1)", ""])
def test_one_never_gets_sent_elsewhere(built, back):
    for path in ("/region/?choose=511602000000", "/mode/elder/?x=1"):
        assert client().get(f"{path}&back={quote(back)}")["Location"] == "/"


@pytest.mark.parametrize(("mode", "kept"), [("elder", "elder"), ("contrast", "contrast"), ("standard", "standard")])
def test_the_look_is_kept_and_one_returns(built, mode, kept):
    visitor = client()
    answer = visitor.get(f"/mode/{mode}/?back=/services/%3Fall%3D1")
    assert (answer.status_code, answer["Location"]) == (303, "/services/?all=1")
    assert f'class="{kept} portal"' in visitor.get("/").content.decode()
    assert client().get("/mode/other/").status_code == 404


@pytest.mark.parametrize("name", ["../base", "nothing", "x" * 300])
def test_the_living_page_shows_only_its_own_pages(built, name):
    assert client().get(f"/design/{quote(name, safe='')}/").status_code == 404


def share(body, label):
    """Count and total beside a label of the figures."""
    found = re.search(re.escape(label) + r" (\d+) of (\d+) \((\d+)%\)", body)
    assert found, label
    return int(found[1]), int(found[2])


@requirement("CAT-16", "CAT-47", "MOB-11", "HALL-03")
def test_the_open_data_page_counts_services_by_level_list_phone_and_visits(built):
    queries.forget()
    body = text_of(client().get("/en/open-data/"))
    guides = [queries.guide(row.code) for row in queries.items(limit=10_000).rows]
    total = len(guides)
    wanted = {
        "Wholly online, without a visit (level IV)": [service_level(each) == "IV" for each in guides],
        "Applied for online, one visit at most (level III)": [service_level(each) == "III" for each in guides],
        "Forms and advice online (level II)": [service_level(each) == "II" for each in guides],
        "Information online (level I)": [service_level(each) == "I" for each in guides],
        "Done on the spot": [each.promised_limit.count == 0 for each in guides],
        "Done the same working day": [four_lists(each) == "SAME_DAY" for each in guides],
        "Done within the promised time": [four_lists(each) == "TIME_LIMITED" for each in guides],
        "Examined here and passed on to a higher authority": [four_lists(each) == "AGENCY" for each in guides],
        "Can be handled on a phone": [HandlingForm.MOBILE in each.handling_forms for each in guides],
        "One visit at most": [each.visits <= 1 for each in guides],
    }
    assert {label: share(body, label) for label in wanted} == {label: (sum(those), total) for label, those in
                                                               wanted.items()}
    assert share(body, "One visit at most")[0] >= 0.9 * total


def test_choosing_another_look_or_area_loses_neither_page_nor_question(built):
    shown = client().get("/search/?q=%E9%A4%90%E9%A6%86&online=1").content.decode()
    for path in ("/mode/elder/", "/mode/contrast/", "/region/"):
        asked = re.search(rf'href="{path}\?back=([^"]*)"', shown)[1]
        assert unquote(asked) == "/search/?q=%E9%A4%90%E9%A6%86&online=1"
    assert 'href="/region/?back=/services/"' in client().get("/region/?back=/services/").content.decode()


@pytest.mark.parametrize(("login", "place"), [("wang-xiaoman", "/me/"), ("gaoling-market-reception", "/desk/")])
def test_everyone_signed_in_is_led_to_a_place_they_may_enter(built, login, place):
    token = identity.sign_in(login=login, password="tongban-2026", address="127.0.0.1")
    assert f'class="account" href="{place}"' in signed_in(token).get("/").content.decode()
