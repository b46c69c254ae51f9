"""`tongban import items`: take in a list of services as another system gives it out, and say what was not understood."""

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from tongban.catalogue.actions import list_items
from tongban.catalogue.queries import listed, listed_codes
from tongban.catalogue.rules import listed_code
from tongban.catalogue.rules.reading import SHORT, read_file
from tongban.catalogue.types.listings import Imported, ListedItem, Record
from tongban.kernel import database, keeping_out
from tongban.kernel.errors import HouseError
from tongban.kernel.secrecy import Place, mark_in, mark_inside
from tongban.kernel.types import Audience, System

IMPORTER = System(name="importer")
BATCH = 200
EXAMPLES = 10
LONGEST_EXAMPLE = 200
LONGEST_SOURCE = 80
SOURCE = re.compile(rf"\w[\w .()（）-]{{0,{LONGEST_SOURCE - 1}}}")
"""Names of lists are names of reports too: no folders; in a file system a Chinese character takes three bytes."""


def items(options: argparse.Namespace) -> int:
    """Take in one file in short transactions, print what was not understood and write it down in full."""
    path = Path(options.file)
    source = options.source or path.stem
    if not SOURCE.fullmatch(source):
        return _refuse(f"The list cannot be called so. Name it with --source in at most {LONGEST_SOURCE} letters, digits, "
                       "spaces, dots and hyphens.")
    try:
        content = path.read_bytes()
        records = read_file(content, name=path.name)
    except OSError as error:
        return _refuse(f"{path} cannot be opened: {error.strerror}")
    except HouseError as error:
        return _refuse(f"{path}: {error}")
    with database.serving(Audience.WORKER):
        records = keep_out(records)
        done = take_in(records, source=source, file=path.name)
        report = make_report(records, source=source, file=path.name, done=done,
                             digest=hashlib.sha256(content).hexdigest())
    where = Path(options.report) if options.report else settings.VAR / "imports" / f"{source}.json"
    write_report(report, where)
    _say(f"{len(records)} records: {done.new} new, {done.changed} changed, {done.same} as before")
    if report["no_longer_named"]:
        _say(f"{report['no_longer_named']} records taken in before are not in this file; they stay listed")
    for line in in_short(report):
        _say(line)
    _say(f"Report: {where} and {where.with_suffix('.md')}")
    return 0


def keep_out(records: Sequence[Record]) -> tuple[Record, ...]:
    """The records without those that bear a mark of secrecy: these are neither taken in nor reported (SEC-14)."""
    marked = {each.number: mark for each in records if (mark := mark_in(each.raw) or mark_inside(json.loads(each.raw)))}
    for number, mark in marked.items():
        keeping_out.note(IMPORTER, mark=mark, place=Place.FILE, route="import items")
        _say(f"Record {number} bears a mark of secrecy ({mark}) and was left out; nothing of it was kept")
    return tuple(each for each in records if each.number not in marked)


def take_in(records: Sequence[Record], *, source: str, file: str) -> Imported:
    """All records, each batch in a transaction of its own; an import that was stopped goes on where it was."""
    new = changed = same = 0
    for start in range(0, len(records), BATCH):
        done = list_items(IMPORTER, source=source, file=file, records=records[start:start + BATCH])
        new, changed, same = new + done.new, changed + done.changed, same + done.same
        _say(f"  {min(start + BATCH, len(records))} of {len(records)}")
    return Imported(new=new, changed=changed, same=same)


def make_report(records: Sequence[Record], *, source: str, file: str, digest: str, done: Imported) -> dict[str, Any]:
    """What was understood field by field, and what was not record by record, from what is now kept."""
    codes = [listed_code(source, each.key) for each in records]
    kept = listed(codes)
    every = [kept[code] for code in codes]
    short = [each.number for each in records if SHORT in json.loads(each.raw)]
    given = Counter(field for each in records for field in json.loads(each.raw))
    empty = Counter(field for each in records for field in each.empty)
    fields = {}
    for field in sorted({*given, *(unread.field for each in every for unread in each.unread)}):
        values = [unread.value for each in every for unread in each.unread if unread.field == field]
        fields[field] = {"given": given[field], "empty": empty[field], "not_understood": len(values),
                         "examples": list(dict.fromkeys(value[:LONGEST_EXAMPLE] for value in values))[:EXAMPLES]}
    return {"source": source, "file": file, "sha256": digest, "records": len(records), "new": done.new,
            "changed": done.changed, "same": done.same, "no_longer_named": len(listed_codes(source) - set(codes)),
            "short": short, "fields": fields, "not_understood": _by_record(every)}


def in_short(report: dict[str, Any]) -> Iterable[str]:
    """What to look at in the file, then the fields of which something was not understood, the worst first."""
    if report["short"]:
        yield (f"Warning: records with fewer columns than the heading: {len(report['short'])}, the first is number "
               f"{report['short'][0]}. They are listed with what they have; mend the file and take it in again.")
    fields = sorted(report["fields"].items(), key=lambda each: -each[1]["not_understood"])
    fields = [(name, field) for name, field in fields if field["not_understood"] and name != SHORT]
    if fields:
        yield ("Not understood means: kept and shown in the source's own words, and nothing is worked out from it. It is no "
               "fault, unless most of a field is meant to be read.")
    for name, field in fields:
        yield f"  not understood: {name}, {field['not_understood']} times, for example {field['examples'][0]}"


def write_report(report: dict[str, Any], where: Path) -> None:
    """The whole as JSON, and a page for people beside it."""
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    lines = [f"# Import of {report['file']}", "",
             (f"{report['records']} records: {report['new']} new, {report['changed']} changed, {report['same']} as "
             f"before. SHA-256 of the file: `{report['sha256']}`."), "",
             "Whatever was not understood is kept and shown in the source's own words.", "",
             "| field | given | empty | not understood | for example |", "|---|---|---|---|---|"]
    for name, field in report["fields"].items():
        shown = "; ".join(each.replace("|", "\\|").replace("\n", " ") for each in field["examples"])
        lines.append(f"| {name} | {field['given']} | {field['empty']} | {field['not_understood']} | {shown} |")
    where.with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _by_record(every: Iterable[ListedItem]) -> list[dict[str, Any]]:
    return [{"record": each.number, "code": each.row.code, "name": each.row.name.zh,
             "values": [{"field": unread.field, "value": unread.value} for unread in each.unread]}
            for each in every if each.unread]


def _refuse(text: str) -> int:
    sys.stderr.write(text + "\n")
    return 1


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
