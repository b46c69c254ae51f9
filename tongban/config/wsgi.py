"""The web process: public pages from the shelf, everything else by Django, in the order of the line before it.

The shelf's questions to the database are asked by one thread, so that the many that answer requests need no connection.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.config.settings")
django = get_wsgi_application()

from tongban.config import admission, capacity, metrics  # noqa: E402 - settings are read first

application: "WSGIApplication" = admission.Line(django, places=capacity.PLACES, limit=capacity.LINE,
                                                note=metrics.admission)
if settings.PAGE_CACHE_BYTES:
    from tongban.config import pagecache

    asker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="edition")
    application = pagecache.cached(application, pagecache.Shelf(
        settings.PAGE_CACHE_BYTES, lambda: asker.submit(pagecache.edition).result()),
        metrics.kept)
