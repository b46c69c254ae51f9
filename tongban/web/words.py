"""What desk and oversight both say: states of a case, grounds, grades, amounts; and how they read what is typed."""

import re
from collections.abc import Mapping
from unicodedata import normalize

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tongban.calendars.types import SpecialProcedure
from tongban.cases.types import DeclineGround, State
from tongban.catalogue.types import Guide
from tongban.reviews.types import Grade
from tongban.supervision.types import Ending
from tongban.web.jinja import say

Words = str | Promise
LONGEST_CODE = 200

STATES: Mapping[State, tuple[Words, str]] = {
    State.SUBMITTED: (_("To be accepted"), "info"),
    State.SUPPLEMENT_BEFORE: (_("Waiting for corrections"), "wait"),
    State.ACCEPTED: (_("Accepted, not yet examined"), "info"),
    State.UNDER_REVIEW: (_("Under examination"), "info"),
    State.SUPPLEMENT_AFTER: (_("Waiting for corrections, after acceptance"), "wait"),
    State.SUSPENDED: (_("Clock stopped"), "stopped"),
    State.DECIDED: (_("Decided, result not ready"), "info"),
    State.COMPLETED: (_("Result ready"), "done"),
    State.DELIVERED: (_("Result delivered"), "done"),
    State.NOT_ACCEPTED: (_("Not accepted"), "plain"),
    State.WITHDRAWN: (_("Withdrawn by the applicant"), "plain"),
    State.CLOSED_NO_SUPPLEMENT: (_("Closed, corrections did not come"), "plain"),
    State.TRANSFERRED: (_("Forwarded to another authority"), "plain"),
    State.VOID: (_("Void"), "plain"),
}
GROUNDS: Mapping[str, Words] = {
    DeclineGround.NO_PERMIT_NEEDED: _("The matter needs no permit"),
    DeclineGround.NOT_OUR_POWER: _("The matter is not within our powers"),
    DeclineGround.BARRED: _("The law bars this applicant from applying now"),
}
GRADES: Mapping[Grade, tuple[Words, str]] = {
    Grade.VERY_SATISFIED: (_("Very satisfied"), "done"), Grade.SATISFIED: (_("Satisfied"), "done"),
    Grade.BASICALLY_SATISFIED: (_("Basically satisfied"), "done"), Grade.DISSATISFIED: (_("Dissatisfied"), "late"),
    Grade.VERY_DISSATISFIED: (_("Very dissatisfied"), "late"),
}
ENDINGS: Mapping[Ending, Words] = {
    Ending.FINISHED: _("Ended by rule: the case is finished"),
    Ending.MOVED_ON: _("Ended by rule: the case went on"),
    Ending.SUPERSEDED: _("Ended by rule: a graver signal took its place"),
}
PROCEDURES: Mapping[str, Words] = {
    SpecialProcedure.HEARING: _("Hearing"), SpecialProcedure.BIDDING: _("Bidding"),
    SpecialProcedure.AUCTION: _("Auction"), SpecialProcedure.INSPECTION: _("Technical inspection"),
    SpecialProcedure.TESTING: _("Testing"), SpecialProcedure.QUARANTINE: _("Quarantine"),
    SpecialProcedure.APPRAISAL: _("Expert appraisal"), SpecialProcedure.EXPERT_REVIEW: _("Review by experts"),
}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def procedures_of(guide: Guide) -> dict[str, str]:
    """What stops the clock of a service: the procedures of the law, and those the service lists with their article."""
    listed = {each.code: gettext("{name} ({article})").format(name=say(each.name), article=each.article)
              for each in guide.procedures}
    return {code: str(words) for code, words in PROCEDURES.items()} | listed


def amount(count: int, unit: str) -> str:
    """5 working days, 3 hours."""
    if unit == "workday":
        found = ngettext("{count} working day", "{count} working days", count)
    elif unit == "hour":
        found = ngettext("{count} office hour", "{count} office hours", count)
    elif unit == "month":
        found = ngettext("{count} month", "{count} months", count)
    elif unit == "year":
        found = ngettext("{count} year", "{count} years", count)
    else:
        found = ngettext("{count} day", "{count} days", count)
    return found.format(count=count)


def typed(request: HttpRequest, name: str, *, longest: int = 2500) -> str:
    """What was typed into a field, without control and direction characters and no longer than a form should bring."""
    text = request.POST.get(name, "").replace("\r\n", "\n").replace("\r", "\n")
    return CONTROL.sub("", text)[:longest]


def typed_phone(request: HttpRequest) -> str:
    """The phone as people write it, without what they put between its digits."""
    return re.sub(r"[\s-]", "", normalize("NFKC", typed(request, "phone", longest=LONGEST_CODE))).removeprefix("+86")


def typed_code(request: HttpRequest) -> tuple[str, str]:
    """The browser's key and the code that came to a phone."""
    return request.POST.get("key", "")[:LONGEST_CODE], "".join(request.POST.get("code", "")[:LONGEST_CODE].split())
