"""The reviewer's half: rate by link, add one comment, read the answer, say whether it settles it, take words back."""

import re
from datetime import date, datetime

import pytest

from tests.counter import given as counter
from tests.oversight import given as oversight
from tests.portal.public import HOSTILE, client, signed_in, text_of
from tests.requirements import requirement
from tests.reviews import given as desks
from tests.reviews.conftest import token_of
from tongban.calendars.types import SHANGHAI
from tongban.cases.rules import commitment
from tongban.identity.types import Role
from tongban.kernel import database, events, parameters
from tongban.kernel.types import System
from tongban.reviews import actions, queries
from tongban.reviews.types import Grade, TokenHolder

DONE = "已经当面说明，并且改了流程。"

ANSWER = "已安排专人接电话，并向您道歉。"


@pytest.fixture
def desk(db):
    return desks.desk()


@pytest.fixture
def link(desk, catch_up):
    """The path of the link in the message of a case just finished."""

    def make():
        number = desks.decided(desk)
        catch_up()
        return f"/reviews/{token_of(number)}/"

    return make


@pytest.fixture
def rated(link, catch_up):
    """The path of a link by which a rating was given on its page."""

    def make(grade=5, text="等了很久，没有人接电话。", **more):
        path = link()
        sent = client().post(path, {"grade": str(grade), "text": text, **more})
        assert (sent.status_code, sent["Location"]) == (303, f"{path}?done=rate")
        catch_up()
        return path

    return make


def words(path, english=False):
    answer = client().get(("/en" if english else "") + path)
    assert answer.status_code == 200
    return text_of(answer)


def token(path):
    return path.split("/")[2]


def rectification(path):
    """The number and the state of what a poor rating opened."""
    return database.row("select id, state from reviews_rectification where case_number = %s",
                        [queries.invitation(token(path)).case_number])


def told(path, name):
    """What events of a name say of a review and its rectification."""
    subjects = [f"review:{queries.invitation(token(path)).id}"]
    if found := rectification(path):
        subjects.append(f"rectification:{found[0]}")
    return [each.payload for subject in subjects for each in events.of_subject(subject) if each.name == name]


def answered(desk, path):
    """Take the rectification of a poor rating to its answer on the pages of the desk."""
    key, _ = rectification(path)
    head, clerk = (counter.officer(desk.authority, role) for role in (Role.DECIDER, Role.RECEPTIONIST))
    here = f"/desk/rectifications/{key}/"
    assert head.post(here, act="assign", account=str(clerk.actor.account)).status == 303
    assert clerk.post(here, act="verify", finding="TRUE", reason="查了通话记录，确实没人接。").status == 303
    assert clerk.post(here, act="rectify", remedy="LIMITED", done=DONE).status == 303
    assert clerk.post(here, act="answer", answer=ANSWER).status == 303


@requirement("EVA-10", "EVA-11")
def test_a_poor_rating_is_followed_on_its_link_until_it_is_answered_called_back_and_closed(desk, rated, catch_up):
    path = rated(5)
    key, _ = rectification(path)
    assert [each["rectification"] for each in told(path, "RectificationOpened")] == [key]
    assert "已送到部门" in words(path) and "要在2026年3月3日（周二）前核实，还剩 1 个工作日" in words(path)
    head, clerk = (counter.officer(desk.authority, role) for role in (Role.DECIDER, Role.RECEPTIONIST))
    supervisor = oversight.officer({desk.authority: Role.SUPERVISOR})
    here, above = f"/desk/rectifications/{key}/", f"/oversight/rectifications/{key}/"
    story = [
        (lambda: head.post(here, act="assign", account=str(clerk.actor.account)), "ASSIGNED", "正在核实"),
        (lambda: clerk.post(here, act="verify", finding="TRUE", reason="查了通话记录。"), "VERIFIED", "您说的属实"),
        (lambda: clerk.post(here, act="rectify", remedy="LIMITED", done=DONE), "RECTIFYING", f"怎么整改 {DONE}"),
        (lambda: supervisor.post(above, act="extend", reason="要换电话设备，等到货。"), "RECTIFYING",
         "为什么要多些时间 要换电话设备，等到货。"),
        (lambda: clerk.post(here, act="answer", answer=ANSWER), "FED_BACK", ANSWER)]
    for act, state, shown in story:
        closing = supervisor.post(above, act="close")
        assert closing.status == 422, "nothing is closed before the reviewer was asked"
        act()
        assert rectification(path)[1] == state and shown in words(path), state
    assert len(told(path, "RectificationExtended")) == 1
    assert supervisor.post(above, act="close").status == 422
    catch_up()
    sent = database.row("select link from messages_message where party = %s and title->>'zh' = '您的评价有答复了'",
                        [desk.citizen.party])
    assert sent == (path,)
    settled = client().post(path, {"act": "settle", "settled": "yes"})
    assert (settled.status_code, settled["Location"]) == (303, f"{path}?done=settle")
    assert rectification(path)[1] == "REVISITED" and "答复以后 满意" in words(path)
    assert supervisor.post(above, act="close").where == above
    assert rectification(path)[1] == "CLOSED" and "监督人员已经了结这件事" in words(path)


@pytest.mark.parametrize(("said", "grade", "shown"), [("yes", 2, "Satisfied"), ("no", 4, "Dissatisfied")])
def test_the_reviewer_says_once_whether_the_answer_settles_it(desk, rated, said, grade, shown):
    path = rated(5)
    answered(desk, path)
    assert "Are you satisfied with this answer?" in words(path, english=True)
    for wrong in ("", "maybe", "5"):
        refused = client().post(path, {"act": "settle", "settled": wrong})
        assert refused.status_code == 422 and 'href="#settled"' in refused.content.decode()
    assert rectification(path)[1] == "FED_BACK"
    client().post(path, {"act": "settle", "settled": said})
    assert client().post(path, {"act": "settle", "settled": "yes"}).status_code == 422
    found = queries.rectification(rectification(path)[0])
    assert (found.revisit_grade, found.review.grade) == (grade, 5)
    page = words(path, english=True)
    assert f"After the answer {shown}" in page and "Are you satisfied with this answer?" not in page


def test_nobody_is_asked_to_settle_what_is_not_answered(rated):
    path = rated(4)
    assert 'name="settled"' not in client().get(path).content.decode()
    assert client().post(path, {"act": "settle", "settled": "yes"}).status_code == 422
    assert rectification(path)[1] == "RECEIVED"


def test_a_day_that_passed_is_said_to_be_late(rated, at):
    path = rated(5)
    at(datetime(2026, 3, 4, 9, 0, tzinfo=SHANGHAI))
    page = words(path, english=True)
    assert "Late" in page and "It was due by Tuesday 3 March 2026." in page


@pytest.mark.parametrize("grade", [1, 3])
def test_a_good_rating_shows_what_was_said_and_waits_for_nothing(desk, link, grade):
    path = link()
    offered = queries.options(on=datetime(2026, 3, 2, tzinfo=SHANGHAI).date()).of(Grade(grade))[0]
    client().post(path, {"grade": str(grade), "option": offered.code, "text": "很快，电话13800138000"})
    page = words(f"{path}?done=rate", english=True)
    assert offered.label.en in page and "很快，电话***" in page
    assert "Your rating is published together with those of others" in page
    assert "What became of it" not in page and queries.invitation(token(path)).grade == grade


def test_one_comment_is_added_on_the_page_and_only_one(rated):
    path = rated(2, text="")
    long = client().post(path, {"act": "add", "text": "慢" * 501})
    assert long.status_code == 422 and "慢" * 501 in long.content.decode() and "500" in text_of(long)
    assert client().post(path, {"act": "add", "text": "  "}).status_code == 422
    assert told(path, "ReviewFollowedUp") == []
    sent = client().post(path, {"act": "add", "text": "后来还打电话来问好不好用。"})
    assert (sent.status_code, sent["Location"]) == (303, f"{path}?done=add")
    assert "追评 后来还打电话来问好不好用。" in words(path)
    assert 'name="text"' not in client().get(path).content.decode()
    assert client().post(path, {"act": "add", "text": "再说一句"}).status_code == 422
    number = queries.invitation(token(path)).case_number
    text, salt = database.row("select follow_up, follow_up_salt from reviews_review where case_number = %s", [number])
    assert told(path, "ReviewFollowedUp") == [{"case_number": number, "text_hash": commitment(salt, text)}]


def test_words_taken_back_are_read_by_nobody_and_the_grade_stays(desk, rated):
    path = rated(5, text="我是王五，等了很久。")
    assert "我是王五" in words(f"/services/{desk.item}/")
    sent = client().post(path, {"act": "erase"})
    assert (sent.status_code, sent["Location"]) == (303, f"{path}?done=erase")
    client().post(path, {"act": "erase"})
    assert len(told(path, "ReviewTextErased")) == 1
    for page in (words(path), words(f"/services/{desk.item}/"), words(f"/services/{desk.item}/reviews/")):
        assert "王五" not in page and "撤回了自己写的话" in page and "非常不满意" in page
    assert client().post(path, {"act": "add", "text": "再说一遍"}).status_code == 422
    stored = database.row("select text, public_text, text_salt, grade from reviews_review where case_number = %s",
                          [queries.invitation(token(path)).case_number])
    assert stored == ("", "", "", 5)


def test_the_page_asks_for_no_more_than_the_rule_takes(link):
    path = link()
    asked = client().get(f"/en{path}")
    assert "maxlength" not in asked.content.decode() and "At most 500 characters." in text_of(asked)
    refused = client().post(path, {"grade": "5", "text": "慢" * 501})
    assert refused.status_code == 422 and "慢" * 501 in refused.content.decode()
    assert "多了 1 个字，最多 500 个字" in text_of(refused) and 'aria-describedby="text-hint text-error"' in refused.content.decode()
    assert queries.invitation(token(path)).grade is None
    assert client().post(path, {"grade": "5", "text": "慢" * 500}).status_code == 303


def test_a_rating_sent_twice_counts_once(rated):
    path = rated(5)
    again = client().post(path, {"grade": "1", "text": "改主意了"})
    assert (again.status_code, again["Location"]) == (303, path)
    assert queries.invitation(token(path)).grade == 5 and len(told(path, "ReviewGiven")) == 1


def test_staff_who_hold_the_link_can_say_nothing_by_it(desk, rated):
    path = rated(5)
    answered(desk, path)
    officer = signed_in(counter.officer(desk.authority, Role.SUPERVISOR).token)
    before = database.row("select count(*) from kernel_event")
    for act in ({"act": "settle", "settled": "yes"}, {"act": "add", "text": "很好"}, {"act": "erase"}):
        assert officer.post(path, act).status_code == 422
    assert database.row("select count(*) from kernel_event") == before
    assert rectification(path)[1] == "FED_BACK"


def test_a_link_is_never_kept_by_anyone_on_the_way(rated):
    assert client().get(rated(3))["Cache-Control"] == "no-store"
    assert client().get(f"/reviews/{'0' * 32}/").status_code == 404


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_written_is_shown_as_text(desk, rated, text):
    path = rated(4, text=text[:500])
    client().post(path, {"act": "add", "text": "追评" + text[:498]})
    for page in (path, f"/services/{desk.item}/", f"/services/{desk.item}/reviews/"):
        body = client().get(page).content.decode()
        assert "<script>alert" not in body and "\x00" not in body


def test_a_service_nobody_rated_says_so_and_who_will_be_asked(desk):
    for page in (words(f"/services/{desk.item}/", english=True), words(f"/services/{desk.item}/reviews/", english=True)):
        assert "Nobody has rated this service yet" in page and "Everyone is asked when their case is finished" in page


def counted(desk, path):
    """The count beside every grade on a page."""
    body = client().get(path).content.decode()
    bars = re.search(r'(?s)<ul class="bars">(.*?)</ul>', body).group(1)
    return [int(each) for each in re.findall(r'<span class="value">(\d+)</span>', bars)]


@requirement("SEC-04")
def test_the_guide_counts_every_grade_and_shows_the_latest_five_with_their_answers(desk, link, catch_up):
    for order, grade in enumerate((1, 1, 2, 3, 4, 5, 5)):
        actions.submit_review(TokenHolder(), token=token(link()), grade=grade, text=f"第{order}个，卡号6222021234567890")
    catch_up()
    path = f"/services/{desk.item}/"
    keys = [key for (key,) in database.rows(
        "select f.id from reviews_rectification f join reviews_review r on r.id = f.review_id where r.item_code = %s "
        "order by f.id", [desk.item])]
    clerk, supervisor = desk.reviewer, desk.supervisor
    with desks.as_(supervisor):
        for key in keys[1:]:
            actions.assign_rectification(supervisor, rectification=key, account=clerk.account)
        actions.verify_rectification(supervisor, rectification=keys[1], finding="TRUE", reason="内部核实经过")
        actions.verify_rectification(supervisor, rectification=keys[2], finding="MISTAKEN", reason="评的是另一件事。")
        actions.rectify(supervisor, rectification=keys[1], remedy="IMMEDIATE", done=DONE)
        actions.feed_back(supervisor, rectification=keys[1], answer=ANSWER)
    assert "目前评价不到 10 个" in words(path) and '<ul class="bars">' not in client().get(path).content.decode()
    assert "6 个评价" not in words(path) and "另有不到 10 个" in words(path)
    parameters.set_value(System(name="test"), name="statistics.smallest_group", value=1, effective_from=date(2026, 3, 1), source="test")
    parameters.forget()
    page = words(path)
    assert counted(desk, path) == [2, 1, 1, 1, 1] and "6 个评价" in page and "另有 1 个" in page
    assert [each in page for each in ("第6个", "第5个", "第4个", "第3个", "第2个", "第1个", "第0个")] == [True] * 5 + [False] * 2
    assert page.index("第6个") < page.index("第5个") < page.index("第2个")
    assert f"2026年3月2日答复： {ANSWER}" in page and "不计入统计。 评的是另一件事。" in page
    assert "部门要核实并答复。" in page and "6222" not in page and "内部核实经过" not in page
    assert f'href="{path}reviews/"' in client().get(path).content.decode()
    assert desks.ANSWERS["premises_name"] not in page and not [each for each in desk.numbers if each in page]


def test_the_page_of_all_ratings_turns_through_every_one_once(desk, link):
    for order in range(23):
        actions.submit_review(TokenHolder(), token=token(link()), grade=2, text=f"第{order:02}条")
    found, path = [], f"/services/{desk.item}/reviews/"
    while path:
        body = client().get(path).content.decode()
        found.append(re.findall(r"第(\d\d)条", body))
        path = next(iter(re.findall(r'href="([^"]+)" rel="next"', body)), "")
    assert [len(each) for each in found] == [20, 3]
    assert [int(each) for page in found for each in page] == list(range(22, -1, -1))
    assert "20 of 23 shown" in words(f"/services/{desk.item}/reviews/", english=True)


@pytest.mark.parametrize("before", [*HOSTILE, "1", "9" * 17])
def test_the_page_of_all_ratings_takes_any_query(desk, rated, before):
    rated(2)
    assert client().get(f"/services/{desk.item}/reviews/", {"before": before}).status_code == 200


def test_ratings_of_a_service_that_does_not_exist_are_not_found(db):
    for code in ("AAAA", "%00", "..", "<script>"):
        assert client().get(f"/services/{code}/reviews/").status_code == 404
