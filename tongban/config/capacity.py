"""How many a web process serves and lets wait, each figure with its reason; read before anything else starts."""

import os

PLACES = int(os.environ.get("TONGBAN_PLACES", "2"))
"""Threads that run Django: more only wait for one another, and each holds three database connections."""

LINE = int(os.environ.get("TONGBAN_LINE", "24"))
"""Who may wait: at ten milliseconds a page, two places clear such a line in an eighth of a second."""

SERVER_THREADS = PLACES + LINE + 14
"""Threads of the server that call us: those served, those in line, some for kept pages, refusals and slow senders."""

LARGEST_BODY = 64 * 1024 * 1024
"""Nothing we ask for is larger: papers are handed in one by one or a few at a time."""
