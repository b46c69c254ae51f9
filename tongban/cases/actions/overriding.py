"""What a supervisor allows where the public record is not being sealed."""

from tongban.cases import queries
from tongban.cases.access import case_for_update
from tongban.cases.actions.steps import note_step, only_in
from tongban.cases.errors import Incomplete, OwnLeave
from tongban.cases.events import UnsealedActAllowed
from tongban.cases.rules import check_reason
from tongban.cases.types import UNSEALED, Right
from tongban.identity.types import Actor, Role
from tongban.kernel import database, events
from tongban.kernel.types import Text
from tongban.ledger.actions import give_leave
from tongban.ledger.types import StoppedAct

ALLOWING = {StoppedAct.DECIDE: Text(zh="未封存时同意作决定", en="Allow the decision without a seal"),
            StoppedAct.ISSUE: Text(zh="未封存时同意发证", en="Allow the licence without a seal")}


def allow_unsealed(actor: Actor, *, number: str, act: StoppedAct, reason: str) -> None:
    """Let one case be decided, or its licence issued, although nothing is sealed; only a supervisor, with a reason, for an hour.

    It is for somebody else to use: neither who worked on the case gives it, nor who gave it decides.
    """
    problems = check_reason(reason)
    if problems:
        raise Incomplete(problems)
    with database.atomic():
        case = case_for_update(actor, number, Right.ALLOW)
        only_in(case, *UNSEALED[act], act="decided" if act is StoppedAct.DECIDE else "concluded")
        if queries.handled_by(number, actor.account):
            raise OwnLeave
        until = give_leave(subject=number, act=act)
        hashed = note_step(case, verb="unsealed", name=ALLOWING[act], role=Role.SUPERVISOR, account=actor.account,
                           reason=reason.strip())
        events.record(actor, UnsealedActAllowed(act=act, until=until.isoformat(), reason_hash=hashed), subject=number,
                      party=case.applicant_id, authority=case.authority_id)
