"""Users and groups, their schemas, and what this interface does."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from scim2_models import (
    Context,
    InvalidValueException,
    ListResponse,
    NotFoundException,
    PatchOp,
    SearchRequest,
)

from tongban.api.scim import resources
from tongban.api.scim.entry import MEDIA_TYPE, provisioning
from tongban.api.scim.resources import MOST, Group, Staff, User
from tongban.authorities import queries as authorities
from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.queries import ClientView, ProvisionedRow
from tongban.identity.types import Role

LONGEST = {"userName": 60, "displayName": 60, "externalId": 100}


@provisioning("GET")
def config(request: HttpRequest) -> HttpResponse:
    """What this interface does."""
    return _one(resources.config())


@provisioning("GET")
def schemas(request: HttpRequest, name: str = "") -> HttpResponse:
    """How users and groups are written."""
    return _described(resources.schemas(), name)


@provisioning("GET")
def resource_types(request: HttpRequest, name: str = "") -> HttpResponse:
    """What kinds of things there are."""
    return _described(resources.resource_types(), name)


@provisioning("GET", "POST")
def users(request: HttpRequest) -> HttpResponse:
    """The accounts this system brought; or one more."""
    client = _client(request)
    if request.method == "GET":
        return _many(SearchRequest[User].model_validate(request.GET.dict()), _users(client))
    given = User.model_validate_json(request.body, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    key = identity.provision_account(client, **_told(given))
    made = resources.user(_row(client, key), settings.SITE_URL)
    answer = HttpResponse(made.model_dump_json(scim_ctx=Context.RESOURCE_CREATION_RESPONSE), content_type=MEDIA_TYPE, status=201)
    answer["Location"] = str(made.meta.location) if made.meta else ""
    return answer


@provisioning("POST")
def find_users(request: HttpRequest) -> HttpResponse:
    """The accounts this system brought, asked for in a body."""
    return _many(SearchRequest[User].model_validate_json(request.body, scim_ctx=Context.SEARCH_REQUEST), _users(_client(request)))


@provisioning("POST")
def find(request: HttpRequest) -> HttpResponse:
    """Accounts and posts together, asked for in a body."""
    asked = SearchRequest[User | Group].model_validate_json(request.body, scim_ctx=Context.SEARCH_REQUEST)
    return _many(asked, [*_users(_client(request)), *_groups(_client(request))])


@provisioning("GET", "PUT", "PATCH", "DELETE")
def user(request: HttpRequest, key: str) -> HttpResponse:
    """One account: read, written anew, changed in part, closed."""
    client = _client(request)
    found = resources.user(_row(client, key), settings.SITE_URL)
    if request.method == "DELETE":
        identity.remove_provisioned(client, key=key)
        return HttpResponse(status=204)
    if request.method in ("PUT", "PATCH"):
        wanted = _wanted(request, User, found)
        identity.change_provisioned(client, key=key, **_told(wanted))
        found = resources.user(_row(client, key), settings.SITE_URL)
    return _asked_for(request, found)


@provisioning("GET")
def groups(request: HttpRequest) -> HttpResponse:
    """Every post at the authorities of this system, with those accounts of it that hold it."""
    return _many(SearchRequest[Group].model_validate(request.GET.dict()), _groups(_client(request)))


@provisioning("GET", "PUT", "PATCH")
def group(request: HttpRequest, key: str) -> HttpResponse:
    """One post: who holds it, and who is to hold it."""
    client = _client(request)
    place, _colon, role = key.partition(":")
    found_place = authorities.authority_keys([place]).get(place)
    if found_place is None or place not in client.authorities or role not in set(Role):
        raise NotFoundException(detail="There is no such post.")
    found = _group(client, key)
    if request.method in ("PUT", "PATCH"):
        wanted = _wanted(request, Group, found)
        identity.set_post_holders(client, authority=found_place, role=Role(role),
                                  keys=frozenset(str(each.value) for each in wanted.members or ()))
        found = _group(client, key)
    return _asked_for(request, found)


@provisioning("GET", "POST", "PUT", "PATCH", "DELETE")
def unknown(request: HttpRequest) -> HttpResponse:
    """An address that leads nowhere."""
    raise NotFoundException(detail="There is nothing at this address.")


def _client(request: HttpRequest) -> ClientView:
    found: ClientView = request.provisioning  # type: ignore[attr-defined]
    return found


def _row(client: ClientView, key: str) -> ProvisionedRow:
    found = known.provisioned(client.key, only=key) if "\x00" not in key else []
    if not found:
        raise NotFoundException(detail="There is no such account among those this system brought.")
    return found[0]


def _users(client: ClientView) -> list[User]:
    return [resources.user(each, settings.SITE_URL) for each in known.provisioned(client.key)]


def _groups(client: ClientView) -> list[Group]:
    holders: dict[str, list[ProvisionedRow]] = {}
    for each in known.provisioned(client.key):
        for name in each.posts:
            holders.setdefault(name, []).append(each)
    names = [f"{place.uscc}:{role}" for place in authorities.authorities() if place.uscc in client.authorities for role in Role]
    return [resources.group(name, holders.get(name, ()), settings.SITE_URL) for name in names]


def _group(client: ClientView, name: str) -> Group:
    return resources.group(name, [each for each in known.provisioned(client.key) if name in each.posts], settings.SITE_URL)


def _wanted(request: HttpRequest, kind: Any, found: Any) -> Any:
    """What a resource is to be: written anew as a whole, or changed as the operations say."""
    if request.method == "PUT":
        wanted = kind.model_validate_json(request.body, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
        wanted.replace(found)
        return wanted
    changes = PatchOp[kind].model_validate_json(request.body, scim_ctx=Context.RESOURCE_PATCH_REQUEST)
    changes.patch(found)
    return found


def _told(given: User) -> dict[str, Any]:
    """What is kept of a user; refused where it is empty, too long, or not for reading."""
    said = {"userName": given.user_name or "", "displayName": given.display_name or "", "externalId": given.external_id or ""}
    for name, value in said.items():
        if len(value) > LONGEST[name] or not (value.isprintable() and (value.strip() or name == "externalId")):
            raise InvalidValueException(detail=f"{name} needs 1 to {LONGEST[name]} characters that can be read.")
    held: Staff | None = given[Staff]
    return {"login": said["userName"], "display": said["displayName"], "external": said["externalId"],
            "active": given.active is not False, "number": (held and held.identity_number) or ""}


def _asked_for(request: HttpRequest, found: Any) -> HttpResponse:
    """A resource with the attributes that were asked for."""
    wanted = SearchRequest[type(found)].model_validate(request.GET.dict())  # type: ignore[misc]
    return HttpResponse(found.model_dump_json(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=wanted),
                        content_type=MEDIA_TYPE)


def _many(asked: Any, every: Sequence[Any]) -> HttpResponse:
    """A page of those that match."""
    found = [each for each in every if asked.filter is None or asked.filter.match(each)]
    start = max(asked.start_index or 1, 1)
    count = MOST if asked.count is None else min(asked.count, MOST)
    shown = found[start - 1:start - 1 + count]
    listed = ListResponse[User | Group](total_results=len(found), start_index=start, items_per_page=len(shown), resources=shown)
    return HttpResponse(listed.model_dump_json(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked),
                        content_type=MEDIA_TYPE)


def _one(found: Any) -> HttpResponse:
    return HttpResponse(found.model_dump_json(scim_ctx=Context.RESOURCE_QUERY_RESPONSE), content_type=MEDIA_TYPE)


def _described(every: dict[str, Any], name: str) -> HttpResponse:
    if name:
        if name not in every:
            raise NotFoundException(detail="There is nothing of this name.")
        return _one(every[name])
    kind = type(next(iter(every.values())))
    listed = ListResponse[kind](total_results=len(every), start_index=1, items_per_page=len(every), resources=list(every.values()))  # type: ignore[valid-type]
    return HttpResponse(listed.model_dump_json(scim_ctx=Context.RESOURCE_QUERY_RESPONSE), content_type=MEDIA_TYPE)
