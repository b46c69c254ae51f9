"""`tongban administrators`, `staff`, `sessions`: three people make the first accounts, two every post, one signs people out."""

import argparse
import getpass
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from tongban.config.bringing import perform
from tongban.kernel import keeping_out
from tongban.kernel.errors import HouseError, Refusal
from tongban.kernel.secrecy import Place, mark_inside
from tongban.kernel.types import Audience, Channel, System

if TYPE_CHECKING:
    from tongban.identity.types import Actor

ASK, ASK_SECRET = input, getpass.getpass


class MarkTyped(Refusal):
    """What you wrote bears a mark of state secrets or secrets of work, so nothing of it was kept: {fields}."""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    first = commands.add_parser("administrators", help="the first three accounts").add_subparsers(required=True)
    begin = first.add_parser("begin", help="name three people; prints a one-time secret for each, valid for a day")
    for duty, text in (("system", "runs the node and proposes staff"), ("security", "confirms staff"),
                       ("audit", "reads what was done, changes nothing")):
        begin.add_argument(f"--{duty}", nargs=2, required=True, metavar=("LOGIN", "NAME"), help=text)
    begin.set_defaults(act=partial(perform, "tongban.config.administering:begin"))
    confirm = first.add_parser("confirm", help="each of the three, at the terminal, with a password of their own")
    confirm.set_defaults(act=partial(perform, "tongban.config.administering:confirm"))
    staff = commands.add_parser("staff", help="posts, by two administrators").add_subparsers(required=True)
    add = staff.add_parser("add", help="the system administrator proposes a post")
    for name in ("login", "name", "authority", "post"):
        add.add_argument(name, help={"authority": "credit code", "post": "such as RECEPTIONIST"}.get(name))
    add.set_defaults(act=partial(perform, "tongban.config.administering:propose"))
    agree = staff.add_parser("confirm", help="the security administrator confirms it")
    agree.add_argument("login")
    agree.set_defaults(act=partial(perform, "tongban.config.administering:agree"))
    for name, text in (("doubt", "the system administrator proposes to take back which person somebody is"),
                       ("untie", "the security administrator agrees"),
                       ("reset", "the system administrator proposes that somebody who cannot sign in begins anew"),
                       ("renew", "the security administrator agrees; prints a one-time secret, valid for a day")):
        command = staff.add_parser(name, help=text)
        command.add_argument("login")
        command.set_defaults(act=partial(perform, f"tongban.config.administering:{name}"))
    sessions = commands.add_parser("sessions", help="where people are signed in").add_subparsers(required=True)
    end = sessions.add_parser("end", help="the security administrator signs somebody out everywhere, keys of programs too")
    whose = end.add_mutually_exclusive_group(required=True)
    whose.add_argument("--login", help="the name they sign in with; of a citizen the mobile number they registered with")
    whose.add_argument("--account", type=int, help="the number of the account, as the logs have it")
    whose.add_argument("--everybody", action="store_true", help="all people, all staff, all programs of people, you as well")
    end.set_defaults(act=partial(perform, "tongban.config.administering:sign_out_everywhere"))


def begin(options: argparse.Namespace) -> int:
    """Name three people and print their secrets."""
    from tongban.identity.actions import begin_administrators
    from tongban.identity.types import Duty, Founder

    founders = {duty: Founder(login=given[0], name=given[1]) for duty in Duty
                for given in [getattr(options, duty.lower())]}

    def act() -> list[str]:
        made = begin_administrators(_operator(), founders=founders)
        return ["Give each of the three their secret, apart from the others. Shown only now, valid for a day:",
                *(f"  {duty.lower():10}{founders[duty].login}  {secret}" for duty, secret in made.items()),
                "Each says at this machine: tongban administrators confirm"]
    return _told(act)


def confirm(options: argparse.Namespace) -> int:
    """Ask one of the three for name, secret and a password of their own."""
    from tongban.identity.actions import confirm_administrator

    login, secret = ASK("Account name: "), ASK_SECRET("One-time secret: ")
    password = ASK_SECRET("Your own password: ")
    if ASK_SECRET("The same once more: ") != password:
        return refused("The two passwords differ. Nothing was changed.")

    def act() -> list[str]:
        done = confirm_administrator(_operator(), login=login, secret=secret, password=password)
        return ["All three have confirmed; the accounts are made." if done else "Confirmed. The others are still to confirm."]
    return _told(act)


def propose(options: argparse.Namespace) -> int:
    """The system administrator proposes a post."""
    from tongban.authorities.queries import authority_by_uscc
    from tongban.identity.actions import propose_staff
    from tongban.identity.types import Role

    if options.post not in set(Role):
        return refused(f"There is no post {options.post}. It may be {', '.join(Role)}.")
    number = ASK_SECRET(f"Identity number of {options.name} (it keeps them off what is their own): ").strip()

    def act(actor: "Actor") -> list[str]:
        propose_staff(actor, login=options.login, name=options.name, number=number, role=Role(options.post),
                      authority=authority_by_uscc(options.authority).id)
        return [f"Proposed. The security administrator says within a day: tongban staff confirm {options.login}"]
    return signed_in(act)


def agree(options: argparse.Namespace) -> int:
    """The security administrator confirms what was proposed."""
    from tongban.identity.actions import confirm_staff

    def act(actor: "Actor") -> list[str]:
        secret = confirm_staff(actor, login=options.login)
        return _handed(options.login, secret) if secret else [f"{options.login} holds the post."]
    return signed_in(act)


def reset(options: argparse.Namespace) -> int:
    """The system administrator proposes that a member of staff who cannot sign in any more begins anew."""
    from tongban.identity.actions import propose_reset

    def act(actor: "Actor") -> list[str]:
        propose_reset(actor, login=options.login)
        return [f"Proposed. The security administrator says within a day: tongban staff renew {options.login}"]
    return signed_in(act)


def renew(options: argparse.Namespace) -> int:
    """The security administrator agrees: password, factors and sessions are void, and a secret is printed."""
    from tongban.identity.actions import confirm_reset

    def act(actor: "Actor") -> list[str]:
        return _handed(options.login, confirm_reset(actor, login=options.login))
    return signed_in(act)


def _handed(login: str, secret: str) -> list[str]:
    return [f"{login}  {secret}  shown only now, good once, for a day", "They choose a password of their own with it: /sign-in/first/"]


def doubt(options: argparse.Namespace) -> int:
    """The system administrator proposes that an account of staff is not the person's it was said to be."""
    from tongban.identity.actions import doubt_staff

    def act(actor: "Actor") -> list[str]:
        doubt_staff(actor, login=options.login)
        return [f"Proposed. The security administrator says within a day: tongban staff untie {options.login}"]
    return signed_in(act)


def untie(options: argparse.Namespace) -> int:
    """The security administrator agrees; the posts stay, so say at once whose they are."""
    from tongban.identity.actions import untie_staff

    def act(actor: "Actor") -> list[str]:
        untie_staff(actor, login=options.login)
        return ["Taken back. Until somebody says who it is, the account could handle what is its own:",
                f"tongban staff add {options.login} ..., tongban staff confirm {options.login}"]
    return signed_in(act)


def sign_out_everywhere(options: argparse.Namespace) -> int:
    """The security administrator ends the sessions of one person, or of everybody."""
    from tongban.identity.actions import end_sessions

    def act(actor: "Actor") -> list[str]:
        ended = end_sessions(actor, login=options.login, account=options.account)
        return [f"Ended: {ended}. Who is still allowed in signs in anew; staff who are not: tongban staff reset LOGIN."]
    return signed_in(act)


def signed_in(act: "Callable[[Actor], list[str]]", *, typed: object = None) -> int:
    """Ask an administrator who they are, as the sign-in page would, and let them act; not on what bears a mark of secrecy."""
    from tongban.identity.actions import sign_in, sign_out
    from tongban.identity.queries import actor_by_session

    login, password = ASK("Your account name: "), ASK_SECRET("Your password: ")

    def acted() -> list[str]:
        token = sign_in(login=login, password=password, address="terminal", channel=Channel.SYSTEM)
        actor = actor_by_session(token)
        if actor is None:
            raise HouseError
        try:
            _keep_out(actor, typed)
            return act(actor)
        finally:
            sign_out(actor, token=token)
    return _told(acted)


def _keep_out(actor: "Actor", typed: object) -> None:
    """Refuse free words with a mark, as the pages do, and note that they were kept out (SEC-14)."""
    import msgspec

    plain = msgspec.to_builtins(typed)
    named = plain.items() if isinstance(plain, dict) else enumerate(plain or (), 1)
    marks = {str(name): mark for name, value in named if (mark := mark_inside(value))}
    if marks:
        keeping_out.note(actor, mark=next(iter(marks.values())), place=Place.TYPED, route="terminal")
        raise MarkTyped(fields=", ".join(marks))


def _told(act: Callable[[], list[str]]) -> int:
    """Act with the worker's login and say what came of it."""
    from tongban.kernel import database

    try:
        with database.serving(Audience.WORKER):
            said = act()
    except HouseError as error:
        return refused(f"{error} Nothing was changed.")
    sys.stdout.write("".join(f"{line}\n" for line in said))
    return 0


def refused(text: str) -> int:
    sys.stderr.write(text + "\n")
    return 1


def _operator() -> System:
    return System(name="operator", on_behalf_of=getpass.getuser())
