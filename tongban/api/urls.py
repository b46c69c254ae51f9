"""Addresses of the interface, below /api/v1/; whatever else is asked there is answered as a problem too."""

from functools import lru_cache

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path

from tongban.api import account, applications, catalogue, files, health, routes
from tongban.api.entry import ANYONE, Door, guarded
from tongban.api.errors import RouteUnknown

app_name = "api"
ENDPOINTS = (account, applications, catalogue, files, health)


@lru_cache(maxsize=1)
def written() -> bytes:
    """The description of the interface as it is sent."""
    return msgspec.json.encode(routes.description())


def openapi(request: HttpRequest) -> HttpResponse:
    """The description of the interface."""
    return HttpResponse(written(), content_type="application/json", headers={"Cache-Control": "public, max-age=60"})


def unknown(request: HttpRequest) -> HttpResponse:
    """An address that leads nowhere."""
    raise RouteUnknown


urlpatterns: list[URLPattern] = [
    *routes.patterns(),
    path("openapi.json", guarded(Door(gate=ANYONE), openapi), name="openapi"),
    re_path("", guarded(Door(gate=ANYONE, method=""), unknown), name="unknown"),
]
