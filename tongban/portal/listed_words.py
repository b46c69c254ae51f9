"""What was read of a listed item, in words."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongban.catalogue.types import LimitSpec, Necessity
from tongban.catalogue.types.listings import (
    ListedItem,
    ReadCharge,
    ReadFee,
    ReadHours,
    ReadLimit,
    ReadMaterial,
    ReadPhone,
)
from tongban.portal.guides import limit_words
from tongban.web.jinja import datetime_short

JUDGED = {"level": "level", "item_type": "power_type", "target": "text:target", "agency": "department"}
"""What the collector's names for fields are about."""


def judged(item: ListedItem) -> frozenset[str]:
    """What whoever made the list filled in by their own judgement."""
    return frozenset(JUDGED[name] for name in item.listing.judged if name in JUDGED)


def limits(found: Iterable[ReadLimit]) -> str:
    """Time limits in words."""
    return _("; ").join(_limit(each) for each in found)


def fee(found: ReadFee) -> str:
    """What it costs."""
    if not found.charged:
        return _("Free")
    return _("; ").join(_charge(each) for each in found.charges) or _("There is a fee")


def phones(found: Iterable[ReadPhone]) -> str:
    """Numbers with whose they are; one that lacks its area code says so."""
    return _("; ").join(f"{each.label} {each.number}".strip() + ("" if _dials(each.number) else " " + _(
        "(area code missing in the source)")) for each in found)


def hours(found: Iterable[ReadHours]) -> str:
    """Opening hours, season by season."""
    return _("; ").join(_hours(each) for each in found)


def material_rows(item: ListedItem) -> list[dict[str, str]]:
    """What to prepare, as far as the source says."""
    rows = []
    for number, each in enumerate(item.listing.materials, 1):
        own = [unread.value for unread in item.unread if unread.about == f"materials.{number}"]
        row = {"name": each.name, "hint": _hint(each, own)}
        if each.necessity is Necessity.OPTIONAL:
            row["tag"] = _("Only if it applies")
        rows.append(row)
    return rows


def other_rows(item: ListedItem) -> list[dict[str, str]]:
    """What else the source says, in its words."""
    labels = {
        "alias": _("Also called"), "delivery": _("How you get it"), "scope": _("For which cases"),
        "limit_note": _("On the time limit"), "special_procedure": _("Special procedures"),
        "fee_basis": _("Fee set by"), "benefit": _("What is paid"), "online": _("Online"),
        "online_depth": _("How far it goes online"), "relief": _("If you disagree"),
        "power_source": _("Where the power comes from"), "power_split": _("Who does what"),
        "quantity": _("Limit in number"), "intermediary": _("Intermediaries"), "sub_items": _("Parts of it")}
    return [{"label": label, "value": _("; ").join(item.listing.texts[name])} for name, label in labels.items()
            if name in item.listing.texts]


def origin_rows(item: ListedItem) -> list[dict[str, str]]:
    """Where it was taken from, and when."""
    texts = item.listing.texts
    rows = [
        {"label": _("Page"), "value": "; ".join(texts.get("source_title", ())),
         "note": "; ".join(texts.get("source_date", ()))},
        {"label": _("File and record"), "value": _("{file}, record {number}").format(file=item.file,
                                                                                    number=item.number)},
        {"label": _("Taken in"), "value": datetime_short(item.taken_at),
         "note": _("Version {version}").format(version=item.version)},
        {"label": _("Its code there"), "value": item.listing.code.code if item.listing.code else ""},
        {"label": _("Fingerprint of the record (SHA-256)"), "value": item.digest},
    ]
    return [row for row in rows if row["value"]]


def _limit(found: ReadLimit) -> str:
    units = {"CALENDAR_DAY": "DAY"}
    spec = LimitSpec(count=found.count, unit=units.get(found.unit, found.unit))  # type: ignore[arg-type]
    said = [limit_words(spec)]
    if found.unit == "DAY" and found.count:
        said.append(_("(the source does not say whether working days)"))
    if found.note:
        said.append(_("({words})").format(words=found.note))
    return " ".join([*([found.label] if found.label else []), *said])


def _charge(found: ReadCharge) -> str:
    yuan = f"{found.fen // 100}.{found.fen % 100:02}".removesuffix(".00")
    each = "".join(f" / {per}" for per in found.per)
    return _("{label} {yuan} yuan{each}").format(label=found.label, yuan=yuan, each=each).strip()


def _dials(number: str) -> bool:
    return number.startswith(("0", "400")) or len(number) in (5, 11)


def _hours(found: ReadHours) -> str:
    season = found.season
    if found.since:
        dates = _("{since} to {until}").format(since=_month_day(found.since), until=_month_day(found.until))
        season = f"{season} {dates}".strip()
    spans = _(", ").join(f"{start}-{end}" for start, end in found.spans)
    holidays = _("(not on public holidays)") if found.except_holidays else ""
    return " ".join(part for part in (season, _days(found.days), spans, holidays) if part)


def _days(written: str) -> str:
    names = [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]
    if written in ("", "WORKDAYS", "DAILY"):
        return {"": "", "WORKDAYS": _("Working days"), "DAILY": _("Every day")}[written]
    first, _dash, last = written.partition("-")
    return _("{since} to {until}").format(since=names[int(first) - 1], until=names[int(last) - 1]) if last else \
        names[int(first) - 1]


def _month_day(written: str) -> str:
    month, day = written.split("-")
    return _("{month}/{day}").format(month=int(month), day=int(day))


def _hint(each: ReadMaterial, own: list[str]) -> str:
    kinds = {"ORIGINAL": _("original"), "COPY": _("copy"), "SCAN": _("scan"), "PAPER": _("on paper"),
             "ELECTRONIC": _("electronic")}
    said = []
    if each.originals:
        said.append(ngettext("{count} original", "{count} originals", each.originals).format(count=each.originals))
    if each.copies:
        said.append(ngettext("{count} copy", "{count} copies", each.copies).format(count=each.copies))
    bare = [kinds[kind] for kind in each.kinds if not (kind == "ORIGINAL" and each.originals)
            and not (kind == "COPY" and each.copies)]
    if bare:
        said.append((_(" or ") if each.either else _(", ")).join(bare))
    if each.pieces:
        said.append(ngettext("{count} piece", "{count} pieces", each.pieces).format(count=each.pieces))
    if each.to_show:
        said.append(_("the original is only shown"))
    said += [_("in the source's own words: {words}").format(words=words) for words in own]
    return _("; ").join(said)
