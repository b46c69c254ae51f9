"""Asking public pages as a browser does, signed out unless said otherwise."""

import re
from html import unescape

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

LANGUAGES = {"zh": "", "en": "/en"}
HOSTILE = ["\x00", "../../etc/passwd", "%00", "<script>alert(1)</script>", "' or 1=1 --", "9" * 40, "-1", "½", "😀",
           "a" * 4000, "null", "{{7*7}}", "javascript:alert(1)", "//evil.example", "\\\\evil.example", "1e9", "٣"]


def client(**cookies: str) -> Client:
    """A browser, with these cookies."""
    made = Client(SERVER_NAME="127.0.0.1", raise_request_exception=True)
    for name, value in cookies.items():
        made.cookies[name] = value
    return made


def signed_in(token: str) -> Client:
    """A browser with a session."""
    return client(**{settings.SESSION_COOKIE_NAME: token})


def text_of(response: HttpResponse) -> str:
    """What a page says, without tags."""
    body = re.sub(r"(?s)<(script|style|head).*?</\1>", " ", response.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())
