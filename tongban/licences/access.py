"""From the code of a licence to its locked row, for whoever may change it."""

from tongban.identity.types import Actor, Role
from tongban.kernel import database
from tongban.kernel.types import Who
from tongban.licences.errors import LicenceNotFound, LicenceNotYours
from tongban.licences.queries import LICENCE, as_licence
from tongban.licences.types import LicenceView


def licence_for_update(who: Who, code: str) -> LicenceView:
    """The licence, locked. A person needs the post of decider at the issuing authority; machines act by rule."""
    found = database.row(f"{LICENCE} where l.code = %s for update of l", [code])
    if found is None:
        raise LicenceNotFound
    licence = as_licence(found)
    if isinstance(who, Actor) and (licence.issuer is None or not who.holds(Role.DECIDER, licence.issuer)):
        raise LicenceNotYours
    return licence


def versions_for_update(licence: LicenceView) -> list[LicenceView]:
    """The other licences of this type and holder, locked in order of age: what a new one may replace."""
    found = database.rows(f"{LICENCE} where l.holder_id = %s and l.type_code = %s and l.id <> %s order by l.id "
                          "for update of l", [licence.holder, licence.type_code, licence.id])
    return [as_licence(row) for row in found]
