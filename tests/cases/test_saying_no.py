"""A refusal is said wholly in the reader's language, whichever surface says it."""

import re

import pytest
from django.test import RequestFactory
from django.utils import translation

from tests.cases.given import SITE, accepted, refused
from tongban.api.problems import answer
from tongban.cases import actions as cases
from tongban.cases.errors import MoveNotAllowed, NotYourTurn
from tongban.cases.types import ACTS, IN_WORDS, Outcome, State
from tongban.counter.words import said
from tongban.web.failures import told

ENGLISH = RequestFactory(headers={"accept-language": "en"}).get("/")

@pytest.mark.parametrize("say", [told, said])
def test_no_raw_word_stands_in_a_sentence(say):
    assert set(IN_WORDS) == set(State)
    for state in State:
        for act in ACTS:
            with translation.override("zh-hans"):
                assert not re.search("[A-Za-z_]", say(MoveNotAllowed(state=state, act=act)))
            with translation.override("en"):
                assert not re.search("[A-Z_]{2}|[\u4e00-\u9fff]", say(MoveNotAllowed(state=state, act=act)))


def test_open_steps_are_named_in_the_readers_language(db):
    matter = accepted(SITE)
    error = refused(NotYourTurn, matter.staff.decider, cases.decide_case, number=matter.number,
                    outcome=Outcome.GRANTED)
    for say in (told, said, lambda error: answer(ENGLISH, error).content.decode()):
        with translation.override("en"):
            assert not re.search("[\u4e00-\u9fff]", say(error))
