"""The desk in a real browser: served on this machine from the test database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "var" / "build"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Quiet(WSGIRequestHandler):
    """Says nothing."""

    def log_message(self, *words: Any) -> None:
        return


def _serve(server: WSGIServer) -> None:
    server.serve_forever()
    connections.close_all()


@contextmanager
def served() -> Iterator[str]:
    """The house on a free port."""
    server: WSGIServer = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
    thread = threading.Thread(target=_serve, args=[server], daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


def static(route: Any) -> None:
    """Answer a request for a built file."""
    file = BUILT / "static" / route.request.url.rpartition("/")[2]
    route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])


@contextmanager
def browser_page(home: str, token: str, *, width: int = 1280, height: int = 820) -> Iterator[Any]:
    """A page of a browser in which an officer is signed in."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=1)
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": token, "url": home}])
            page = context.new_page()
            page.route("**/static/**", static)
            yield page
        finally:
            browser.close()
