"""Writes docs/security/access.md and mutations.md from the reviewed table and from what the long runs found.

`python -m tests.access.report` writes both, `--check` fails where one is stale. The long runs (`bin/nightly`) keep their
results beside them, in access.json and mutations.json.
"""

import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[2]
DOCS = Path(os.environ.get("TONGBAN_REPORTS", ROOT / "docs" / "security"))
MATRIX, PROBE, HELD, SURVIVED = "matrix", "probe", "held", "survived"
MEANING = {
    MATRIX: "an answer of the matrix changed",
    PROBE: "every answer stayed right, because the other layer holds; the probe of this layer alone noticed",
    HELD: "nothing changed: the login has no right on the table, or a trigger refuses what the policy would have refused",
    SURVIVED: "nobody noticed",
}
SURFACES = {"portal": "pages for people", "counter": "the desk", "oversight": "supervision", "api": "the interface",
            "scim": "personnel systems", "gateway": "other nodes"}
ANSWERS = {"ok": "answered", "redirect": "done", "refused": "may, but not so", "hidden": "as if it were not there",
           "denied": "not for this post", "sign_in": "who are you?", "503": "not at work"}
PLACES = {"table": "a thing of the table's firm", "same_desk": "someone else's, at the same desk",
          "other_department": "someone else's, at another department", "other_region": "someone else's, in another region",
          "none": "what does not exist"}
MOST_NAMED = 3


def access_page(kept: Mapping[str, Any] | None) -> str:
    """Who reaches what: the table by surface and by caller, the matrix in depth, the exceptions with their reasons."""
    from tests.access.relations import CALLERS, METHODS, cells
    from tests.access.test_matrix import CELLS, FINDING, ROWS, expected
    from tests.access.world import ACTORS, STRANGERS

    told = [(name.partition(":")[0], actor, answer) for name, method in CELLS
            for actor, answer in expected(name, method).items()]
    every = cells()
    lines = [
        "# Who reaches what", "",
        ("Written by `python -m tests.access.report`. The reviewed table is `tests/access/matrix.yaml`: "
         f"{len(ROWS)} routes, {len(CELLS)} ways to call them, {len(ACTORS)} callers, {len(told):,} answers. "
         "Every test run asks all of them (`tests/access/test_matrix.py`); a route that is not in the table fails."), "",
        "## By surface", "", *_counted(told, 0, SURFACES, "surface"), "",
        "## By caller", "", *_counted(told, 1, {name: f"`{name}`" for name in ACTORS}, "caller"), "",
        "## In depth", "",
        (f"{len(every):,} questions: {len(CALLERS)} callers, {len(CALLERS) - len(ACTORS)} of them with a right that ended, has not "
         "begun or is good next door, ask by four methods for the thing of the table and for things of others. A denied answer for a "
         "thing of others is, letter by letter, that for a thing that does not exist, and no list, search, export or page "
         "shows a stranger a name, number or word of the firm (`tests/access/test_relations.py`). " + _run(kept)), "",
        *_table(("asked for", *METHODS, "all"), [
            (words, *(_number(sum(1 for each in every if each.thing == place and each.method == method)) for method in METHODS),
             _number(sum(1 for each in every if each.thing == place))) for place, words in PLACES.items()]), "",
        "## Exceptions", "",
        ("Strangers to the table's firm (" + ", ".join(f"`{name}`" for name in STRANGERS) + ") are answered although the address "
         "names a thing:"), "",
        *_table(("route", "profile", "why"), [
            (f"`{name}`", ", ".join(dict.fromkeys(ROWS[name][method] for each, method in FINDING if each == name)),
             ROWS[name].get("why", "**no reason is given**")) for name in exceptions()]), ""]
    return "\n".join(lines)


def exceptions() -> list[str]:
    """The routes that name a thing and do not send every stranger away."""
    from tests.access.test_matrix import FINDING, expected
    from tests.access.world import STRANGERS

    away = {"hidden", "denied", "sign_in"}
    return list(dict.fromkeys(name for name, method in FINDING
                              if {expected(name, method)[actor] for actor in STRANGERS} - away))


def mutations_page(kept: Mapping[str, Any] | None) -> str:
    """What happens when one guard breaks: by layer, by area with every guard, and what is the same broken as whole."""
    from tests.access.mutants import OPENS_NOTHING, SAME

    rows: Sequence[Mapping[str, str]] = kept["mutants"] if kept else []
    head = ("Two layers keep strangers away from rows: the code (gates, checks, filters in statements, conditions on sessions "
            "and posts) and the policies of the database. Each guard is broken alone, then every route is asked as every actor, "
            "and each layer is probed with the other one passed by (`tests/access/test_mutations.py`).")
    lines = ["# What happens when one guard breaks", "", f"Written by `python -m tests.access.report`. {head}", ""]
    if not kept:
        return "\n".join([*lines, "The long run has not been kept yet.", ""])
    survivors = [each["mutant"] for each in rows if each["verdict"] == SURVIVED]
    lines += [
        f"{kept['date']}: {len(rows)} guards broken, {len(survivors)} unnoticed.", "",
        *_verdicts("broken", [(each["layer"], each["verdict"]) for each in rows]), "",
        *(f"- **{name}**: {meaning}." for name, meaning in MEANING.items()), "",
        "## Unnoticed", "", *([f"- {name}" for name in survivors] or ["None."]), "",
        "## By area", "", *_verdicts("area", [(area_of(each["mutant"]), each["verdict"]) for each in rows]), ""]
    for area, found in sorted(_by_area(rows).items()):
        lines += [f"### {area}", "", *_table(("guard", "broken so", "noticed by"), _guards(found)), ""]
    lines += ["## Not broken", "", *_table(("guard", "why"), [
        *((f"`{name}`", why) for name, why in SAME.items()),
        *((f"`{name}`, whatever it asks", why) for name, why in OPENS_NOTHING.items())]), ""]
    return "\n".join(lines)


def area_of(mutant: str) -> str:
    """The package that a guard belongs to, from its name: a table, a file or a route begins with it."""
    layer, _, where = mutant.partition(": ")
    if layer == "condition":
        return "sessions and posts"
    found = where.removeprefix("tongban/")
    return found.split("/" if found != where else ":" if layer == "gate" else "_")[0]


def _by_area(rows: Iterable[Mapping[str, str]]) -> dict[str, list[Mapping[str, str]]]:
    found: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for each in rows:
        found[area_of(each["mutant"])].append(each)
    return found


def _guards(rows: Iterable[Mapping[str, str]]) -> list[tuple[str, ...]]:
    """One line a guard; ways of breaking it that the same thing noticed stand together."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for each in rows:
        where, _, change = each["mutant"].rpartition(", ")
        found[where][each["noticed_by"] or each["verdict"]].append(change)
    return [(f"`{where}`", "; ".join(", ".join(changes) for changes in by.values()), "; ".join(list(by)[:MOST_NAMED]))
            for where, by in found.items()]


def _verdicts(first: str, pairs: Sequence[tuple[str, str]]) -> list[str]:
    counted = Counter(pairs)
    names = sorted({name for name, _verdict in pairs})
    return _table((first, *MEANING, "all"), [
        (name, *(str(counted[name, verdict]) for verdict in MEANING), str(sum(counted[name, each] for each in MEANING)))
        for name in names])


def _counted(told: Sequence[tuple[str, str, str]], place: int, names: Mapping[str, str], first: str) -> list[str]:
    """Answers by class; classes nobody is answered are left out."""
    counted = Counter((each[place], each[2]) for each in told)
    used = [name for name in ANSWERS if any(answer == name for _surface, _actor, answer in told)]
    return _table((first, *(ANSWERS[name] for name in used), "all"), [
        (words, *(_number(counted[name, each]) for each in used), _number(sum(counted[name, each] for each in used)))
        for name, words in names.items()])


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}",
            *(f"| {' | '.join(each.replace('|', '&#124;') for each in row)} |" for row in rows)]


def _number(count: int) -> str:
    return f"{count:,}"


def _run(kept: Mapping[str, Any] | None) -> str:
    if kept is None:
        return "Each test run asks a drawn sample; the long run has not been kept yet."
    return f"Each test run asks a drawn sample; asked in full on {kept['date']}: {kept['cells']:,}, of which {kept['wrong']} wrong."


def today() -> str:
    """The day in Shanghai, whatever day it is in the tests."""
    return f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d}"


def kept_run(name: str) -> dict[str, Any] | None:
    """What the long run kept, if it ever did."""
    path = DOCS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def keep_run(name: str, found: Mapping[str, Any]) -> None:
    """Keep the result of a long run and write the pages anew."""
    DOCS.mkdir(parents=True, exist_ok=True)
    (DOCS / f"{name}.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    write()


def pages() -> dict[str, str]:
    """Both pages by name."""
    return {"access.md": access_page(kept_run("access")), "mutations.md": mutations_page(kept_run("mutations"))}


def write() -> None:
    """Write both pages."""
    for name, text in pages().items():
        (DOCS / name).write_text(text)


def stale() -> list[str]:
    """The pages that do not say what is so."""
    return [name for name, text in pages().items() if not (DOCS / name).exists() or (DOCS / name).read_text() != text]


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.config.settings")
    django.setup()
    if "--check" not in sys.argv:
        write()
    elif found := stale():
        sys.exit(f"{', '.join(found)}: stale, run python -m tests.access.report")
