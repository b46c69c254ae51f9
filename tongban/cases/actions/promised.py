"""What was promised for later (容缺后补): handed in, or not by its last day."""

from collections.abc import Iterable

from tongban.cases.access import case_by_rule, case_for_update
from tongban.cases.actions.intake import replace_materials
from tongban.cases.actions.steps import only_in
from tongban.cases.errors import NothingPromised
from tongban.cases.events import PromiseBroken, PromiseKept
from tongban.cases.queries import materials_of
from tongban.cases.types import OPEN, GivenMaterial, Right, State, Way
from tongban.documents import actions as documents
from tongban.identity.types import Actor
from tongban.kernel import database, events
from tongban.kernel.types import Who


def bring_promised(actor: Actor, *, number: str, materials: Iterable[GivenMaterial]) -> None:
    """Put uploaded files in the place of promises, at any time before the decision (MAT-06); states and clocks stay.

    Raises `NothingPromised` if none of these materials was promised.
    """
    with database.atomic():
        case = case_for_update(actor, number, Right.APPLY)
        only_in(case, *OPEN, act="completed")
        promised = {each.code for each in materials_of(case.id) if each.way is Way.LATER}
        brought = tuple(each for each in materials if each.code in promised and each.way is Way.UPLOAD)
        if not brought:
            raise NothingPromised
        documents.share_with(actor, authority=case.authority_id,
                             documents=[each.document for each in brought if each.document is not None])
        replace_materials(case, brought)
        events.record(actor.on_behalf(case.applicant_id), PromiseKept(materials=[each.code for each in brought]), subject=number,
                      party=case.applicant_id, authority=case.authority_id)


def break_promises(who: Who, *, number: str) -> bool:
    """Note what was promised and did not come by its last day (MAT-06); False if there is no such thing.

    The case goes on, but is not granted; until the paper comes, its applicant may promise no other (MAT-07).
    """
    with database.atomic():
        case = case_by_rule(who, number)
        if State(case.state) not in OPEN:
            return False
        late = database.rows(
            "update cases_material set overdue_at = kernel_now() where case_id = %s and way = 'LATER' "
            "and due_on < kernel_today() and replaced_at is null and overdue_at is null returning code", [case.id])
        if late:
            events.record(who, PromiseBroken(materials=sorted(code for (code,) in late)), subject=number,
                          party=case.applicant_id, authority=case.authority_id)
        return bool(late)
