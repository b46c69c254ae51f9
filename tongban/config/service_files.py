"""A file that describes a service, read with the line of every part."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


class Reader(yaml.CSafeLoader):
    """YAML whose dates stay as they are written: a day needs no quotation marks."""

    yaml_implicit_resolvers = {first: [(tag, form) for tag, form in known if tag != "tag:yaml.org,2002:timestamp"]
                               for first, known in yaml.CSafeLoader.yaml_implicit_resolvers.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong on a line, and how to mend it."""

    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A file as it was read, with the line of every part."""

    path: Path
    written: Any
    lines: dict[tuple[str | int, ...], int]

    def line(self, *place: str | int) -> int:
        """The line of a part, or of the nearest one around it."""
        return next((self.lines[place[:length]] for length in range(len(place), -1, -1) if place[:length] in self.lines),
                    1)


def read(path: Path) -> tuple[Service | None, list[Fault]]:
    """The file, if it can be read, and what is wrong with how it is written."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=Reader)
        return Service(path=path, written=Reader(text).get_single_data(), lines=dict(_lines(node))), list(_twice(node))
    except FileNotFoundError:
        return None, [Fault(line=1, text="There is no such file. Look at its name and folder.")]
    except UnicodeDecodeError:
        return None, [Fault(line=1, text="The file is not UTF-8. Save it as UTF-8 in your editor.")]
    except OSError as error:
        return None, [Fault(line=1, text=f"The file cannot be read: {error.strerror}")]
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        return None, [Fault(line=mark.line + 1 if mark else 1,
                            text="This is no YAML. Mind indentation and colons; quotation marks belong around whatever begins "
                                 "with ! & * % or @.")]


def _lines(node: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], int]]:
    if place:
        yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, (*place, key.value))
            yield (*place, key.value), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _lines(value, (*place, number))


def _twice(node: Any) -> Iterator[Fault]:
    """Parts that are written twice; YAML would take the last and say nothing."""
    seen: dict[str, int] = {}
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        line = key.start_mark.line + 1
        if key.value in seen:
            yield Fault(line=line, text=f"“{key.value}” stands on line {seen[key.value]} already. Take one of them out.")
        seen[key.value] = line
        yield from _twice(value)
    for value in node.value if isinstance(node, yaml.SequenceNode) else ():
        yield from _twice(value)
