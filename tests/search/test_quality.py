"""The right service comes up for what people type."""

import pytest

from tests.requirements import requirement
from tests.search import questions
from tests.search.given import built, samples
from tongban.search import queries

__all__ = ["built", "samples"]
WANTED_SHARE = 0.9


@requirement("POR-06")
def test_at_least_sixty_questions_and_nine_in_ten_find_the_right_service_among_the_first_five(built):
    missed = [(asked, wanted) for asked, wanted in questions.ALL
              if wanted not in [row.slug for row in queries.find(asked, limit=5).rows]]
    assert len(questions.ALL) >= 60
    assert len(missed) <= len(questions.ALL) * (1 - WANTED_SHARE), missed


@requirement("POR-06")
@pytest.mark.parametrize("kind", ["SPOKEN", "PINYIN", "INITIALS", "TRADITIONAL", "SLIPS", "ENGLISH"])
def test_every_way_of_asking_reaches_nine_in_ten_by_itself(built, kind):
    asked = getattr(questions, kind)
    missed = [(text, wanted) for text, wanted in asked
              if wanted not in [row.slug for row in queries.find(text, limit=5).rows]]
    assert len(missed) <= len(asked) * (1 - WANTED_SHARE), missed


@requirement("POR-06")
@pytest.mark.parametrize(("said", "meant"), [
    ("民宿", "public-hygiene-guangan"), ("地摊", "road-occupation-huimin"), ("诊所", "medical-institution-jiaozhou"),
    ("聋哑", "disability-card-guangan"), ("敬老院", "private-unit-hebei"), ("hostel", "public-hygiene-guangan"),
])
def test_words_nobody_wrote_into_the_catalogue_are_understood(built, said, meant):
    assert meant in [row.slug for row in queries.find(said, limit=5).rows]


@pytest.mark.parametrize(("slip", "meant"), [
    ("居住正", "居住证"), ("公基金提取", "公积金提取"), ("disabilty card", "disability card"),
])
def test_a_slip_is_answered_with_what_was_meant(built, slip, meant):
    assert queries.find(slip).did_you_mean == meant


@pytest.mark.parametrize("right", ["居住证", "公积金提取", "disability card", "juzhuzheng", "cjz", "砍树"])
def test_what_is_right_is_not_questioned(built, right):
    assert queries.find(right).did_you_mean == ""
