"""Every route of the house, found by walking the resolver."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import LocalePrefixPattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One address: its name, the template of its path, the view behind it."""

    name: str
    path: str
    parameters: tuple[str, ...]
    view: Callable[..., Any]

    def at(self, values: dict[str, Any]) -> str:
        """The address with these values in it."""
        return self.path % {name: values[name] for name in self.parameters}


def routes() -> dict[str, Route]:
    """All routes by `namespace:name`; the prefix of the default language is empty."""
    found: dict[str, Route] = {}
    for route in _walk(get_resolver(), "", "/"):
        if route.name in found:
            raise AssertionError(f"two routes are called {route.name}")
        found[route.name] = route
    return found


def _walk(resolver: URLResolver, namespace: str, prefix: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = "" if isinstance(entry.pattern, LocalePrefixPattern) else _template(entry)
            yield from _walk(entry, entry.namespace or namespace, prefix + inner)
        else:
            yield Route(name=f"{namespace}:{entry.name}" if namespace else str(entry.name),
                        path=prefix + _template(entry), parameters=_parameters(entry), view=entry.callback)


def _template(entry: URLPattern | URLResolver) -> str:
    pattern = entry.pattern
    text = str(pattern)
    for name, converter in getattr(pattern, "converters", {}).items():
        for kind in (type(converter).__name__.removesuffix("Converter").lower(), "str", "int", "slug", "path", "uuid"):
            text = text.replace(f"<{kind}:{name}>", f"%({name})s")
        text = text.replace(f"<{name}>", f"%({name})s")
    return text.removeprefix("^").removesuffix("$")


def _parameters(entry: URLPattern) -> tuple[str, ...]:
    return tuple(getattr(entry.pattern, "converters", {}))
