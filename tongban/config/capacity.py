"""How many a web process serves and lets wait, each figure with its reason; read before anything else starts."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

PLACES = int(os.environ.get("TONGBAN_PLACES", "2"))
"""Threads that run Django: more only wait for one another, and each holds three database connections."""

LINE = int(os.environ.get("TONGBAN_LINE", "24"))
"""Who may wait: at ten milliseconds a page, two places clear such a line in an eighth of a second."""

SERVER_THREADS = PLACES + LINE + 14
"""Threads of the server that call us: those served, those in line, some for kept pages, refusals and slow senders."""

LARGEST_BODY = 64 * 1024 * 1024
"""Nothing we ask for is larger: papers are handed in one by one or a few at a time."""

SERVER_LOG = Path(__file__).with_name("granian.json")
"""How the server logs: as by default, but without its remark on the number of threads."""


def without_remark_on_threads() -> Callable[[logging.LogRecord], bool]:
    """A filter for the server's log: it warns of `SERVER_THREADS`, most of which only wait."""
    return lambda record: "Python threads" not in record.getMessage()
