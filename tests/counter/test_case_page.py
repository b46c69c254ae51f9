"""The case in three panes: what is shown, what is covered, who looked, and the files."""

from datetime import datetime
from zoneinfo import ZoneInfo

from tests import journeys
from tests.conftest import ROOT
from tests.counter import given
from tests.requirements import requirement
from tongban.catalogue import queries as catalogue
from tongban.counter.folder import covered_fields
from tongban.kernel import database

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_numbers_and_phones_are_covered_and_the_acts_say_what_they_bring(db):
    number = given.received(given.SITE)
    page = given.clerk(given.SITE).get(f"/desk/{number}/")
    assert page.says("138****0000") and "13800000000" not in page.response.content.decode()
    assert page.says("受理 ：承诺 6 个工作日，3月10日（周二）前办结；法定到 3月30日（周一）。")
    assert page.says("剩 5 个工作日") and page.says("到期不答复，就视为受理。")
    assert page.response["Cache-Control"] == "no-store"


def test_identity_numbers_inside_the_answers_are_covered(db):
    number = given.received(given.PLAIN)
    page = given.clerk(given.PLAIN).get(f"/desk/{number}/")
    assert "11010519491231002X" not in page.response.content.decode() and page.says("110105********002X")


@requirement("SEC-08")
def test_where_a_person_lives_is_covered_below_the_county_until_a_reason_is_given(db):
    person, home = journeys.citizen(), "四川省广安市广安区示例路8号2栋301室"
    number = journeys.submitted(person, given.PLAIN, answers={"home_address": home})
    clerk = given.clerk(given.PLAIN)
    page = clerk.get(f"/desk/{number}/")
    assert page.says("四川省广安市广安区***") and "示例路8号" not in page.response.content.decode()
    assert clerk.post(f"/desk/{number}/applicant/", reason="compare").says(home)
    assert "answer:home_address" in given.reads_of(number)[-1][2]


@requirement("SEC-08")
def test_every_question_for_a_home_is_covered_and_no_address_of_a_firm(db):
    covered = set()
    for path in sorted((ROOT / "data" / "forms").glob("*.yaml")):
        form = catalogue.form(path.stem, 1)
        asked = {name: "四川省广安市广安区示例路8号" for name, field in form.fields.items()
                 if "address" in name or field.autocomplete == "street-address"}
        covered |= {f"{path.stem}.{name}" for name in covered_fields(form, asked)}
    assert covered == {
        "birth-registration.address", "disability-allowance.address", "disability-card.address", "driving-licence.address",
        "fishing-licence.address", "graduate-registration.home_address", "household-move.new_address",
        "household-move.old_address", "housing-fund-withdrawal.home_address", "identity-card.home_address",
        "legal-aid.address", "living-allowance.address", "old-age-allowance.home_address", "patent-application.address",
        "pension-check.address", "residence-permit.residence_address", "residence-permit.household_address",
        "retiree-file.home_address", "school-enrolment.address", "social-security-card.address",
        "temporary-assistance.address", "veteran-card.address", "work-capacity-review.home_address"}


def test_opening_a_case_is_noted_once_an_hour_for_each_officer(db, at):
    number = given.received(given.SITE)
    clerk, reviewer = given.clerk(given.SITE), given.reviewer(given.SITE)
    clerk.get(f"/desk/{number}/")
    clerk.get(f"/desk/{number}/")
    reviewer.get(f"/desk/{number}/")
    noted = given.reads_of(number)
    assert [actor for actor, _, _ in noted] == [f"account:{clerk.actor.account}", f"account:{reviewer.actor.account}"]
    assert noted[0][1:] == ("accept", ["name_masked", "answers_masked", "materials"])
    at(datetime(2026, 3, 2, 11, 0, tzinfo=SHANGHAI))
    clerk.token = given.sign_in_again(clerk)
    clerk.get(f"/desk/{number}/")
    assert len(given.reads_of(number)) == 3


def test_what_is_covered_is_shown_once_for_a_reason_the_applicant_can_read(db):
    number = given.received(given.SITE)
    clerk = given.clerk(given.SITE)
    path = f"/desk/{number}/applicant/"
    assert "13800000000" not in clerk.get(path).response.content.decode()
    refused = clerk.post(path, reason="")
    assert refused.status == 422 and refused.says("请说明为什么要看。") and given.reads_of(number) == []
    short = clerk.post(path, reason="other", other="看看")
    assert short.status == 422 and 'value="看看"' in short.response.content.decode() and given.reads_of(number) == []
    shown = clerk.post(path, reason="other", other="核对预约的联系电话")
    assert shown.status == 200 and shown.says("13800000000")
    assert given.reads_of(number) == [(f"account:{clerk.actor.account}", "核对预约的联系电话", ["answer:phone"])]
    assert "13800000000" not in clerk.get(f"/desk/{number}/").response.content.decode()


def test_a_reason_of_more_than_200_characters_is_refused_and_kept(db):
    number = given.received(given.SITE)
    clerk = given.clerk(given.SITE)
    path, longest = f"/desk/{number}/applicant/", "核" * 200
    refused = clerk.post(path, reason="other", other=longest + "对")
    assert refused.status == 422 and refused.says("理由最多 200 个字。") and given.reads_of(number) == []
    assert f'value="{longest}对"' in refused.response.content.decode()
    assert clerk.post(path, reason="other", other=f" {longest} ").status == 200
    assert given.reads_of(number) == [(f"account:{clerk.actor.account}", longest, ["answer:phone"])]


def test_another_authority_does_not_learn_that_the_case_exists(db):
    number = given.received(given.SITE)
    stranger = given.officer(journeys.authority_of(given.PLAIN), *given.Role)
    for part in ("", "applicant/", "accept/", "corrections/", "decline/", "examine/", "decide/", "suspend/", "resume/",
                 "extend/", "files/1/"):
        assert stranger.get(f"/desk/{number}/{part}").status == 404, part
        if part:
            assert stranger.post(f"/desk/{number}/{part}", outcome="GRANTED", **{"pass": "examine"}).status == 404, part
    assert given.state_of(number) == "SUBMITTED" and given.reads_of(number) == []


def test_a_file_comes_as_an_attachment_and_the_read_is_noted(db):
    number = given.received(given.SITE)
    material = given.shared_file(number)
    clerk = given.clerk(given.SITE)
    file = clerk.browser.get(f"/desk/{number}/files/{material}/", follow=True)
    assert file.status_code == 200 and file.content == journeys.PNG
    assert file["Content-Disposition"].startswith("attachment") and file["X-Content-Type-Options"] == "nosniff"
    assert file["Content-Type"] == "image/png" and file["Cache-Control"] == "no-store"
    assert given.reads_of(number) == [(f"account:{clerk.actor.account}", "accept", ["material:location-plan"])]


def test_a_file_of_another_case_is_not_served_under_this_one(db):
    number, other = given.received(given.SITE), given.received(given.SITE)
    clerk = given.clerk(given.SITE)
    assert clerk.browser.get(f"/desk/{number}/files/{given.shared_file(other)}/").status_code == 404
    assert clerk.browser.get(f"/desk/{number}/files/{'9' * 30}/").status_code == 404


def test_the_history_tells_every_entry_who_did_it_and_in_which_post(db):
    number = given.received(given.SITE)
    clerk = given.clerk(given.SITE)
    clerk.post(f"/desk/{number}/accept/")
    page = given.reviewer(given.SITE).get(f"/desk/{number}/")
    assert page.says(f"受理了 3月2日 10:00 · {clerk.name} · 受理岗") and page.says("收件 3月2日 10:00 · 申请人")
    english = given.reviewer(given.SITE).get(f"/en/desk/{number}/")
    assert english.says(f"Accepted 2 Mar, 10:00 · {clerk.name}, reception") and english.says("6 working days left")


def test_the_clock_turns_red_after_the_legal_limit(db, at):
    number = given.accepted(given.SITE)
    at(datetime(2026, 3, 31, 9, 30, tzinfo=SHANGHAI))
    reviewer = given.reviewer(given.SITE)
    assert reviewer.get(f"/desk/{number}/").says("红牌：超过法定时限")
    at(datetime(2026, 3, 12, 9, 30, tzinfo=SHANGHAI))
    reviewer = given.reviewer(given.SITE)
    assert reviewer.get(f"/desk/{number}/").says("黄牌：超过承诺时限")


def test_a_number_that_cannot_be_one_gets_the_page_for_nothing_found(db):
    clerk = given.clerk(given.SITE)
    for number in ("nothing", "9" * 200, "%00", "..%2f", "a'b"):
        assert clerk.browser.get(f"/desk/{number}/").status_code == 404, number


def test_a_case_of_a_made_up_applicant_says_so(db):
    number = given.received(given.PLAIN)
    clerk, tag = given.clerk(given.PLAIN), '<span class="tag">示例</span>'
    assert tag in clerk.get(f"/desk/{number}/").response.content.decode()
    database.execute("update identity_account set sample = false where party_id = (select applicant_id from cases_case "
                     "where number = %s)", [number])
    assert tag not in clerk.get(f"/desk/{number}/").response.content.decode()


def test_the_case_says_first_that_a_promised_paper_keeps_it_from_being_granted(db):
    number = journeys.promising(journeys.with_firm(journeys.citizen()), "food-operation-gaoling")
    clerk = given.clerk("food-operation-gaoling")
    assert not clerk.get(f"/desk/{number}/").says("现在还不能准予")
    clerk.post(f"/desk/{number}/accept/")
    assert clerk.get(f"/desk/{number}/").says("申请人还要补交答应过的材料：食品安全制度清单。")
