"""Citizen pages speak plainly: short sentences, known abbreviations, no stray spaces (GUI-05)."""

import re
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

from tests.requirements import requirement

ROOT = Path(__file__).resolve().parents[2]
AFTER_A_DAY = re.compile(r"(?:\{day\}|%\(day\)s|）) [\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def readability():
    loader = SourceFileLoader("readability", str(ROOT / "bin" / "readability"))
    spec = spec_from_loader("readability", loader)
    module = module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        patch.setitem(sys.modules, "readability", module)
        loader.exec_module(module)
        yield module


@pytest.fixture(scope="module")
def whole(readability):
    return readability.everything()


@requirement("GUI-05")
def test_no_sentence_of_citizen_pages_is_longer_than_sixty_characters(readability, whole):
    assert {each.place.split(" ")[0].split("/")[0] for each in whole} >= {"locale", "data", "cases"}
    assert readability.MOST == 60 and readability.too_long(whole) == []


@requirement("GUI-05")
def test_no_abbreviation_is_used_that_nobody_explained(readability, whole):
    assert readability.unknown_abbreviations(whole) == []


def test_no_space_stands_between_a_day_in_brackets_and_the_next_word(whole):
    assert [each for each in whole if AFTER_A_DAY.search(each.words)] == []


@pytest.mark.parametrize(("text", "lengths"), [
    ("请补充材料。请在{day}前补上。", [6, 14]), ("<b>一</b> 二\n三", [2, 1]), ("很" * 61, [61]), ("", [])])
def test_sentences_are_counted_without_markup_and_spaces_and_with_their_gaps(readability, text, lengths):
    assert [each.length for each in readability.sentences(text, "x")] == lengths


def test_a_long_sentence_is_found_and_a_quoted_name_is_not(readability):
    long = [*readability.sentences("很" * 61, "x"), *readability.sentences("很" * 61, "y", quoted=True)]
    assert [each.place for each in readability.too_long(long)] == ["x"]
    assert [short for short, _ in readability.unknown_abbreviations([*readability.sentences("用 XYZ 和 PDF", "x")])] == ["XYZ"]


@requirement("GUI-05")
def test_the_report_names_the_longest_sentences_and_what_is_exempt(readability):
    report = (ROOT / "docs" / "readability.md").read_text()
    assert all(heading in report for heading in ("## The longest", "## Quoted as they are", "## Abbreviations"))
    assert all(f"| {short} |" in report for short in readability.ABBREVIATIONS)
