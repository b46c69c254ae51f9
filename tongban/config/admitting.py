"""Who is let in by two administrators: systems that people sign in to or that provision staff (`tongban clients`), and
nodes whose sign-in is believed here (`tongban sources`).
"""

import argparse
import dataclasses
from functools import partial
from typing import TYPE_CHECKING

from tongban.config import administering, registrations
from tongban.config.bringing import perform

if TYPE_CHECKING:
    from tongban.identity.queries import AssessmentRow
    from tongban.identity.types import Actor


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    clients = commands.add_parser("clients", help="other systems, let in by two administrators").add_subparsers(required=True)
    add = clients.add_parser("propose", help="the system administrator proposes what a file describes (.yaml)")
    add.add_argument("file")
    add.set_defaults(act=partial(perform, "tongban.config.admitting:propose"))
    for name, text in (("confirm", "the security administrator lets it in; prints its secret once"),
                       ("close", "either of the two shuts it out, at once")):
        command = clients.add_parser(name, help=text)
        command.add_argument("key")
        command.set_defaults(act=partial(perform, f"tongban.config.admitting:{name}"))
    again = commands.add_parser("assessments", help="what it means for people that others are told of them").add_subparsers(required=True)
    write = again.add_parser("write", help="the system administrator assesses anew what was let in, as a file says (.yaml)")
    write.add_argument("key")
    write.add_argument("file")
    write.set_defaults(act=partial(perform, "tongban.config.admitting:assess"))
    agree = again.add_parser("confirm", help="the security administrator reads it and agrees")
    agree.add_argument("key")
    agree.set_defaults(act=partial(perform, "tongban.config.admitting:agree"))
    sources = commands.add_parser("sources", help="nodes whose sign-in is believed here").add_subparsers(required=True)
    add = sources.add_parser("propose", help="the system administrator proposes what a file describes (.yaml)")
    add.add_argument("file")
    add.set_defaults(act=partial(perform, "tongban.config.admitting:propose_source"))
    for name, text in (("confirm", "the security administrator agrees"), ("close", "either of the two ends it, at once")):
        command = sources.add_parser(name, help=text)
        command.add_argument("key")
        command.set_defaults(act=partial(perform, f"tongban.config.admitting:{name}_source"))


def propose(options: argparse.Namespace) -> int:
    """The system administrator proposes a system."""
    from tongban.identity.actions import propose_client
    from tongban.identity.types import Registration

    try:
        told = registrations.read(options.file, Registration)
    except registrations.NotRead as error:
        return administering.refused(str(error))

    def act(actor: "Actor") -> list[str]:
        key = propose_client(actor, registration=told)
        return [f"Proposed. The security administrator says within a day: tongban clients confirm {key}"]
    return administering.signed_in(act, typed=told)


def confirm(options: argparse.Namespace) -> int:
    """The security administrator reads what was proposed and lets it in."""
    from tongban.identity.access import require_duty
    from tongban.identity.actions import confirm_client
    from tongban.identity.queries import proposed_assessment, proposed_client
    from tongban.identity.types import Duty

    def act(actor: "Actor") -> list[str]:
        require_duty(actor, Duty.SECURITY)
        told, assessed = proposed_client(options.key), proposed_assessment(options.key)
        if told is not None and administering.ASK(f"{told}\n{_read(assessed)}\nLet it in? (yes) ") != "yes":
            return ["Nothing was changed."]
        secret = confirm_client(actor, key=options.key, assessment=assessed.id if assessed else 0)
        return [f"client_id      {options.key}", *([f"client_secret  {secret}  shown only now"] if secret else [])]
    return administering.signed_in(act)


def close(options: argparse.Namespace) -> int:
    """One of the two administrators shuts a system out."""
    from tongban.identity.actions import close_client

    def act(actor: "Actor") -> list[str]:
        close_client(actor, key=options.key)
        return ["Shut out. What it held has ended."]
    return administering.signed_in(act)


def assess(options: argparse.Namespace) -> int:
    """The system administrator writes a new assessment of what was let in, or waits to be."""
    from tongban.identity.actions import assess_again
    from tongban.identity.queries import proposed_client, proposed_source
    from tongban.identity.types import Assessment

    try:
        told = registrations.read(options.file, Assessment)
    except registrations.NotRead as error:
        return administering.refused(str(error))

    def act(actor: "Actor") -> list[str]:
        assess_again(actor, key=options.key, assessment=told)
        command = "clients" if proposed_client(options.key) else "sources" if proposed_source(options.key) else "assessments"
        return [f"Written. The security administrator says within a day: tongban {command} confirm {options.key}"]
    return administering.signed_in(act, typed=told)


def agree(options: argparse.Namespace) -> int:
    """The security administrator reads a new assessment and agrees."""
    from tongban.identity.access import require_duty
    from tongban.identity.actions import confirm_assessment
    from tongban.identity.queries import proposed_assessment
    from tongban.identity.types import Duty

    def act(actor: "Actor") -> list[str]:
        require_duty(actor, Duty.SECURITY)
        told = proposed_assessment(options.key)
        if told is not None and administering.ASK(f"{_read(told)}\nDoes this hold? (yes) ") != "yes":
            return ["Nothing was changed."]
        confirm_assessment(actor, key=options.key, assessment=told.id if told else 0)
        return ["Agreed. Supervisors read it under “Other systems that rely on this one”."]
    return administering.signed_in(act)


def _read(told: "AssessmentRow | None") -> str:
    """An assessment whole, a line a part."""
    parts = [] if told is None else [
        ("assessed", ""), ("purpose", told.purpose), ("effect", told.effect), ("measures", told.measures), ("assessor", told.assessor),
        ("assessed_on", told.assessed_on), ("next_look", told.next_look)]
    return "\n".join(f"{name:14}{value}" for name, value in parts) or "Nothing that you could agree to was assessed."


def propose_source(options: argparse.Namespace) -> int:
    """The system administrator proposes to believe the sign-in of another node; its secret is typed, never in the file."""
    from tongban.identity import actions
    from tongban.identity.types import SourceTold

    try:
        told = registrations.read(options.file, SourceTold, secret="")
    except registrations.NotRead as error:
        return administering.refused(str(error))
    told = dataclasses.replace(told, secret=administering.ASK_SECRET("The secret that node gave us: "))

    def act(actor: "Actor") -> list[str]:
        key = actions.propose_source(actor, told=told)
        return [f"Proposed. The security administrator says within a day: tongban sources confirm {key}"]
    return administering.signed_in(act, typed=told)


def confirm_source(options: argparse.Namespace) -> int:
    """The security administrator reads what was proposed and agrees."""
    from django.conf import settings

    from tongban.identity import actions
    from tongban.identity.access import require_duty
    from tongban.identity.queries import proposed_assessment, proposed_source
    from tongban.identity.types import Duty

    def act(actor: "Actor") -> list[str]:
        require_duty(actor, Duty.SECURITY)
        told, assessed = proposed_source(options.key), proposed_assessment(options.key)
        if told is not None and administering.ASK(f"{told}\n{_read(assessed)}\nBelieve its sign-in? (yes) ") != "yes":
            return ["Nothing was changed."]
        actions.confirm_source(actor, key=options.key, assessment=assessed.id if assessed else 0)
        here = f"{settings.SITE_URL}/sign-in/from/{options.key}/"
        return ["Agreed. Register these addresses there:", f"redirect_uri            {here}",
                f"backchannel_logout_uri  {here}ended/"]
    return administering.signed_in(act)


def close_source(options: argparse.Namespace) -> int:
    """One of the two administrators ends it."""
    from tongban.identity import actions

    def act(actor: "Actor") -> list[str]:
        actions.close_source(actor, key=options.key)
        return ["Ended. Nobody signs in with it any more."]
    return administering.signed_in(act)
