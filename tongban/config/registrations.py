"""Files in which an administrator describes what is to be let in, or who answers: read in one way, whole, or refused in a sentence."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

Told = TypeVar("Told")
WORDS: Final = {"str": "text", "bool": "true or false", "int": "a number", "float": "a number", "array": "a list",
                "object": "parts by name", "date": "a day", "null": "nothing"}
PLACE = re.compile(r" - at `(?:key in )?\$\.?(?P<place>[^`]*)`$")
NUMBER = re.compile(r"\[(\d+|\.\.\.)\]\.?")
NAMED = re.compile(r"(?P<said>missing required|contains unknown) field `(?P<name>[^`]*)`")
NO_PART = "there is no part {name} in what is read here; mind its spelling."


class NotRead(ValueError):
    """What is wrong with a file, in one sentence."""


def read(file: str, form: type[Told], **beside: str) -> Told:
    """What a file says; what stands `beside` is told in another way and must not be in it."""
    import msgspec

    from tongban.config import service_files

    found, faults = service_files.read(Path(file))
    if found is None or faults:
        raise NotRead(f"{file}, line {faults[0].line}: {faults[0].text}")
    try:
        kept = msgspec.convert(_whole(found.written, beside), form, strict=False)
        unknown = next(_unknown(found.written, msgspec.to_builtins(kept)), "")
    except (msgspec.ValidationError, NotRead) as error:
        raise NotRead(f"{file}: {_said(str(error))}") from error
    if unknown:
        raise NotRead(f"{file}: {NO_PART.format(name=unknown)}")
    return kept


def _whole(written: Any, beside: Mapping[str, str]) -> Any:
    if not written:
        raise NotRead("the file is empty")
    if not isinstance(written, Mapping | list):
        raise NotRead("the file says nothing by name; it is written as name: value, a line each")
    for name in beside:
        if name in written:
            raise NotRead(f"the part {name} does not belong in a file; it is asked for")
    return {**written, **beside} if isinstance(written, Mapping) else written


def _unknown(written: Any, kept: Any, place: str = "") -> Iterator[str]:
    """Names in a file that nothing was made of."""
    if isinstance(written, Mapping) and isinstance(kept, Mapping):
        for name, value in written.items():
            yield from _unknown(value, kept[name], f"{place}{name}.") if name in kept else (f"{place}{name}",)
    elif isinstance(written, list) and isinstance(kept, list | tuple):
        for number, (value, known) in enumerate(zip(written, kept, strict=True), 1):
            yield from _unknown(value, known, f"{place}{number}.")


def _said(error: str) -> str:
    """What msgspec says, in words of people: which part, and what belongs there."""
    found = PLACE.search(error)
    place = NUMBER.sub(lambda part: f"{int(part[1]) + 1}." if part[1].isdigit() else "", found["place"]) if found else ""
    what = PLACE.sub("", error)
    if named := NAMED.search(what):
        name = ".".join(filter(None, (place.strip("."), named["name"])))
        return f"the part {name} is missing." if "missing" in named["said"] else NO_PART.format(name=name)
    said = re.sub(r"`([^`]*)`", lambda word: " or ".join(WORDS.get(each, each) for each in word[1].split(" | ")), what)
    return f"the part {place.strip('.')} cannot be taken: {said}." if place else f"{said}."
