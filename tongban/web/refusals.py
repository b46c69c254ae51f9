"""Refused access is noted: who tried, as what, at which route, and when.

The line names no thing that was asked for, and costs no statement; whoever turns the pages of other people's matters
leaves one line each. Callers without an account leave none, so that nobody outside can fill the log.
"""

import structlog
from django.http import HttpRequest

from tongban.identity.errors import PasskeyNeeded, ProofingTooLow, StepUpNeeded
from tongban.identity.types import Actor, ActorKind
from tongban.kernel.errors import HouseError, NotFound, NotPermitted
from tongban.kernel.types import Audience

ASKED_TO_PROVE = (StepUpNeeded, PasskeyNeeded, ProofingTooLow)
"""Who is sent on to prove who they are was not kept from anything."""
log = structlog.get_logger(__name__)


def note(request: HttpRequest, error: HouseError) -> None:
    """Note that a known caller was kept from a route, or from a thing behind a route that is not open to everyone."""
    actor, route = getattr(request, "actor", None), request.resolver_match
    if route is None or not isinstance(actor, Actor) or isinstance(error, ASKED_TO_PROVE):
        return
    hidden = isinstance(error, NotFound) and route.func.gate.audience is not Audience.PUBLIC  # type: ignore[attr-defined]
    if not hidden and not isinstance(error, NotPermitted):
        return
    request.kept_from = str(ActorKind.OFFICER if actor.helping else actor.kind)  # type: ignore[attr-defined]
    log.warning("access_refused", account=actor.account, role=actor.role, channel=str(actor.channel),
                route=route.view_name, method=request.method, code=error.code)
