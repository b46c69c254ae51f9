"""How text becomes tokens."""

import pytest

from tongban.search.rules import normalise, plan, suggestion
from tongban.search.rules.words import phrasings, split_pinyin, without_fillers
from tongban.search.types import Field


@pytest.mark.parametrize(("typed", "plain"), [
    ("殘疾證", "残疾证"), ("ＦＯＯＤ　Licence!!", "food licence"), ("  a \t b\n", "a b"), ("80岁", "80 岁"),
    ("\x00", ""), ("Straße", "strasse"),
])
def test_text_becomes_one_script_width_and_case(typed, plain):
    assert normalise(typed) == plain


def test_long_text_is_cut_before_it_costs_anything():
    assert len(normalise("开" * 100_000)) == 80
    assert len(plan("开饭店" * 10_000).groups) <= 48


@pytest.mark.parametrize(("typed", "wanted"), [
    ("残疾证怎么办", "残疾证"), ("我要去哪里办居住证", "居住证"), ("how do I get a residence permit", "residence permit"),
    ("劳动能力", "劳动能力"), ("怎么办", "怎么办"),
])
def test_words_without_news_are_left_out_but_never_all(typed, wanted):
    assert without_fillers(normalise(typed)) == wanted


@pytest.mark.parametrize(("word", "parts"), [
    ("gongjijin", ("gong", "ji", "jin")), ("gongjij", ("gong", "ji")), ("restaurant", ()), ("nvxing", ("nv", "xing")),
    ("", ()),
])
def test_pinyin_is_split_into_syllables(word, parts):
    assert split_pinyin(word) == parts


def test_a_phrase_is_said_in_other_orders_too():
    assert "餐馆开办" in phrasings("开餐馆")


def test_synonyms_stand_in_a_group_of_their_own():
    terms = {term.text for group in plan("民宿").groups for term in group if term.field is Field.ALIAS}
    assert {"民宿", "宾馆", "hotel"} <= terms


def test_a_suggestion_is_only_made_when_it_is_close():
    assert suggestion("居住正", ["居住证", "残疾证"]) == "居住证"
    assert suggestion("天气预报", ["居住证", "残疾证"]) == ""
