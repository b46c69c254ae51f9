"""A clerk who saw a person and their card lets the account they froze work again (IDN-16)."""

from django.http import HttpRequest, HttpResponse

from tongban.counter.proofing import LONGEST, card_missing, kinds_of_card, problem
from tongban.counter.station import desk
from tongban.identity import actions as identity
from tongban.identity.errors import CredentialNotValid, NotFrozen, TooManyProofs
from tongban.identity.types import Role
from tongban.kernel.codes import mask_name
from tongban.web.failures import told
from tongban.web.gate import actor_of, proved_lately, staff
from tongban.web.words import typed


@proved_lately
@staff(Role.RECEPTIONIST)
def unfreezing(request: HttpRequest) -> HttpResponse:
    """Ask for what stands on the card; the account of whoever that is works again, and they are told."""
    given = {field: typed(request, field, longest=LONGEST).strip() for field in ("name", "kind", "number")}
    problems = card_missing(request, given) if request.method == "POST" else []
    done = ""
    if request.method == "POST" and not problems:
        try:
            identity.unfreeze_at_counter(actor_of(request), **given)
            done = mask_name(given["name"])
        except (CredentialNotValid, NotFrozen, TooManyProofs) as error:
            problems = [problem("name" if isinstance(error, NotFrozen) else "number", told(error))]
    return desk(request, "counter/unfreezing.html", given=given, done=done, problems=problems, kinds=kinds_of_card())
