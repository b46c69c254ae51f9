"""`tongban ledger`: who cosigns this node's record, and whose records it cosigns."""

import argparse
import getpass
import sys
from collections.abc import Callable, Container
from functools import partial
from typing import TYPE_CHECKING

from tongban.config.bringing import perform
from tongban.kernel.errors import HouseError
from tongban.kernel.types import Audience, System

if TYPE_CHECKING:
    from tongban.ledger.types import WitnessRow


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    ledger = commands.add_parser("ledger", help="witnesses of the public record").add_subparsers(required=True)
    witness = ledger.add_parser("witness", help="who cosigns this node's record").add_subparsers(required=True)
    add = witness.add_parser("add", help="ask a witness from now on")
    add.add_argument("name", help="the name before the first + of its key")
    add.add_argument("url", help="its address, such as https://HOST/ledger/witness/add-checkpoint")
    add.add_argument("key", help="its key, NAME+HASH+KEY, as it told you itself")
    add.set_defaults(act=partial(perform, "tongban.config.witnessing:add"))
    retire = witness.add_parser("retire", help="ask a witness no more")
    retire.add_argument("name")
    retire.set_defaults(act=partial(perform, "tongban.config.witnessing:retire"))
    shown = witness.add_parser("list", help="how it stands with each; 1 if one refuses to cosign")
    shown.set_defaults(act=partial(perform, "tongban.config.witnessing:show"))
    others = ledger.add_parser("witness-for", help="cosign the record of another node")
    others.add_argument("origin", help="the first line of its checkpoint")
    others.add_argument("key", help="its Ed25519 key, NAME+HASH+KEY, as it told you itself")
    others.set_defaults(act=partial(perform, "tongban.config.witnessing:witness_for"))
    restored = ledger.add_parser("restored", help="after the log of the database was played back to an earlier hour, before the worker")
    restored.set_defaults(act=partial(perform, "tongban.config.witnessing:restored"))
    anew = ledger.add_parser("witness-anew", help="forget what was seen of a record, after its operator told why")
    anew.add_argument("origin")
    anew.set_defaults(act=partial(perform, "tongban.config.witnessing:witness_anew"))


def add(options: argparse.Namespace) -> int:
    """Ask a witness from now on."""
    from tongban.ledger import actions

    def act() -> list[str]:
        actions.add_witness(_operator(), name=options.name, url=options.url, key=options.key)
        return [f"From the next checkpoint on {options.name} is asked. It must know this node:",
                "  there, `tongban ledger witness-for` with the first line of /ledger/checkpoint and a line of /ledger/keys."]
    return _told(act)


def retire(options: argparse.Namespace) -> int:
    """Ask a witness no more."""
    from tongban.ledger import actions

    def act() -> list[str]:
        actions.retire_witness(_operator(), name=options.name)
        return [f"{options.name} is not asked any more."]
    return _told(act)


def witness_for(options: argparse.Namespace) -> int:
    """Cosign the record of another node."""
    from tongban.ledger import actions, queries, rules

    def act() -> list[str]:
        actions.witness_for(_operator(), origin=options.origin, key=options.key)
        known = [rules.written_key(each) for each in queries.witness_keys()] or ["the last line of /ledger/witness/key of the outer zone"]
        return ["Give its operator this key, by another way than this network:", f"  {known[-1]}"]
    return _told(act)


def witness_anew(options: argparse.Namespace) -> int:
    """Forget what was seen of a record."""
    from tongban.ledger import actions

    def act() -> list[str]:
        actions.witness_anew(_operator(), origin=options.origin)
        return [f"The next checkpoint of {options.origin} is taken as its first. This stands in our own record."]
    return _told(act)


def restored(_options: argparse.Namespace) -> int:
    """Note that the database is that of an earlier hour."""
    from tongban.ledger import actions

    def act() -> list[str]:
        return [f"The public record is as it was up to entry {actions.note_restored()}; later ones are given anew."]
    return _told(act)


def show(_options: argparse.Namespace) -> int:
    """Say how it stands with each witness; the exit code is 1 if one refuses."""
    from tongban.ledger import queries

    refusing: list[str] = []

    def act() -> list[str]:
        gaps = {gap.witness: gap for gap in queries.gaps()}
        refusing.extend(gaps)
        return [f"{each.name}  {_how(each, gaps)}  last cosigned: "
                f"{f'{each.cosigned_at:%Y-%m-%d %H:%M:%S %z}' if each.cosigned_at else 'never'}"
                + (f"  entries {gaps[each.name].first} to {gaps[each.name].last} are not the ones it saw"
                   if each.name in gaps else "") for each in queries.witnesses()] or ["There is no witness."]
    return _told(act) or int(bool(refusing))


def _how(witness: "WitnessRow", gaps: "Container[str]") -> str:
    return "REFUSES" if witness.name in gaps else "cosigns" if witness.answers else "does not answer"


def _told(act: Callable[[], list[str]]) -> int:
    from tongban.kernel import database

    try:
        with database.serving(Audience.WORKER):
            said = act()
    except HouseError as error:
        sys.stderr.write(f"{error} Nothing was changed.\n")
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in said))
    return 0


def _operator() -> System:
    return System(name="operator", on_behalf_of=getpass.getuser())
