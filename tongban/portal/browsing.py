"""Finding a service by whom it is for, theme, stage of life, department, area, level and way to apply (POR-03)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.authorities import queries as authorities
from tongban.authorities.rules import prefix_of
from tongban.authorities.types import Level
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import Counts, HandlingForm, Theme
from tongban.portal.guides import CODE, form_words, level_words
from tongban.portal.listed import listed_href
from tongban.portal.places import local_page, path_of
from tongban.portal.searching import result
from tongban.web.gate import anyone
from tongban.web.jinja import say

ROWS = 20
LARGEST_KEY = 2**62
AUDIENCES = ("person", "entity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the list is narrowed by; whatever is not a known value counts as nothing."""

    audience: str = ""
    theme: str = ""
    stage: str = ""
    department: str = ""
    region: str = ""
    level: str = ""
    form: str = ""
    online: str = ""

    def href(self, **more: str) -> str:
        """The list narrowed by this, and by `more` besides."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__} | more
        kept = {name: value for name, value in values.items() if value}
        return f"{reverse('portal:services')}?{urlencode(kept)}" if kept else reverse("portal:services")


@anyone
def services(request: HttpRequest) -> HttpResponse:
    """The whole of the navigation, or the list a choice leaves."""
    choice = _read(request.GET)
    if choice == Choice() and request.GET.get("all") != "1":
        counts = catalogue.counts()
        return local_page(request, "portal/directory.html", sections=_sections(counts), total=counts.total,
                          listed=_listed(choice))
    after = request.GET.get("after", "")
    found = catalogue.items(
        audience=choice.audience, theme=choice.theme, life_stage=choice.stage, region=choice.region,
        authority=int(choice.department) if choice.department else None, level=choice.level, handling_form=choice.form,
        online=True if choice.online else None, after=after if CODE.fullmatch(after) else "", limit=ROWS)
    shown = choice if choice != Choice() else None
    first = choice.href() if shown else choice.href(all="1")
    return local_page(
        request, "portal/services.html", results=[result(row) for row in found.rows], title=_title(choice),
        choice=choice, options=_options(choice), chips=_chips(choice), first_href=first if after else "",
        next_href=choice.href(after=found.after, **({} if shown else {"all": "1"})) if found.after else "",
        everything=choice.href(all="1") if not shown else Choice().href(all="1"),
        whole=not after and not found.after, listed=_listed(choice))


def _listed(choice: Choice) -> dict[str, Any]:
    """How many services are only listed there, and where they stand; nothing for other choices than an area."""
    if choice != Choice(region=choice.region):
        return {"count": 0}
    path = path_of(choice.region)
    prefix = prefix_of(path[-1].code, path[-1].level) if path else ""
    counts = catalogue.listed_counts()
    return {"count": sum(count for code, count in counts.regions.items() if code.startswith(prefix)) if prefix
            else counts.total, "href": listed_href(choice.region)}


def _read(given: Mapping[str, str]) -> Choice:
    themes, level, form = catalogue.themes(), given.get("level", ""), given.get("form", "")
    audience = given.get("audience", "") if given.get("audience", "") in AUDIENCES else ""
    known = {each.code for each in (*(themes.person if audience != "entity" else ()),
                                    *(themes.entity if audience != "person" else ()))}
    path = path_of(given.get("region", ""))
    return Choice(
        audience=audience, theme=_among(given.get("theme", ""), known), region=path[-1].code if path else "",
        stage=_among(given.get("stage", ""), {each.code for each in themes.life_stages}),
        department=_key(given.get("department", "")), level=_among(level, set(Level)),
        form=_among(form, set(HandlingForm)), online=_among(given.get("online", ""), {"1"}))


def _among(value: str, known: Iterable[str]) -> str:
    return value if value in {str(each) for each in known} else ""


def _key(written: str) -> str:
    is_key = written.isascii() and written.isdigit() and len(written) < 20 and int(written) < LARGEST_KEY
    return written if is_key and int(written) in catalogue.counts().authorities else ""


def _sections(counts: Counts) -> list[dict[str, Any]]:
    """The seven classifications, each heading with the number of services under it."""
    themes = catalogue.themes()
    names = authorities.region_names(list(counts.regions))
    departments = [each for each in authorities.authorities() if each.id in counts.authorities]
    every: list[tuple[str, list[tuple[str, str, int]]]] = [
        (_("For people, by theme"), _theme_lines("person", themes.person, counts.themes_person)),
        (_("For companies, by theme"), _theme_lines("entity", themes.entity, counts.themes_entity)),
        (_("By stage of life"), [(say(each.name), Choice(stage=each.code).href(), counts.life_stages.get(each.code, 0))
                                 for each in themes.life_stages]),
        (_("By department"), [(say(each.name), Choice(department=str(each.id)).href(), counts.authorities[each.id])
                              for each in departments]),
        (_("By area"), [(say(names[code]), Choice(region=code).href(), count) for code, count in counts.regions.items()
                        if code in names]),
        (_("By level"), [(level_words(level), Choice(level=level).href(), count)
                         for level, count in sorted(counts.levels.items())]),
        (_("By way to apply"), [(form_words(HandlingForm(form)), Choice(form=form).href(), count)
                                for form, count in sorted(counts.handling_forms.items())]),
    ]
    return [{"title": title, "links": [{"title": name, "href": href, "tag": str(count)}
                                       for name, href, count in lines if count]} for title, lines in every]


def _theme_lines(audience: str, themes: Iterable[Theme], counts: Mapping[str, int]) -> list[tuple[str, str, int]]:
    return [(say(each.name), Choice(audience=audience, theme=each.code).href(), counts.get(each.code, 0))
            for each in themes]


def _named(choice: Choice) -> dict[str, str]:
    """Each part of a choice in words, in the order of the fields."""
    themes = catalogue.themes()
    lists = {"person": themes.person, "entity": themes.entity}.get(choice.audience, (*themes.person, *themes.entity))
    words = {
        "audience": {"person": _("For people"), "entity": _("For companies")}.get(choice.audience, ""),
        "theme": next((say(each.name) for each in lists if each.code == choice.theme), ""),
        "stage": next((say(each.name) for each in themes.life_stages if each.code == choice.stage), ""),
        "department": say(authorities.authority(int(choice.department)).name) if choice.department else "",
        "region": say(path_of(choice.region)[-1].name) if choice.region else "",
        "level": level_words(choice.level) if choice.level else "",
        "form": form_words(HandlingForm(choice.form)) if choice.form else "",
        "online": _("Can be done online") if choice.online else "",
    }
    return {name: word for name, word in words.items() if word}


def _title(choice: Choice) -> str:
    named = _named(choice)
    order = ("theme", "stage", "department", "region", "level", "form", "audience", "online")
    return next((named[name] for name in order if name in named), _("All services"))


def _chips(choice: Choice) -> list[dict[str, str]]:
    named = _named(choice)
    if len(named) == 1:
        return [{"label": word, "href": Choice().href(all="1")} for word in named.values()]
    return [{"label": word, "href": replace(choice, **{name: ""}).href()} for name, word in named.items()]


def _options(choice: Choice) -> dict[str, list[dict[str, str]]]:
    """What the fields above the list offer: only values that some service has."""
    counts, themes = catalogue.counts(), catalogue.themes()
    of_person = [each for each in themes.person if each.code in counts.themes_person and choice.audience != "entity"]
    of_entity = [each for each in themes.entity if each.code in counts.themes_entity and choice.audience == "entity"]
    return {
        "audience": _with_any((("person", _("People")), ("entity", _("Companies")))),
        "theme": _with_any((each.code, say(each.name)) for each in (*of_person, *of_entity)) if choice.audience else [],
        "stage": _with_any((each.code, say(each.name)) for each in themes.life_stages
                           if each.code in counts.life_stages),
        "level": _with_any((level, level_words(level)) for level in sorted(counts.levels)),
        "form": _with_any((form, form_words(HandlingForm(form))) for form in sorted(counts.handling_forms)),
    }


def _with_any(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"value": "", "label": _("Any")}, *({"value": value, "label": label} for value, label in pairs)]
