"""The same item in different places: what must be the same and is not (CAT-39)."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from tongban.catalogue.types import Deviation, Guide

SAME: Mapping[str, Callable[[Guide], str]] = {
    "name": lambda item: item.name.zh,
    "power_type": lambda item: item.power_type,
    "legal_basis": lambda item: "; ".join(sorted(f"{each.full_title} {each.article}" for each in item.legal_basis)),
    "objects": lambda item: ", ".join(sorted(item.objects)),
    "result": lambda item: item.result.name.zh,
}
"""What every implementation of a basic code has in common, and how it is told."""


def deviations(items: Sequence[Guide]) -> Iterator[Deviation]:
    """In what implementations of one basic code differ, each with what it says."""
    for field, told in SAME.items():
        values = tuple((item.code, told(item)) for item in items)
        if len({value for _, value in values}) > 1:
            yield Deviation(basic_code=items[0].basic_code, field=field, values=values)
