"""`tongban responsible`: who answers for this node, for what it keeps and above it; two administrators say so (SEC-03)."""

import argparse
import sys
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from tongban.config import administering, registrations
from tongban.config.bringing import perform
from tongban.identity.types import DATA_SETS, Charge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tongban.identity.queries import AnsweringRow
    from tongban.identity.types import Actor

TABLES: Mapping[Charge, tuple[str, ...]] = {
    Charge.ACCOUNTS: ("identity_",),
    Charge.APPLICATIONS: ("cases_", "documents_"),
    Charge.LICENCES: ("licences_", "seals_"),
    Charge.CATALOGUE: ("catalogue_", "authorities_", "calendars_", "kernel_parameter"),
    Charge.RECORD: ("kernel_event", "kernel_disclosure", "ledger_"),
    Charge.MESSAGES: ("messages_",),
    Charge.REVIEWS: ("reviews_", "supervision_"),
    Charge.KEYS: ("kernel_cursor", "kernel_data_key", "kernel_mode", "kernel_parked", "kernel_position", "kernel_rotation",
                  "kernel_sequencer", "kernel_target", "federation_", "django_", "procrastinate_"),
}
"""What each data set holds: how the names of its tables begin."""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    made = commands.add_parser("responsible", help="who answers for the node and its data, by two administrators")
    steps = made.add_subparsers(required=True)
    name = steps.add_parser("name", help="the system administrator names those whom a file lists (.yaml)")
    name.add_argument("file")
    name.set_defaults(act=partial(perform, "tongban.config.answering:propose"))
    for step, act, text in (("confirm", "confirm", "the security administrator reads what waits and agrees to all of it"),
                            ("list", "show", "who answers today, and for which tables")):
        steps.add_parser(step, help=text).set_defaults(act=partial(perform, f"tongban.config.answering:{act}"))


def propose(options: argparse.Namespace) -> int:
    """The system administrator names people."""
    from tongban.identity.actions import propose_responsible
    from tongban.identity.types import Named

    try:
        named = registrations.read(options.file, list[Named])
    except registrations.NotRead as error:
        return administering.refused(str(error))

    def act(actor: "Actor") -> list[str]:
        propose_responsible(actor, named=named)
        return [f"Proposed: {len(named)}. The security administrator says within a day: tongban responsible confirm"]
    return administering.signed_in(act, typed=named)


def confirm(options: argparse.Namespace) -> int:
    """The security administrator reads what was proposed and agrees."""
    from tongban.identity.access import require_duty
    from tongban.identity.actions import confirm_responsible
    from tongban.identity.queries import waiting_to_answer
    from tongban.identity.types import Duty

    def act(actor: "Actor") -> list[str]:
        require_duty(actor, Duty.SECURITY)
        waiting = waiting_to_answer()
        read = "\n".join(_lines(waiting))
        if waiting and administering.ASK(f"{read}\nDo these answer for it? (yes) ") != "yes":
            return ["Nothing was changed."]
        confirm_responsible(actor, keys=[each.key for each in waiting])
        return ["Agreed. Everyone reads it at /who-answers/"]
    return administering.signed_in(act)


def show(options: argparse.Namespace) -> int:
    """Everything somebody must answer for; 1 while anything has nobody."""
    from django.conf import settings

    from tongban.identity.queries import answering, charges
    from tongban.kernel import database

    with database.serving("worker"):
        known = answering()
    lines = [f"{Charge.SUPERIOR:14}This is the topmost node."] if settings.HUB else []
    for charge in charges():
        row = known.get(charge)
        said = next(iter(_lines([row]))) if row else f"{charge:14}nobody is named yet"
        lines.append(said + (" (left the post)" if row and row.has_left else ""))
        if charge in DATA_SETS:
            lines.append(f"{'':14}tables {', '.join(each + '*' if each.endswith('_') else each for each in TABLES[charge])}")
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if any(charge not in known or known[charge].has_left for charge in charges()) else 0


def _lines(found: "Iterable[AnsweringRow]") -> list[str]:
    return [f"{each.charge:14}" + " · ".join([*([each.name.zh] if each.name else []), each.unit.zh, each.person.zh, each.post.zh,
                                              each.line, f"from {each.since}", *(["SAMPLE"] if each.sample else [])]) for each in found]
