"""Who looked at my data, in words: the one table of what the record of reads holds as codes."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongban.authorities import queries as authorities
from tongban.cases import queries as cases
from tongban.cases.access import LockedCase, case_to_read
from tongban.catalogue import queries as catalogue
from tongban.identity import queries as identity
from tongban.identity.types import Actor, Role
from tongban.kernel.disclosures import Disclosure
from tongban.kernel.errors import NotFound
from tongban.web.jinja import datetime_short, language, say

FIELDS: Mapping[str, str | Promise] = {
    "name": _("your name"), "name_masked": _("your name (partly covered)"),
    "answers_masked": _("your answers (numbers and addresses partly covered)"),
    "matters": _("your applications and drafts"), "materials": _("the list of your materials"),
    "steps": _("the steps of the case"), "opinions_masked": _("what officers wrote (numbers partly covered)"),
    "level": _("how your identity was verified"), "region": _("the region you live in"), "phone": _("your phone number"),
    "id_number_masked": _("the last four digits of your identity number"),
    "case_opened": _("the course of the case (names and numbers partly covered)"),
}
REASONS: Mapping[str, str | Promise] = {
    "accept": _("To decide whether your application can be accepted"), "examine": _("To examine your application"),
    "inspect": _("To check the place of your application"), "decide": _("To decide on your application"),
    "case": _("To look after your case while no step is open"),
    "double": _("To see whether two accounts are one person's"),
    "contact": _("To call you about this case"), "compare": _("To compare with a document or a register"),
    "help": _("To help you at the counter, as you asked with a code"),
    "supervision": _("To supervise how the authority handles the case"),
    "authorised": _("You let it know this when you signed in there"),
}
CLIENT = "client:"
POSTS: Mapping[str, str | Promise] = {
    Role.RECEPTIONIST: _("reception"), Role.REVIEWER: _("examination"), Role.DECIDER: _("decision"),
    Role.ISSUER: _("issuing"), Role.SUPERVISOR: _("supervision"),
}


def rows(actor: Actor, found: Sequence[Disclosure]) -> list[dict[str, Any]]:
    """Reads of the data of the actor and their firms as the lines of a table."""
    known = {number: _case(actor, number) for number in {each.subject for each in found}}
    return [{"cells": [datetime_short(each.at), who(each), _what(each, known[each.subject]), why(each.reason)]}
            for each in found]


def who(read: Disclosure) -> str:
    """The authority and the post that read."""
    if read.subject.startswith(CLIENT) and read.actor == f"system:{read.subject}":
        names = identity.names_of_clients({read.subject.removeprefix(CLIENT)})
        return say(next(iter(names.values()))) if names else gettext("Another system")
    place = say(authorities.authority(read.authority).name) if read.authority else gettext("An authority")
    post = POSTS.get(read.role) or (POSTS[Role.SUPERVISOR] if read.reason == "supervision" else "")
    return gettext("{name}, {post}").format(name=place, post=post) if post else place


def why(reason: str) -> str:
    """The reason of a read; one typed by hand stands as it was typed."""
    codes = reason.split(",")
    if all(code in REASONS for code in codes):
        return gettext("; ").join(str(REASONS[code]) for code in codes)
    return gettext("The officer's words: {reason}").format(reason=reason)


def _what(read: Disclosure, case: LockedCase | None) -> str:
    comma = ", " if language() == "en" else "、"
    words = comma.join(field(code, case) for code in read.fields)
    return f"{say(case.item_name)} · {words}" if case else words


def field(code: str, case: LockedCase | None) -> str:
    """What was read: a part of the page, the label of an answer, the name of a material."""
    if code in FIELDS:
        return str(FIELDS[code])
    kind, _colon, name = code.partition(":")
    if kind == "material":
        names = {each.code: each.name for each in cases.materials_of(case.id)} if case else {}
        return say(names[name]) if name in names else gettext("a file of yours")
    if kind == "answer" and case:
        guide = catalogue.guide(case.item_code, case.item_version)
        asked = catalogue.form(guide.form_code, guide.form_version).fields.get(name)
        if asked:
            return gettext("your answer to “{question}”").format(question=say(asked.label))
    return gettext("an answer of yours")


def _case(actor: Actor, number: str) -> LockedCase | None:
    try:
        return case_to_read(actor, number)
    except NotFound:
        return None
