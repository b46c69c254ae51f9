"""The gate every request passes: who calls, may they, on whose rows; refusals become answers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

import structlog
from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse

from tongban.identity import queries as identity
from tongban.identity.access import require
from tongban.identity.types import Actor, ActorKind, Role, Strength
from tongban.kernel import clock, database, modes, parameters
from tongban.kernel.errors import HouseError, NotFound, NotPermitted, SignInRequired, Unavailable
from tongban.kernel.modes import AcceptOnly, Mode, ReadOnly
from tongban.kernel.types import Audience
from tongban.web import failures, refusals, secrecy, uploads

READING = frozenset({"GET", "HEAD", "OPTIONS"})
log = structlog.get_logger(__name__)
Parameters = ParamSpec("Parameters")
View = Callable[Concatenate[HttpRequest, Parameters], HttpResponse]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Who may call a route: anyone, signed-in citizens, or staff holding one of some posts.

    `always`: what is posted there changes no matter (looking up, signing in and out), so it works in every mode.
    `strength`: how surely the caller must have proved who they are, if not as the parameters say for people or staff;
    `fresh`: acts there need it proved lately (table 5.8), and where it is `fresh_to_read`, reading does too.
    `ahead`: what is asked of systems outside before the transaction begins, as no network call may hold rows.
    `helped`: a clerk who helps a person at the counter enters with that person's rights.
    """

    audience: Audience
    roles: frozenset[Role] = frozenset()
    takes_files: bool = False
    always: bool = False
    strength: Strength | None = None
    fresh: bool = False
    fresh_to_read: bool = False
    helped: bool = False
    ahead: Callable[..., object] | None = None

    def admits(self, actor: Actor | None) -> bool:
        if self.audience is Audience.PUBLIC:
            return True
        if actor is None:
            return False
        if self.audience is Audience.CITIZEN:
            return actor.kind is ActorKind.CITIZEN
        return actor.kind is ActorKind.OFFICER and (not self.roles or bool(self.roles & actor.roles))

    def check_mode(self, method: str) -> None:
        """Refuse an act for which the house is not open now."""
        if method in READING or self.always:
            return
        mode = modes.current().mode
        if mode is Mode.READ_ONLY:
            raise ReadOnly
        if mode is Mode.ACCEPT_ONLY and self.audience is Audience.OFFICER:
            raise AcceptOnly

    def check_strength(self, actor: Actor | None, method: str) -> None:
        """Refuse who proved too weakly who they are, or for a fresh act too long ago."""
        if actor is None or self.audience is Audience.PUBLIC:
            return
        lately = self.fresh_to_read or (self.fresh and method not in READING)
        wanted = f"identity.fresh_seconds_{actor.kind.lower()}"
        within = parameters.value(wanted, clock.today()) if lately else None
        require(actor, strength=self.strength or identity.wanted_strength(actor), within_seconds=within)

    @property
    def prepares(self) -> bool:
        """Does something come before the transaction?"""
        return self.takes_files or self.ahead is not None

    def prepare(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """What comes before the transaction: files are examined, systems outside are asked."""
        if self.takes_files:
            uploads.receive(request)
        if self.ahead:
            request.ahead = self.ahead(request, *args, **kwargs)  # type: ignore[attr-defined]


def also_helped(view: View[Parameters]) -> View[Parameters]:
    """A guarded view for people that a clerk who helps one of them may use on their behalf (HALL-08)."""
    gate: Gate = view.gate  # type: ignore[attr-defined]
    view.gate = replace(gate, helped=True)  # type: ignore[attr-defined]
    return view


def proved_lately(view: View[Parameters]) -> View[Parameters]:
    """A guarded view whose acts need a caller who proved a moment ago that it is them (table 5.8)."""
    gate: Gate = view.gate  # type: ignore[attr-defined]
    view.gate = replace(gate, fresh=True)  # type: ignore[attr-defined]
    return view


def proved_lately_to_read(view: View[Parameters]) -> View[Parameters]:
    """A guarded view that even shows itself only to a caller who proved a moment ago that it is them (table 5.8)."""
    gate: Gate = view.gate  # type: ignore[attr-defined]
    view.gate = replace(gate, fresh_to_read=True)  # type: ignore[attr-defined]
    return view


def asking_ahead(ask: Callable[..., object]) -> Callable[[View[Parameters]], View[Parameters]]:
    """A guarded view for which `ask`, called as the view is, first fetches something over the network: `request.ahead`."""
    def ahead_of(view: View[Parameters]) -> View[Parameters]:
        gate: Gate = view.gate  # type: ignore[attr-defined]
        view.gate = replace(gate, ahead=ask)  # type: ignore[attr-defined]
        return view
    return ahead_of


def however_proved(view: View[Parameters]) -> View[Parameters]:
    """A guarded view for callers who proved who they are by one factor only: the way out, and the way to a second one."""
    gate: Gate = view.gate  # type: ignore[attr-defined]
    view.gate = replace(gate, strength=Strength.S1)  # type: ignore[attr-defined]
    return view


def in_every_mode(view: View[Parameters]) -> View[Parameters]:
    """A guarded view that takes posts whatever the mode."""
    gate: Gate = view.gate  # type: ignore[attr-defined]
    view.gate = replace(gate, always=True)  # type: ignore[attr-defined]
    return view


def anyone(view: View[Parameters]) -> View[Parameters]:
    """Open to everyone; a signed-in caller is known."""
    return _guarded(Gate(audience=Audience.PUBLIC), view)


def citizens(view: View[Parameters]) -> View[Parameters]:
    """Open to signed-in citizens and agents of firms."""
    return _guarded(Gate(audience=Audience.CITIZEN), view)


def citizens_with_files(view: View[Parameters]) -> View[Parameters]:
    """Open as `citizens`; the files they bring are examined and stored before the transaction begins."""
    return _guarded(Gate(audience=Audience.CITIZEN, takes_files=True), view)


def staff(*roles: Role) -> Callable[[View[Parameters]], View[Parameters]]:
    """Open to staff holding one of the posts; any post if none is named."""
    return lambda view: _guarded(Gate(audience=Audience.OFFICER, roles=frozenset(roles)), view)


def _guarded(declared: Gate, view: View[Parameters]) -> View[Parameters]:
    @wraps(view)
    def enter(request: HttpRequest, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponse:
        gate: Gate = enter.gate  # type: ignore[attr-defined]
        if gate.audience is not Audience.PUBLIC and request.META.get("HTTP_SEC_PURPOSE", "").startswith("prefetch"):
            return HttpResponse(status=503)  # nobody looks at it yet, and looking may be noted; the browser asks again
        token = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        login = gate.audience if gate.audience is not Audience.PUBLIC or not token else _signed_in_login()
        with database.serving(login):
            try:
                if "\x00" in request.path:
                    raise NotFound
                if gate.prepares:
                    with _admitted(request, gate, token):
                        pass
                    gate.prepare(request, *args, **kwargs)
                with _admitted(request, gate, token):
                    return secrecy.taking(request, view, *args, **kwargs)
            except HouseError as error:
                refusals.note(request, error)
                return failures.answer(request, error)
            except InternalError as error:
                if not modes.is_written_to_in_vain(error):
                    raise
                return failures.answer(request, ReadOnly())
            except (OperationalError, InterfaceError) as error:
                log.warning("page_waits", error=type(error).__name__)
                database.connection().close()
                request.actor = None  # type: ignore[attr-defined]
                return failures.answer(request, Unavailable())
            finally:
                secrecy.note(request)

    enter.gate = declared  # type: ignore[attr-defined]
    return cast("View[Parameters]", enter)


@contextmanager
def _admitted(request: HttpRequest, gate: Gate, token: str) -> Iterator[None]:
    """A transaction of a caller whom the gate lets in; a key given to a program opens no page, however it is brought."""
    with identity.entered(token, helped=gate.helped, page=True) if token else database.atomic() as known:
        request.helping = known.helping if known else None  # type: ignore[attr-defined]
        actor = known.as_helper() if known is not None and gate.helped else known
        request.actor = actor  # type: ignore[attr-defined]
        if not gate.admits(actor):
            raise SignInRequired if actor is None else NotPermitted
        gate.check_strength(actor, request.method or "")
        gate.check_mode(request.method or "")
        yield


def _signed_in_login() -> Audience:
    """Who serves open pages to a caller with a session: the desk's own process holds no login of citizens."""
    return Audience.CITIZEN if Audience.CITIZEN in settings.DATABASES else Audience.OFFICER


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in caller of a guarded view."""
    actor: Any = getattr(request, "actor", None)
    if not isinstance(actor, Actor):
        raise SignInRequired
    return actor


def address_of(request: HttpRequest) -> str:
    """Where a request comes from."""
    return address_in(request.META)


def address_in(environ: Mapping[str, Any]) -> str:
    """Where a request comes from; behind our own proxy (HTTPS) what the proxy added last, else the connection."""
    direct: str = environ.get("REMOTE_ADDR", "")
    told: str = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    return (told or direct) if settings.HTTPS else direct
