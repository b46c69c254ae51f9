"""Values as people write them: limits, fees, visits, telephones. None is the answer to whatever is not plain."""

import re

from tongban.catalogue.rules.reading.words import NUMERAL, number, parts, plain, squeezed
from tongban.catalogue.types.listings import ReadCharge, ReadFee, ReadLimit, ReadPhone

ON_THE_SPOT = frozenset({"即办", "即时办理", "即时办结", "当场办结", "当场办理", "立即办理", "即来即办", "立等可取"})
UNITS = {"工作日": "WORKDAY", "自然日": "CALENDAR_DAY", "日历日": "CALENDAR_DAY", "日": "DAY", "天": "DAY",
         "小时": "HOUR", "月": "MONTH", "年": "YEAR"}
LIMIT = re.compile(rf"(?P<label>[一-鿿]{{0,8}}?)[: ]*(?P<count>{NUMERAL}) *个? *(?P<unit>{'|'.join(UNITS)})(?:内|以内)?"
                   r"(?:\((?P<note>[^()]*)\))?")
LIMIT_LABELS = re.compile("(法定(办结)?(时限|期限)?|承诺(办结)?(时限|期限)?|不超过|自受理之日起)?")
CASE_LABELS = re.compile("[一-鿿]{1,6}")
VAGUE = re.compile("约|大概|左右|至少|至多|最[高低多少长快]|以[上下内]|不[超高低少]|起$|原则|一般|[第每非不无至到或约]$")
FREE = frozenset({"不收费", "免费", "不收取费用", "无收费", "否"})
CHARGED = frozenset({"收费", "是"})
CHARGE = re.compile(r"(?P<label>(?:[^0-9()]|\([^()0-9]*\))*?)(?P<sum>[0-9]{1,9}(?:\.[0-9]{1,2})?)元(?P<per>(?:/[一-鿿]{1,8}){0,3})")
EACH = re.compile("(?:每[一-鿿]{1,4}?)+$")
VISITS = {"0": 0, "0次": 0, "不需要跑动": 0, "零跑动": 0, "无需到场": 0, "全程网办": 0, "1": 1, "1次": 1, "只跑一次": 1,
          "最多跑一次": 1, "2": 2, "2次": 2, "3": 3, "3次": 3}
PHONE = re.compile(
    r"(?P<label>[^0-9]{0,12}?)[: ]*(?P<number>"
    r"(?:\(?0(?:10|2[0-9]|[3-9][0-9]{2})\)?[- ]?)?(?:[2-8][0-9]{6,7}|1[0-9]{4})(?:-[0-9]{1,6})?|1[3-9][0-9]{9}|400-?[0-9]{3}-?[0-9]{4})")
AREA = re.compile(r"\(?(0(?:10|2[0-9]|[3-9][0-9]{2}))\)?[- ]?(?=[0-9]{5})")


def read_limit(text: str) -> tuple[ReadLimit, ...] | None:
    """A time limit, or several for several cases that the source tells apart by name."""
    written = [each for each in parts(text, ";\n") if each]
    found = [_limit(each, several=len(written) > 1) for each in written]
    return tuple(each for each in found if each) if found and all(found) else None


def read_fee(text: str) -> ReadFee | None:
    """Whether a service costs something, and each charge."""
    whole = squeezed(text)
    if whole in FREE:
        return ReadFee(charged=False)
    if whole in CHARGED:
        return ReadFee(charged=True)
    found = [_charge(each) for each in parts(whole, ";\n") if each]
    return ReadFee(charged=True, charges=tuple(each for each in found if each)) if found and all(found) else None


def read_visits(text: str) -> int | None:
    """How often one has to come."""
    return VISITS.get(squeezed(plain(text)))


def read_phones(text: str) -> tuple[ReadPhone, ...] | None:
    """Telephone numbers, each with the word that says whose it is; those without area code stay without."""
    found = [_phone(each) for each in parts(text, ";,/\n") if each]
    return tuple(each for each in found if each) if found and all(found) else None


def _limit(text: str, *, several: bool) -> ReadLimit | None:
    if squeezed(text) in ON_THE_SPOT:
        return ReadLimit(count=0, unit="WORKDAY")
    found = LIMIT.fullmatch(plain(text))
    if found is None:
        return None
    label = found["label"]
    if not LIMIT_LABELS.fullmatch(label) and not (several and CASE_LABELS.fullmatch(label) and not VAGUE.search(label)):
        return None
    note = text[slice(*found.span("note"))] if found["note"] else ""
    return ReadLimit(count=number(found["count"]), unit=UNITS[found["unit"]],  # type: ignore[arg-type]
                     label="" if LIMIT_LABELS.fullmatch(label) else label, note=note)


def _charge(text: str) -> ReadCharge | None:
    found = CHARGE.fullmatch(plain(text))
    if found is None:
        return None
    label, per = text[slice(*found.span("label"))].rstrip(":："), tuple(found["per"].split("/")[1:])
    if each := EACH.search(label):
        label, per = label[:each.start()].rstrip(":："), (*each.group().split("每")[1:], *per)
    if VAGUE.search(label):
        return None
    yuan, _, small = found["sum"].partition(".")
    return ReadCharge(fen=int(yuan) * 100 + int(small.ljust(2, "0")), per=per, label=label)


def _phone(text: str) -> ReadPhone | None:
    found = PHONE.fullmatch(plain(text))
    if found is None:
        return None
    written = found["number"]
    if area := AREA.match(written):
        written = f"{area[1]}-{written[area.end():]}"
    return ReadPhone(number=written, label=found["label"].strip(" :"))
