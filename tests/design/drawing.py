"""Draw templates with Jinja alone, as the environment of tongban.web does, in either language and any mode."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "tongban" / "templates"
OURS = sorted(path for folder in ("layouts", "design", "components") for path in (TEMPLATES / folder).glob("*.html"))
LIVING = sorted(path.stem for path in (TEMPLATES / "design").glob("*.html"))
LANGUAGES = ("zh-hans", "en")
MODES = ("standard", "elder", "contrast")
USED: set[str] = set()


@cache
def chinese() -> Mapping[str, str]:
    with (ROOT / "tongban" / "locale" / "zh_Hans" / "design.po").open("rb") as source:
        return {str(entry.id): str(entry.string) for entry in read_po(source, locale="zh_Hans") if entry.id}


@cache
def environment(language: str = "en") -> Environment:
    def gettext(sentence: str) -> str:
        USED.add(sentence)
        return chinese()[sentence] if language == "zh-hans" else sentence

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(gettext, lambda one, _many, _n: gettext(one), newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(say=str, datetime_short=str)
    made.globals.update(
        opening=SimpleNamespace(mode="NORMAL"),
        url=lambda name, *parts: "/" + "/".join([name.replace(":", "/"), *parts]), static="/static/{}".format
    )
    return made


def page(name: str, language: str = "en", mode: str = "standard", **names: Any) -> str:
    context = {
        "language": language,
        "mode": mode,
        "actor": None,
        "path_in": "/{}/".format,
        "request": SimpleNamespace(path="/design/"),
        "csrf_input": Markup('<input type="hidden" name="csrfmiddlewaretoken" value="token">'),
        "checkpoint": {"number": "48,211", "at": "10:31"},
        "region": "Guang'an",
        "version": "1.0",
        "simulated": True,
        **names,
    }
    return environment(language).get_template(f"design/{name}.html").render(context)


def part(file: str, call: str, **names: Any) -> str:
    """What `{{ call }}` draws with everything of components/<file>.html imported as `it`."""
    source = f'{{% import "components/{file}.html" as it %}}{call}'
    return environment().from_string(source).render(names)
