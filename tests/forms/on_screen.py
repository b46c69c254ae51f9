"""Draw fields with Jinja alone, and read back what a browser would post."""

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from tongban.forms.rules import questions
from tongban.forms.types import CompiledForm, FieldProblem, Page

TEMPLATES = Path(__file__).parents[2] / "tongban" / "templates"
PAGE = """{% from "components/fields.html" import field %}
{% for q in questions %}{{ field(q.field, q.value, q.problem, q.prefill, language, q.problems) }}{% endfor %}"""


def environment(translate: Any = str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(translate, lambda s, p, n: s if n == 1 else p, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(say=str, datetime_short=str)
    return made


@cache
def template(translate: Any) -> Template:
    return environment(translate).from_string(PAGE)


def draw(
    form: CompiledForm,
    page: Page,
    answers: dict[str, Any] | None = None,
    *,
    problems: tuple[FieldProblem, ...] = (),
    prefills: Any = None,
    language: str = "en",
    translate: Any = str,
) -> str:
    asked = questions(form, page, answers or {}, problems=problems, prefills=prefills)
    return template(translate).render(questions=asked, language=language)


class Browser(HTMLParser):
    """What a browser keeps of a page: the values it would post, every element, all ids."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.posted: dict[str, list[str]] = {}
        self.names: set[str] = set()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._area: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert len(found) == len(attrs), attrs
        self.elements.append((tag, found))
        name, value = found.get("name"), found.get("value") or ""
        if name:
            self.names.add(name)
        if tag == "input" and name and (found["type"] not in ("radio", "checkbox") or "checked" in found):
            self.posted.setdefault(name, []).append(value)
        if tag == "textarea" and name:
            self._area = name
            self.posted[name] = [""]
        if tag == "select":
            self._select = name
        if tag == "option" and "selected" in found and self._select:
            self.posted[self._select] = [value]

    def handle_data(self, data: str) -> None:
        if self._area:
            self.posted[self._area][0] += data
        else:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area:
            self.posted[self._area][0] = self.posted[self._area][0].removeprefix("\n")
            self._area = None

    @property
    def ids(self) -> list[str]:
        return [found["id"] or "" for _tag, found in self.elements if "id" in found]


def browse(drawn: str) -> Browser:
    browser = Browser()
    browser.feed(drawn)
    browser.close()
    return browser


def fields_of(drawn: str) -> set[str]:
    return browse(drawn).names
