"""The Jinja environment of every page: strict, escaping, translated."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from jinja2 import Environment, StrictUndefined

from tongban.kernel import clock
from tongban.kernel.types import Text

WEEKDAYS_ZH = "一二三四五六日"


def environment(**options: Any) -> Environment:
    """Jinja as the templates expect it; undefined names and missing attributes fail."""
    strict = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    made = Environment(autoescape=True, extensions=["jinja2.ext.i18n"],
                       **{name: value for name, value in {**options, **strict}.items() if name != "autoescape"})
    made.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=translation.gettext, ngettext=translation.ngettext, newstyle=True, pgettext=translation.pgettext)
    made.globals.update(url=url, static=static)
    made.filters.update(say=say, date_long=date_long, date_short=date_short, datetime_short=datetime_short,
                        due_date=due_date)
    return made


def url(name: str, *arguments: Any) -> str:
    """The path of a route in the current language."""
    return reverse(name, args=arguments)


@cache
def static(name: str) -> str:
    """The address of a built file, read once: it names the content, so that it may be kept for ever."""
    file = settings.BUILT / name
    if file.exists():
        stamped = f"{file.stem}-{hashlib.sha256(file.read_bytes()).hexdigest()[:12]}{file.suffix}"
        name = stamped if (settings.BUILT / stamped).exists() else name
    return f"{settings.STATIC_URL}{name}"


def language() -> str:
    """The current language: zh-hans or en."""
    return "en" if (translation.get_language() or "").startswith("en") else "zh-hans"


def say(text: Text | dict[str, str] | str) -> str:
    """A bilingual text in the current language."""
    if isinstance(text, str):
        return text
    if isinstance(text, dict):
        return text.get("en") or text["zh"] if language() == "en" else text["zh"]
    return text.in_(language())


def date_long(day: date | datetime) -> str:
    """3月9日（周一） or Monday 9 March; with the year when it is not this one."""
    local = clock.local(day).date() if isinstance(day, datetime) else day
    if language() == "en":
        return f"{local:%A} {local.day} {local:%B %Y}"
    return f"{local.year}年{local.month}月{local.day}日（周{WEEKDAYS_ZH[local.weekday()]}）"


def date_short(day: date | datetime) -> str:
    """3月9日 or 9 March 2026."""
    local = clock.local(day).date() if isinstance(day, datetime) else day
    if language() == "en":
        return f"{local.day} {local:%b %Y}"
    return f"{local.year}年{local.month}月{local.day}日"


def day_short(day: date | datetime) -> str:
    """3月13日 or 13 Mar, for lists; with its year when that is not the current one."""
    on = clock.local(day).date() if isinstance(day, datetime) else day
    other = on.year != clock.this_year()
    if language() == "en":
        return f"{on.day} {on:%b}{f' {on.year}' if other else ''}"
    return f"{f'{on.year}年' if other else ''}{on.month}月{on.day}日"


def datetime_short(moment: datetime) -> str:
    """3月9日 14:05 in Asia/Shanghai."""
    local = clock.local(moment)
    return f"{date_short(local)} {local:%H:%M}"


def due_date(moment: datetime) -> str:
    """The last day of a limit that ends at `moment` (24:00 of a day is written as that day)."""
    return date_long(clock.local(moment - timedelta(microseconds=1)))


Filter = Callable[..., str]
