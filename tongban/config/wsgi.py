"""The web process: public pages from the shelf, everything else by Django."""

import os
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.config.settings")
application: "WSGIApplication" = get_wsgi_application()
if settings.PAGE_CACHE_BYTES:
    from tongban.config import pagecache

    application = pagecache.cached(application, pagecache.Shelf(settings.PAGE_CACHE_BYTES, pagecache.edition))
