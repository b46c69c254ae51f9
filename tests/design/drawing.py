"""Draw templates with Jinja alone, as the environment of tongban.web does, in either language and any mode."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from babel.messages.pofile import read_po
from django.utils import translation
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tongban.portal.designs import OWN, REAL

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "tongban" / "templates"
OURS = sorted(path for folder in ("layouts", "design", "components") for path in (TEMPLATES / folder).glob("*.html"))
LIVING = sorted({*OWN, *REAL})
LANGUAGES = ("zh-hans", "en")
MODES = ("standard", "elder", "contrast")
USED: set[str] = set()


@cache
def chinese(package: str = "*") -> Mapping[str, str]:
    found: dict[str, str] = {}
    for path in (ROOT / "tongban" / "locale" / "zh_Hans").glob(f"{package}.po"):
        with path.open("rb") as source:
            for entry in read_po(source, locale="zh_Hans"):
                one, said = ((each if isinstance(each, str) else each[0]) for each in (entry.id, entry.string))
                found |= {one: said} if one else {}
    return found


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
        url=lambda name, *parts: "/" + "/".join([name.replace(":", "/"), *parts]), static="/static/{}".format
    )
    return made


def page(name: str, language: str = "en", mode: str = "standard", **names: Any) -> str:
    template, samples = REAL[name] if name in REAL else (f"design/{name}.html", OWN[name])
    context = given(language, mode) | samples | names
    with translation.override(language):
        return environment(language).get_template(template).render(context)


def given(language: str, mode: str) -> dict[str, Any]:
    """What web/pages.context gives every template, drawn without a request."""
    return {
        "language": language,
        "mode": mode,
        "actor": None,
        "path_in": "/{}/".format,
        "request": SimpleNamespace(path="/design/", get_full_path=lambda: "/design/"),
        "csrf_input": Markup('<input type="hidden" name="csrfmiddlewaretoken" value="token">'),
        "checkpoint": {"number": "48,211", "at": "10:31"},
        "region": "Guang'an",
        "version": "1.0",
        "simulated": True,
        "identity_sources": list,
        "passkeys_at": str,
        "opening": SimpleNamespace(mode="NORMAL"),
        "helping": None,
        "behalf": "",
        "watermark": "",
    }


def part(file: str, call: str, **names: Any) -> str:
    """What `{{ call }}` draws with everything of components/<file>.html imported as `it`."""
    source = f'{{% import "components/{file}.html" as it %}}{call}'
    return environment().from_string(source).render(names)
