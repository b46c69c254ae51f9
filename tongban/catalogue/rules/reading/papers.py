"""Materials as people write them: originals, copies, how many, on what, whether they must be there."""

import re

from tongban.catalogue.rules.reading.words import NUMERAL, number, plain, squeezed
from tongban.catalogue.types import MaterialSource, Necessity
from tongban.catalogue.types.listings import ReadMaterial

KINDS = {"原件": "ORIGINAL", "纸质原件": "ORIGINAL", "正本": "ORIGINAL", "复印件": "COPY", "副本复印件": "COPY", "扫描件": "SCAN",
         "纸质": "PAPER", "电子": "ELECTRONIC", "电子版": "ELECTRONIC", "电子件": "ELECTRONIC"}
ONE = re.compile(rf"(?P<kind>{'|'.join(KINDS)})(?:(?P<count>{NUMERAL})份)?")
TO_SHOW = frozenset({"核对原件", "验原件", "查验原件", "验看原件"})
BESIDE = {"比对原件": True, "核对原件": True, "验原件": True, "核对原件,与原件相符": True}
COUNT = re.compile(rf"(?P<count>{NUMERAL})份?")
NECESSITIES = {"必要": Necessity.REQUIRED, "必需": Necessity.REQUIRED, "非必要": Necessity.OPTIONAL,
               "视情形": Necessity.OPTIONAL, "容缺后补": Necessity.DEFERRABLE, "可容缺": Necessity.DEFERRABLE}
SOURCES = {"申请人自备": MaterialSource.APPLICANT, "申请人提供": MaterialSource.APPLICANT,
           "政府部门核发": MaterialSource.GOVERNMENT, "其他": MaterialSource.OTHER}


def read_material(record: dict[str, str]) -> tuple[ReadMaterial, tuple[str, ...]]:
    """A paper from its name, form, copies, necessity and source; and which of these were not understood."""
    unread = []
    form, copies = record.get("form", ""), record.get("copies", "")
    made = read_form(form) if form.strip() else ReadMaterial(name="")
    if made is None:
        unread.append("form")
    count = read_count(copies) if copies.strip() else 0
    if count is None:
        unread.append("copies")
    counted = _counted(made or ReadMaterial(name=""), count or 0)
    if counted is None:
        unread.append("copies")
    found: dict[str, Necessity | MaterialSource | None] = {}
    for name, words in (("necessity", NECESSITIES), ("source", SOURCES)):
        written = squeezed(record.get(name, ""))
        found[name] = words.get(written)
        if written and written not in words:
            unread.append(name)
    kept = counted or made or ReadMaterial(name="")
    return ReadMaterial(
        name=record["name"], originals=kept.originals, copies=kept.copies, pieces=kept.pieces, kinds=kept.kinds,
        either=kept.either, to_show=kept.to_show, necessity=found["necessity"],  # type: ignore[arg-type]
        source=found["source"]), tuple(unread)  # type: ignore[arg-type]


def read_form(text: str) -> ReadMaterial | None:
    """On what a paper is wanted: originals, copies, how many of each, any of them, or only to be shown."""
    whole = squeezed(plain(text))
    if whole in TO_SHOW:
        return ReadMaterial(name="", kinds=("ORIGINAL",), to_show=True)
    body, _, beside = whole.partition("(")
    if beside and not (beside.endswith(")") and BESIDE.get(beside[:-1])):
        return None
    either = "/" in body or "或" in body
    counts: dict[str, int] = {}
    for written in re.split("[/或]" if either else "[,和及]", body):
        found = ONE.fullmatch(written)
        if found is None or KINDS[found["kind"]] in counts:
            return None
        counts[KINDS[found["kind"]]] = number(found["count"]) if found["count"] else 0
    return ReadMaterial(name="", kinds=tuple(counts), either=either, to_show=bool(beside),  # type: ignore[arg-type]
                        originals=counts.get("ORIGINAL", 0), copies=counts.get("COPY", 0))


def read_count(text: str) -> int | None:
    """How many pieces."""
    found = COUNT.fullmatch(squeezed(plain(text)))
    return number(found["count"]) if found else None


def _counted(made: ReadMaterial, count: int) -> ReadMaterial | None:
    """The paper with a number given apart from its form; None if the form gives another one."""
    if not count:
        return made
    if made.originals or made.copies:
        return made if count in (made.originals + made.copies, made.originals, made.copies) else None
    originals = count if made.kinds == ("ORIGINAL",) and not made.to_show else 0
    copies = count if made.kinds == ("COPY",) else 0
    return ReadMaterial(name="", kinds=made.kinds, either=made.either, to_show=made.to_show, originals=originals,
                        copies=copies, pieces=0 if originals or copies else count)
