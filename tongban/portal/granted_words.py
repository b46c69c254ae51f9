"""What a system may be told of a person, in words."""

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tongban.identity.types import Scope

TOLD: Mapping[str, str | Promise] = {
    Scope.OPENID: _("That it is you, under a number that only this system knows you by"),
    Scope.PROFILE: _("Your name"), Scope.LEVEL: _("How your identity was verified"),
    Scope.REGION: _("The region you live in"), Scope.PHONE: _("Your phone number"),
    Scope.ID_NUMBER: _("The last four digits of your identity number"),
}


def words_of(scopes: Iterable[str]) -> list[str]:
    """Each attribute on a line of its own."""
    return [str(TOLD[each]) for each in Scope if each in set(scopes)]
