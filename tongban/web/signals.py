"""What a signal is called, wherever it is shown: its colour, what it is about, the rule behind it."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tongban.supervision.types import Family, Kind, Rule

Words = str | Promise
KINDS: Mapping[Kind, tuple[Words, str]] = {
    Kind.BLUE: (_("Reminder"), "info"), Kind.WARNING: (_("Early warning"), "wait"),
    Kind.YELLOW: (_("Yellow card"), "wait"), Kind.RED: (_("Red card"), "late"),
}
FAMILIES: Mapping[Family, Words] = {
    Family.TIME: _("Time limits"), Family.FLOW: _("Flow"), Family.CONTENT: _("Content"), Family.CHARGE: _("Charging"),
}
RULES: Mapping[Rule, Words] = {
    Rule.PROMISE_NEAR: _("The promised time is nearly over"),
    Rule.PROMISE_EXCEEDED: _("The promised time is over"),
    Rule.LAW_EXCEEDED: _("The legal limit is over"),
    Rule.NO_STEP: _("Nothing was done for several working days"),
    Rule.RECTIFICATION_LATE: _("A poor review was not answered in time"),
    Rule.SECOND_NOTICE: _("The applicant was told a second time what is missing"),
    Rule.REASON_MISSING: _("A refusal gives no reason"),
    Rule.BEYOND_GUIDE: _("Something was asked for that the guide does not name"),
    Rule.ILLEGAL_REFUSAL: _("An application that meets the conditions was turned away"),
    Rule.UNAUTHORISED_CHARGE: _("Money was taken that is not due"),
    Rule.MANY_READ: _("One officer opened the data of many people within a few minutes"),
    Rule.DELIVERY_NEAR: _("The time to issue the result is nearly over"),
    Rule.DELIVERY_EXCEEDED: _("The time to issue the result is over"),
    Rule.RESULT_UNOPENED: _("The applicant has not opened the result"),
}
