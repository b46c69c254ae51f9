"""From text to tokens: one script, one width, one case; words, pairs of characters, pinyin and initials."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

import opencc
import rjieba
import tantivy
from pypinyin import lazy_pinyin
from pypinyin.constants import PINYIN_DICT, Style
from pypinyin.style import convert

READ = 400
"""Characters read of whatever is typed."""
LONGEST = 80
"""Characters searched for."""
RUNS = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[0-9]+|[^\W\d_\u3400-\u4dbf\u4e00-\u9fff]+")
PHRASES_WITHOUT_NEWS = re.compile(
    "怎么办|怎么弄|怎么样|怎么|咋办|咋|如何|怎样|在哪里|在哪儿|在哪|哪里|哪儿|去哪|什么|需要|请问|我想|想要|我要|多少钱|"
    "多久|几天|一下|能不能|可不可以|可以|要不要|手续|流程|材料|条件|帮我|帮忙|这个|那个|一家|一个|有没有|申请|办理|办证")
WORDS_WITHOUT_NEWS = frozenset(
    "我你您他她咱的了吗呢啊吧呀个把被给和与在到要想能会去来办搞弄是有得都就还也又那这家小时上里下用找位张本份")
ENGLISH_WITHOUT_NEWS = frozenset({
    "a", "an", "the", "for", "to", "of", "in", "on", "at", "by", "my", "our", "your", "i", "we", "you", "how", "do",
    "does", "can", "could", "what", "where", "which", "who", "is", "are", "be", "it", "need", "want", "get", "getting",
    "have", "has", "please", "and", "or", "with", "from", "into", "new", "apply", "application", "applying"})
VERBS = "办开取提领补换卖转交"


def normalise(text: str) -> str:
    """Simplified characters, half width, lower case, single spaces, letters and digits only; at most 80 of them."""
    kept = "".join(each if not unicodedata.category(each).startswith("C") else " " for each in text[:READ])
    plain = unicodedata.normalize("NFKC", kept).casefold()
    return " ".join(RUNS.findall(_simplify().convert(plain)))[:LONGEST].strip()


def runs(text: str) -> list[str]:
    """The stretches of one script in a normalised text."""
    return RUNS.findall(text)


def is_chinese(run: str) -> bool:
    """Is this stretch written in characters?"""
    return "\u3400" <= run[:1] <= "\u9fff"


def without_fillers(text: str) -> str:
    """A normalised text without the words that say nothing of what is wanted; all of it if nothing else is left."""
    kept: list[str] = []
    for run in runs(text):
        if is_chinese(run):
            kept.extend(_chinese_content(run))
        elif run not in ENGLISH_WITHOUT_NEWS:
            kept.append(run)
    return " ".join(kept) or text


def segments(run: str) -> tuple[str, ...]:
    """The words of a stretch of characters, short ones inside long ones too."""
    return tuple(rjieba.cut_for_search(run))


def pairs(run: str) -> Iterator[str]:
    """Each two neighbouring characters; the character itself where there is only one."""
    if len(run) == 1:
        yield run
    for first, second in pairwise(run):
        yield first + second


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """The stem of an English word."""
    found = _stemmer().analyze(word)
    return found[0] if found else word


def tokens_of(texts: Iterable[str]) -> tuple[str, ...]:
    """All tokens of some texts, for the index: words, pairs and single characters, stems and numbers."""
    found: list[str] = []
    for text in texts:
        for run in runs(normalise(text)):
            if is_chinese(run):
                found.extend(dict.fromkeys((*segments(run), *pairs(run), *run)))
            else:
                found.append(stem(run))
    return tuple(found)


def syllables(run: str) -> list[str]:
    """Toneless pinyin of a stretch of characters."""
    return [each for each in lazy_pinyin(run, errors="ignore") if each]


@lru_cache(maxsize=4096)
def split_pinyin(word: str) -> tuple[str, ...]:
    """The fewest syllables that make up a Latin word, () if it is not pinyin; one begun at the end is left off."""
    word = word.replace("lv", "lü").replace("nv", "nü").replace("ü", "v")
    best: list[tuple[str, ...] | None] = [()] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - 6), end):
            before, syllable = best[start], word[start:end]
            if before is not None and syllable in _syllables() and (
                    best[end] is None or len(before) < len(best[end] or ()) - 1):
                best[end] = (*before, syllable)
    whole = best[len(word)]
    if whole is not None:
        return whole
    begun = next((found for found in reversed(best) if found), ())
    rest = word[len("".join(begun)):]
    return begun if len(begun) > 1 and any(each.startswith(rest) for each in _syllables()) else ()


def initials(run: str) -> str:
    """The first letters of the syllables of a stretch of characters."""
    return "".join(each[0] for each in syllables(run))


def phrasings(phrase: str) -> tuple[str, ...]:
    """The other orders in which people say a phrase: 开餐馆 is also 餐馆开办."""
    core = phrase[1:] if phrase[0] in VERBS and len(phrase) > 2 else phrase
    ends = {"开": ("开办", "开业"), "取": ("提取",), "提": ("提取",), "卖": ("销售",), "转": ("转移",)}
    return tuple(dict.fromkeys((phrase, core, core + "办理", core + "申请",
                                *(core + end for end in ends.get(phrase[0], ())))))


def _chinese_content(run: str) -> Iterator[str]:
    for part in PHRASES_WITHOUT_NEWS.sub(" ", run).split():
        kept = "".join(" " if word in WORDS_WITHOUT_NEWS else word for word in rjieba.cut(part))
        yield from kept.split()


@lru_cache(maxsize=1)
def _simplify() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=1)
def _stemmer() -> tantivy.TextAnalyzer:
    return (tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase())
            .filter(tantivy.Filter.stemmer("english")).build())


@lru_cache(maxsize=1)
def _syllables() -> frozenset[str]:
    """Every syllable the dictionary of pypinyin knows, without tone."""
    found = {convert(each, Style.NORMAL, strict=False) for readings in PINYIN_DICT.values()
             for each in readings.split(",")}
    return frozenset(each for each in found if each.isascii() and each.isalpha() and len(each) <= 6
                     and (len(each) > 1 or each in "aeo"))
