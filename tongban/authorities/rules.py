"""The order of territory: codes and their prefixes, and how Chinese names are sorted."""

from collections.abc import Mapping

from pypinyin import lazy_pinyin

from tongban.authorities.types import NewRegion, RegionLevel

PREFIX: Mapping[RegionLevel, int] = {
    RegionLevel.PROVINCE: 2, RegionLevel.PREFECTURE: 4, RegionLevel.COUNTY: 6, RegionLevel.TOWNSHIP: 9,
    RegionLevel.VILLAGE: 12,
}
"""How many digits of a code say which region of this level it is (ARC-05)."""
CODE_LENGTH = 12
KINDS: Mapping[str, str] = {
    "自治州": "Prefecture", "自治县": "County", "自治旗": "Banner", "街道": "Subdistrict", "地区": "Prefecture",
    "林区": "Forestry District", "特区": "Special District", "省": "", "市": "", "盟": "League", "县": "County",
    "旗": "Banner", "区": "District", "镇": "Town", "乡": "Township", "村": "Village",
}
PEOPLES = (
    "土家族", "布依族", "哈尼族", "景颇族", "傈僳族", "朝鲜族", "蒙古族", "哈萨克族", "柯尔克孜", "仫佬族",
    "毛南族", "仡佬族", "拉祜族", "布朗族", "纳西族", "普米族", "独龙族", "撒拉族", "保安族", "东乡族",
    "裕固族", "达斡尔族", "鄂温克族", "哈萨克", "蒙古", "锡伯", "塔吉克", "壮族", "回族", "苗族", "藏族",
    "羌族", "彝族", "侗族", "傣族", "白族", "满族", "瑶族", "黎族", "畲族", "水族", "佤族", "怒族", "土族", "各族",
)
ENGLISH: Mapping[str, str] = {
    "内蒙古自治区": "Inner Mongolia", "广西壮族自治区": "Guangxi", "西藏自治区": "Xizang", "宁夏回族自治区": "Ningxia",
    "新疆维吾尔自治区": "Xinjiang", "陕西省": "Shaanxi", "香港特别行政区": "Hong Kong", "澳门特别行政区": "Macao",
    "哈尔滨市": "Harbin", "呼和浩特市": "Hohhot", "乌鲁木齐市": "Urumqi", "拉萨市": "Lhasa",
}


def full_code(code: str) -> str | None:
    """The twelve digits behind a code or a prefix of 2, 4, 6 or 9 digits; None if it is neither."""
    if not code.isascii() or not code.isdigit() or len(code) not in PREFIX.values():
        return None
    return code.ljust(CODE_LENGTH, "0")


def prefix_of(code: str, level: RegionLevel) -> str:
    """What the codes of a region and of everything in it begin with."""
    return code[:PREFIX[level]]


def lies_below(region: NewRegion, parent_level: RegionLevel) -> bool:
    """Does the code of a region say that it lies in its parent?"""
    if region.parent is None:
        return region.level is RegionLevel.PROVINCE
    return region.level > parent_level and region.code.startswith(prefix_of(region.parent, parent_level))


def sort_key(text: str) -> str:
    """Toneless pinyin for sorting, syllables apart; other characters stay, in lower case."""
    return " ".join(lazy_pinyin(text)).lower()


def short_prefecture(name: str) -> str:
    """An autonomous prefecture as people write it: without the peoples it is named after (恩施州)."""
    stem = name.removesuffix("自治州")
    while people := next((each for each in PEOPLES if stem.endswith(each) and len(stem) > len(each) + 1), ""):
        stem = stem.removesuffix(people)
    return f"{stem}州"


def english_name(name: str) -> str:
    """A region in English: pinyin and kind, without the peoples an autonomous area is named after."""
    if name in ENGLISH:
        return ENGLISH[name]
    kind = next((ending for ending in KINDS if name.endswith(ending) and len(name) > len(ending)), "")
    stem = name.removesuffix(kind)
    while people := next((each for each in PEOPLES if stem.endswith(each) and len(stem) > len(each) + 1), ""):
        stem = stem.removesuffix(people)
    syllables = [each.replace("lv", "lyu").replace("nv", "nyu") for each in lazy_pinyin(stem)]
    written = "".join(f"'{each}" if number and each[0] in "aeo" else each for number, each in enumerate(syllables))
    return f"{written.capitalize()} {KINDS.get(kind, '')}".strip()
