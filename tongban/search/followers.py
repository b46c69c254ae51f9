"""The index follows what is published, listed, suspended, resumed and cancelled."""

from collections.abc import Sequence

from tongban.catalogue.events import ItemCancelled, ItemListed, ItemPublished, ItemResumed, ItemSuspended
from tongban.kernel.events import Event
from tongban.kernel.following import follows
from tongban.search.actions import update_index


@follows(ItemListed, ItemPublished, ItemSuspended, ItemResumed, ItemCancelled, name="search.keep_true")
def keep_true(batch: Sequence[Event]) -> None:
    """Bring the items of a batch up to date at once."""
    update_index(codes=[event.payload["code"] for event in batch])
