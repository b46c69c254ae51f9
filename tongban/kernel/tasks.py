"""What time asks of the house itself."""

from tongban.kernel import partitions
from tongban.kernel.ticking import on_tick


@on_tick("kernel.partitions")
def keep_partitions() -> int:
    """Keep room for thirteen months of events."""
    return partitions.keep()
