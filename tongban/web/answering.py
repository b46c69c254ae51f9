"""Who answers for this node and what it keeps, in words: the chain that everyone and staff are shown."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tongban.identity.queries import AnsweringRow, charges
from tongban.identity.types import DATA_SETS, Charge
from tongban.web.jinja import say
from tongban.web.words import Words

CHARGES: Mapping[Charge, tuple[Words, Words]] = {
    Charge.SUPERIOR: (_("The node above this one"), ""),
    Charge.NODE: (_("This node"), ""),
    Charge.ACCOUNTS: (_("Accounts and identities"), _("Who you are, how you sign in, who acts for you")),
    Charge.APPLICATIONS: (_("Applications and their papers"), _("What you applied for, what you handed in, what was decided")),
    Charge.LICENCES: (_("Licences and seals"), _("What was issued to you and how it is checked")),
    Charge.CATALOGUE: (_("Services, authorities and working days"), _("What is published of services, offices and rules")),
    Charge.RECORD: (_("The record of acts"), _("Who did what, who looked at your data, and the public record")),
    Charge.MESSAGES: (_("Messages to you"), _("What you were told, and by which way")),
    Charge.REVIEWS: (_("Reviews and supervision"), _("What you said of us, and what was found about a case")),
    Charge.KEYS: (_("Keys and backups"), _("What keeps everything else closed, and copies of it")),
}
"""What somebody answers for, and what lies in it."""

Known = Mapping[Charge, AnsweringRow]


def nodes(known: Known) -> list[dict[str, Any]]:
    """The node above this one and this one; whichever lacks somebody says so."""
    return [_node(charge, known.get(charge)) for charge in charges() if charge not in DATA_SETS]


def rows(known: Known, of: Iterable[Charge]) -> list[dict[str, Any]]:
    """A line of a table for each charge, without anybody too."""
    return [_row(charge, known.get(charge)) for charge in of]


def unanswered(known: Known) -> int:
    """How many have nobody."""
    return sum(charge not in known or known[charge].has_left for charge in charges())


def person_of(row: AnsweringRow | None) -> str:
    """Whose name stands there; nobody's where none was named, or whoever was has left."""
    if row is None:
        return gettext("Nobody is named yet.")
    if row.has_left:
        return gettext("Nobody is named yet: whoever was has left the post.")
    words = gettext("{person}, {post}").format(person=say(row.person), post=say(row.post))
    return gettext("{person} (sample)").format(person=words) if row.sample else words


def _node(charge: Charge, row: AnsweringRow | None) -> dict[str, Any]:
    return {"what": CHARGES[charge][0], "name": say(row.name) if row and row.name else "", "unit": say(row.unit) if row else "",
            "person": person_of(row), "line": _line(row)}


def _row(charge: Charge, row: AnsweringRow | None) -> dict[str, Any]:
    title, holds = CHARGES[charge]
    holds = say(row.name) if row and row.name else holds
    name = format_html('{}<br><small class="meta">{}</small>', title, holds)
    return {"cells": [name, say(row.unit) if row else "–", person_of(row), _line(row) or "–"]}


def _line(row: AnsweringRow | None) -> SafeString | str:
    """The line on duty, to be called at once."""
    return format_html('<a class="num" href="tel:{}">{}</a>', row.line.replace(" ", ""), row.line) if row else ""
