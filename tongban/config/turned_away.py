"""The answer to whoever finds no place: made once, sent in a moment, in both languages, with the time to come back."""

import random
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec
from django.template import loader

from tongban.web.middleware import headers

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

SOONEST, LATEST = 3, 10
"""Seconds; spread, so that those turned away together do not come back together."""

WAITING = (429, 503)
"""Refusals that pass: whoever asked to read may simply ask again."""

WORDS: dict[int, tuple[str, str, str, str, str]] = {
    503: ("overloaded", "现在访问的人太多，没能接待您", "您已保存和已提交的内容都在。请稍等几秒再试；填过的表单，返回上一页就能看到。",
          "Too many people are here at once",
          "What you saved or sent is kept. Wait a few seconds and try again; go back one page to find what you typed."),
    429: ("too_many_requests", "您的网络地址请求太多", "请稍等几秒再试。同一网络里有很多人在用时也会这样。",
          "Too many requests come from your address",
          "Wait a few seconds and try again. This also happens when many people share one connection."),
    413: ("body_too_large", "您提交的内容太大", "请返回，换小一些的文件再提交。",
          "What you sent is too large", "Go back and choose smaller files."),
    400: ("not_readable", "您提交的内容中途断了", "请返回再提交一次。", "What you sent broke off", "Go back and send it again."),
}


def answer(environ: "WSGIEnvironment", start_response: "StartResponse", status: int) -> Iterable[bytes]:
    """Turn a request away; a program gets a problem document."""
    path = environ.get("PATH_INFO", "")
    program = path.startswith("/api/")
    asked_to_read = environ["REQUEST_METHOD"] == "GET" and status in WAITING
    body = _problem(status) if program else _page(status, english=path.startswith("/en/"), reload=asked_to_read)
    kind = "application/problem+json" if program else "text/html; charset=utf-8"
    wait = [("Retry-After", str(random.randint(SOONEST, LATEST)))] if status in WAITING else []  # noqa: S311
    start_response(f"{status} {HTTPStatus(status).phrase}", [
        *headers().items(), ("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store"), *wait])
    return [body]


@lru_cache(maxsize=16)
def _page(status: int, *, english: bool, reload: bool) -> bytes:
    _, title, text, title_en, text_en = WORDS[status]
    names = {"english": english, "title": title_en if english else title, "text": text_en if english else text,
             "home": "/en/" if english else "/", "reload": reload}
    return loader.render_to_string("portal/turned_away.html", names).encode()


@lru_cache(maxsize=16)
def _problem(status: int) -> bytes:
    code, title, text, title_en, text_en = WORDS[status]
    return msgspec.json.encode({"type": f"urn:tongban:error:{code}", "title": f"{title_en} / {title}", "status": status,
                                "detail": f"{text_en} / {text}", "problems": []})
