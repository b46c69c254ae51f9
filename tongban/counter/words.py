"""What the desk says: posts, ways, procedures and refusals in the officer's words."""

from collections.abc import Mapping
from datetime import date, datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongban.calendars.types import Colour, local
from tongban.cases.types import TrustLevel, Way
from tongban.catalogue.types import LimitSpec
from tongban.identity.types import Role
from tongban.kernel.clock import this_year
from tongban.kernel.errors import HouseError
from tongban.kernel.types import Text
from tongban.web.jinja import WEEKDAYS_ZH, day_short, language, say
from tongban.web.words import PROCEDURES, Words, amount

POSTS: Mapping[str, Words] = {
    Role.RECEPTIONIST: _("reception"), Role.REVIEWER: _("examination"), Role.DECIDER: _("decision"),
    Role.ISSUER: _("issuing"), Role.SUPERVISOR: _("supervision"), Role.CATALOGUE_EDITOR: _("catalogue"),
    Role.CATALOGUE_AUDITOR: _("catalogue review"), Role.DATA_STEWARD: _("data"), Role.AUDITOR: _("audit"),
}
WAYS: Mapping[Way, Words] = {
    Way.FORM: _("Filled in online"), Way.UPLOAD: _("Handed in by the applicant"), Way.LATER: _("To follow"),
    Way.LICENCE: _("Licence library"),
}
TRUST: Mapping[TrustLevel, Words] = {
    TrustLevel.A: _("A, from the issuer"), TrustLevel.B: _("B, checked copy"), TrustLevel.C: _("C, as handed in"),
    TrustLevel.D: _("D, said by the applicant"),
}
COLOURS: Mapping[Colour, tuple[Words, str]] = {
    Colour.RED: (_("Red: the legal limit has passed"), "late"),
    Colour.YELLOW: (_("Yellow: the promise has passed"), "late"),
    Colour.WARNING: (_("Warning: little time left"), "wait"),
}


def said(error: HouseError, procedures: Mapping[str, Words] = PROCEDURES) -> str:
    """The message of a refusal, its facts in words too."""
    facts: dict[str, object] = dict(error.facts)
    if str(facts.get("name")) in procedures:
        facts["name"] = procedures[str(facts["name"])]
    return gettext(error.message).format_map({key: shown(value) for key, value in facts.items()})


def shown(value: object) -> str:
    """A fact as it stands in a sentence."""
    if isinstance(value, Text):
        return say(value)
    return day(value) if isinstance(value, date) else str(value)


def day(moment: date | datetime) -> str:
    """3月13日（周五） or Friday 13 March; with its year when that is not the current one."""
    on = local(moment).date() if isinstance(moment, datetime) else moment
    if language() == "en":
        return f"{on:%A} {on.day} {on:%B}{'' if on.year == this_year() else f' {on.year}'}"
    return f"{'' if on.year == this_year() else f'{on.year}年'}{on.month}月{on.day}日（周{WEEKDAYS_ZH[on.weekday()]}）"


def minute(moment: datetime) -> str:
    """3月13日 14:05 or 13 Mar, 14:05."""
    at = local(moment)
    return f"{day_short(at.date())}{', ' if language() == 'en' else ' '}{at:%H:%M}"


def limit_words(spec: LimitSpec) -> str:
    """A published limit in words."""
    return amount(spec.count, spec.unit.lower()) if spec.count else gettext("one working day, on the spot")
