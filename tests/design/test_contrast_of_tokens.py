import re

import pytest

from tests.design.drawing import ROOT

SHEET = (ROOT / "frontend" / "css" / "tokens.css").read_text()
WORDS = [
    "ink",
    "text-2",
    "text-3",
    "primary",
    "primary-ink",
    "jade",
    "jade-ink",
    "amber",
    "amber-ink",
    "cinnabar",
    "cinnabar-ink",
]
GROUNDS = ["paper", "mist"]
ON_WASH = [
    ("primary-ink", "primary-wash"),
    ("jade-ink", "jade-wash"),
    ("amber-ink", "amber-wash"),
    ("cinnabar-ink", "cinnabar-wash"),
    ("text-2", "mist"),
    ("text-2", "sky"),
    ("primary", "sky"),
    ("ink", "primary-wash"),
    ("text-2", "primary-wash"),
]
ON_COLOUR = [("on-primary", "primary"), ("on-primary", "primary-ink"), ("on-primary", "cinnabar"), ("paper", "ink")]
PAIRS = [(word, ground) for word in WORDS for ground in GROUNDS] + ON_WASH + ON_COLOUR


def tokens(selector: str) -> dict[str, str]:
    block = SHEET[SHEET.index(selector) :]
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block[: block.index("}")]))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


STANDARD = tokens(":root {")
CONTRAST = STANDARD | tokens(":root.contrast {")
ASKED_FOR = STANDARD | tokens(":root:not(.contrast) {")


def test_black_on_white_is_twenty_one_to_one():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize(("word", "ground"), PAIRS)
def test_words_stand_out_four_and_a_half_times(word, ground):
    assert contrast(STANDARD[word], STANDARD[ground]) >= 4.5


@pytest.mark.parametrize(("word", "ground"), PAIRS)
def test_words_stand_out_seven_times_in_high_contrast(word, ground):
    assert contrast(CONTRAST[word], CONTRAST[ground]) >= 7


@pytest.mark.parametrize("word", WORDS)
def test_a_browser_that_asks_for_more_contrast_gets_seven_times(word):
    assert contrast(ASKED_FOR[word], ASKED_FOR["paper"]) >= 7


@pytest.mark.parametrize("palette", [STANDARD, CONTRAST], ids=["standard", "contrast"])
def test_edges_of_fields_and_meters_stand_out_three_times(palette):
    for shape in ("edge", "primary", "jade", "amber", "cinnabar"):
        assert contrast(palette[shape], palette["paper"]) >= 3


@pytest.mark.parametrize("palette", [STANDARD, CONTRAST], ids=["standard", "contrast"])
def test_the_focus_ring_shows_on_every_ground(palette):
    rings = (palette["focus"], palette["ink"])
    for ground in ("paper", "mist", "primary", "ink"):
        assert max(contrast(ring, palette[ground]) for ring in rings) >= 3


def test_colours_live_in_the_tokens_alone():
    allowed = {"surfaces/print.css", "tokens.css"}
    stray = {}
    for path in sorted((ROOT / "frontend" / "css").rglob("*.css")):
        name = path.relative_to(ROOT / "frontend" / "css").as_posix()
        found = re.findall(r"#[0-9a-fA-F]{3,8}\b", path.read_text())
        if found and name not in allowed:
            stray[name] = found
    assert stray == {}
