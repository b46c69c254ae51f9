"""What other systems list can be found and read, and nobody is led to think that one can apply for it here."""

import itertools
import json

import pytest

from tests.portal.public import HOSTILE, LANGUAGES, client, text_of
from tongban.catalogue import actions, queries
from tongban.catalogue.rules import listed_code
from tongban.catalogue.rules.reading import read_file
from tongban.config.pagecache import key_of
from tongban.kernel.types import System

TESTER = System(name="tester")
RICH = {
    "name": "放风筝备案", "agency": "示例风筝局", "region": "四川省广安市广安区", "level": "县级", "item_type": "行政许可",
    "handle_type": "联报件", "statutory_time_limit": "20日", "promised_time_limit": "3个工作日（现场审核时间除外）",
    "fee_standard": "10元/本", "consult_phone": "86689466", "window_hours": "工作日：夏季9:00-12:00；冬季9:00-11:00",
    "materials": [{"seq": 1, "name": "身份证", "form": "原件1份、复印件2份", "copies": "", "source": "村里", "necessity": "视情形"}],
    "conditions": ["会放风筝"], "organiser_judged_fields": ["level"], "excerpt_truncated": True,
    "secondary_source": True, "source_url": "https://example.org/a b", "颜色": "<红>"}
_numbers = itertools.count(1)

pytestmark = pytest.mark.usefixtures("db")


def listed(**changes):
    source = f"pages-{next(_numbers)}"
    record = {"id": "1", **RICH, **changes}
    content = json.dumps([{name: value for name, value in record.items() if value is not None}]).encode()
    actions.list_items(TESTER, source=source, file="风筝.json", records=read_file(content, name="x.json"))
    queries.forget()
    return listed_code(source, "1")


def test_the_page_says_first_that_one_cannot_apply_here_and_offers_no_way_to(house):
    body = client().get(f"/listed/{listed()}/").content.decode()
    assert body.index("这件事不能在本平台申请") < body.index("到哪里办")
    assert "/apply/" not in body and "开始" not in text_of(client().get(f"/listed/{listed()}/"))


def test_the_page_shows_what_is_known_and_where_it_came_from():
    text = text_of(client().get(f"/listed/{listed()}/"))
    for said in ("示例风筝局", "广安区", "3 个工作日 （现场审核时间除外）", "20 天 （来源没有写是不是工作日）", "10 元 / 本",
                 "工作日 09:00-12:00", "原件 1 份", "复印件 2 份", "来源的原话：村里", "会放风筝", "86689466 （来源没有写区号）",
                 "风筝.json，第 1 条记录",
                 "来源没有写，是做清单的人判断的", "截短", "转引", "还有 1 个字段"):
        assert said.replace(" ", "") in text.replace(" ", ""), said


def test_a_field_nobody_knows_is_kept_and_shown_to_nobody():
    code = listed(经办人="某某 13900000000")
    assert "13900000000" not in client().get(f"/listed/{code}/").content.decode()
    assert "13900000000" in queries.listed_item(code).raw


def test_what_could_not_be_read_stands_in_the_words_of_the_source():
    text = text_of(client().get(f"/listed/{listed()}/"))
    assert "联报件 来源的原话，我们没能读懂" in text


def test_what_the_source_does_not_say_is_said_to_be_missing():
    text = text_of(client().get(f"/en/listed/{listed(fee_standard=None, materials=None, conditions=None)}/"))
    assert text.count("The source does not say:") == 1
    unsaid = text.partition("The source does not say:")[2].partition(".")[0]
    assert {"Fee", "What to prepare", "Who may apply"} <= set(unsaid.strip().split(", ")) and "Promised time" not in unsaid
    assert "Fee" not in text.replace(unsaid, "") and "What to prepare" not in text.replace(unsaid, "")


def test_only_addresses_of_the_web_become_links():
    assert 'href="https://example.org/a"' in client().get(f"/listed/{listed()}/").content.decode()
    body = client().get(f"/listed/{listed(source_url='javascript:alert(1)')}/").content.decode()
    assert 'href="javascript' not in body and "打开来源网页" not in body


@pytest.mark.parametrize("prefix", LANGUAGES.values())
def test_the_list_narrows_by_area_and_department_and_says_what_it_is(prefix):
    department = f"示例局{next(_numbers)}"
    code = listed(agency=department)
    body = client().get(f"{prefix}/listed/", {"region": "511602000000", "department": department}).content.decode()
    assert body.count("/listed/L") == 1 and code in body
    assert ("不能在这里申请" if not prefix else "you cannot apply for it here") in body


def test_the_directory_and_the_list_of_an_area_lead_to_what_is_only_listed():
    listed()
    assert 'href="/listed/"' in client().get("/services/").content.decode()
    assert 'href="/listed/?region=511602000000"' in client().get("/services/?region=511602000000").content.decode()
    assert "/listed/" not in client().get("/services/?online=1").content.decode()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_input_is_answered(text):
    assert client().get("/listed/", {"region": text, "department": text, "after": text}).status_code == 200
    assert client().get(f"/listed/{text.replace('/', '-').replace(chr(0), '-')[:200]}/").status_code == 404


def test_both_pages_may_be_kept_for_everyone():
    def key(path, query=""):
        return key_of({"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query})

    assert key("/en/listed/L0123456789ABCDE/") and key("/listed/", "region=511602000000")
    assert key("/listed/", "q=x") is None and key("/listed/L0123456789abcde/") is None
