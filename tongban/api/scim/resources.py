"""What is exchanged: an account of staff as a User, a post at an authority as a Group."""

from collections.abc import Iterable
from typing import Annotated, Any

from scim2_models import (
    URN,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    Filter,
    Meta,
    Mutability,
    Patch,
    Required,
    Resource,
    ResourceType,
    Returned,
    Schema,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)
from scim2_models import AuthenticationScheme as Scheme

from tongban.identity.queries import ProvisionedRow

MOST = 200


class Post(ComplexAttribute):
    """A post somebody holds."""

    value: Annotated[str | None, Mutability.read_only] = None
    display: Annotated[str | None, Mutability.read_only] = None


class Staff(Extension):
    """Who holds an account of staff: told to this house, and by it to nobody."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:tongban:2.0:User")

    identity_number: Annotated[str | None, Mutability.write_only, Returned.never] = None


class User(Resource[Staff]):
    """An account of staff; what is not here is not kept."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    display_name: Annotated[str | None, Required.true] = None
    active: Annotated[bool | None, Required.true] = True
    groups: Annotated[list[Post] | None, Mutability.read_only] = None


class Member(ComplexAttribute):
    """An account that holds a post."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true, Required.true] = None
    display: Annotated[str | None, Mutability.read_only] = None


class Group(Resource[Any]):
    """A post at an authority, named by credit code and post; there are as many as there are posts."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    members: list[Member] | None = None


def user(row: ProvisionedRow, site: str) -> User:
    """An account as it is told."""
    return User(id=row.key, external_id=row.external or None, user_name=row.login, display_name=row.display, active=row.active,
                groups=[Post(value=name, display=name) for name in row.posts] or None,
                meta=Meta(resource_type="User", created=row.made_at, last_modified=row.changed_at,
                          location=f"{site}/scim/v2/Users/{row.key}"))


def group(name: str, holders: Iterable[ProvisionedRow], site: str) -> Group:
    """A post and those accounts of the system that hold it."""
    return Group(id=name, display_name=name,
                 members=[Member(value=each.key, display=each.display) for each in holders] or None,
                 meta=Meta(resource_type="Group", location=f"{site}/scim/v2/Groups/{name}"))


def schemas() -> dict[str, Schema]:
    """The schemas by name."""
    return {str(each.id): each for each in (User.to_schema(), Staff.to_schema(), Group.to_schema())}


def resource_types() -> dict[str, ResourceType]:
    """The kinds of resource by name."""
    return {str(each.id): each for each in (ResourceType.from_resource(User), ResourceType.from_resource(Group))}


def config() -> ServiceProviderConfig:
    """What this interface does."""
    return ServiceProviderConfig(
        patch=Patch(supported=True), bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=MOST), change_password=ChangePassword(supported=False),
        sort=Sort(supported=False), etag=ETag(supported=False),
        authentication_schemes=[Scheme(type=Scheme.Type.oauthbearertoken, name="Bearer token", primary=True,
                                       description="The secret of a provisioning system that two administrators let in")])
