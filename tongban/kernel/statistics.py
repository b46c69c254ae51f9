"""What may be published of counts of people: nothing of a group so small that one of them could be known (5.9 h)."""

from collections.abc import Mapping
from typing import TypeVar

Group = TypeVar("Group")


def publishable(counts: Mapping[Group, int], smallest: int) -> dict[Group, int | None]:
    """The counts of the parts of a whole that is published too; None where a part may not be told.

    A part below `smallest` is hidden, and so many of the next larger ones that what is left of the whole tells nothing
    either; where nobody is, nobody is known. A whole below `smallest` hides every part.
    """
    hidden = {group for group, count in counts.items() if 0 < count < smallest}
    if sum(counts.values()) < smallest:
        return dict.fromkeys(counts)
    for group in sorted((group for group, count in counts.items() if count >= smallest), key=lambda group: counts[group]):
        if not hidden or (len(hidden) > 1 and sum(counts[each] for each in hidden) >= smallest):
            break
        hidden.add(group)
    return {group: None if group in hidden else count for group, count in counts.items()}
