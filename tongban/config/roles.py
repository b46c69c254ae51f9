"""What a process is for: `TONGBAN_ROLE` names the surfaces it answers for, the database logins it holds and the folders it opens.

Two network zones are a matter of deployment: a process of the outer zone knows no login of the inner one and opens no
folder of it, and only `all`, which prepares, backs up and restores, knows the owner.
"""

import argparse
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tongban.config.folders import STORES

SHARED = frozenset({"portal:sign_in", "portal:passkey", "portal:first_password", "portal:prove", "portal:stay", "portal:mode",
                    "portal:csp_reports", "api:health", "api:readyz"})
"""Answered by every process with pages: the way in, staying in, the look of pages, and what watches over the process."""
WATCHED = frozenset({"api:health", "api:readyz"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A kind of process; `reads` and `writes` are folders of sealed files, and whoever writes in one finds there what it wrote."""

    surfaces: frozenset[str]
    logins: tuple[str, ...]
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    owner: bool = False
    pages: bool = True

    def answers(self, namespace: str, name: str) -> bool:
        """Is the route of this name answered here?"""
        return not self.surfaces.isdisjoint({namespace}) or (bool(self.surfaces) and name in (SHARED if self.pages else WATCHED))


ROLES: Mapping[str, Role] = {
    "portal": Role(surfaces=frozenset({"portal"}), logins=("public", "citizen"),
                   reads=frozenset({"files", "made"}), writes=frozenset({"files"})),
    "counter": Role(surfaces=frozenset({"counter", "oversight"}), logins=("public", "officer"),
                    reads=frozenset({"files", "made", "inside"}), writes=frozenset({"inside"})),
    "api": Role(surfaces=frozenset({"api"}), logins=("public", "citizen"), writes=frozenset({"files"})),
    "provisioning": Role(surfaces=frozenset({"scim"}), logins=("public", "worker"), pages=False),
    "gateway": Role(surfaces=frozenset({"gateway"}), logins=("public", "worker"), pages=False),
    "worker": Role(surfaces=frozenset(), logins=("worker",), writes=frozenset({"made"})),
    "signer": Role(surfaces=frozenset(), logins=()),
    "all": Role(surfaces=frozenset({"portal", "counter", "oversight", "api", "scim", "gateway"}),
                logins=("public", "citizen", "officer", "worker", "auditor"), owner=True,
                reads=frozenset(STORES), writes=frozenset(STORES)),
}
OUTSIDE = ("portal", "api")
"""Roles that the Internet reaches (ARC-16); every other one runs inside."""


class RoleNotValid(Exception):
    """The environment asks for something a process of this role may not be."""


def role(environment: Mapping[str, str] = os.environ) -> Role:
    """The role of this process; a password in `DATABASE_URL` is the owner's, which only `all` may hold."""
    name = environment.get("TONGBAN_ROLE", "all")
    if name not in ROLES:
        raise RoleNotValid(f"TONGBAN_ROLE is {name}; it may be {', '.join(ROLES)}.")
    if not ROLES[name].owner and urlsplit(environment.get("DATABASE_URL", "")).password:
        raise RoleNotValid(f"DATABASE_URL holds the owner's password, which a process of the role {name} must not know. "
                           "Name host, port and database only: postgresql://HOST:PORT/DATABASE")
    return ROLES[name]


def served_here(get_response: Callable[..., object]) -> Callable[..., object]:
    """Middleware: the routes of other roles keep their names, so that links can be made, but lead nowhere."""
    from django.http import Http404, HttpRequest

    here = role()

    def respond(request: HttpRequest) -> object:
        return get_response(request)

    def process_view(request: HttpRequest, view: object, args: object, kwargs: object) -> None:
        match = request.resolver_match
        if match is None or not here.answers(match.namespace, match.view_name):
            raise Http404

    respond.process_view = process_view  # type: ignore[attr-defined]
    return respond


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command `web`."""
    web = commands.add_parser("web", help="the web process alone, as TONGBAN_ROLE says")
    web.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    web.add_argument("--host", default="127.0.0.1")
    web.add_argument("--workers", type=int, default=2)
    web.set_defaults(act=serve)


def serve(options: argparse.Namespace) -> int:
    """Become the web process."""
    from tongban.config.cli import granian_command

    if not role().surfaces:
        raise RoleNotValid("A process of this role serves no pages. Start it with `tongban worker` or `tongban signer`.")
    command = granian_command(options.host, options.port, options.workers)
    os.execv(command[0], command)  # noqa: S606 - no shell is meant
