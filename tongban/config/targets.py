"""`tongban targets`: which systems outside this house may call, and where (kernel.outgoing)."""

import argparse
import getpass
import sys

from tongban.config import bootstrap, folders
from tongban.kernel.errors import HouseError
from tongban.kernel.types import System


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    named = commands.add_parser("targets", help="the systems outside that may be called; without more: list them")
    named.set_defaults(act=run, name="", address="")
    chosen = named.add_subparsers()
    put = chosen.add_parser("set", help="call NAME at ADDRESS from now on")
    put.add_argument("name")
    put.add_argument("address", help="as https://host/path")
    put.add_argument("--private", action="store_true", help="it stands in a network of this installation")
    shut = chosen.add_parser("close", help="call NAME no more")
    shut.add_argument("name")


def run(options: argparse.Namespace) -> int:
    """List, set or close; 1 if it was refused."""
    bootstrap.start_server(folders.var())
    import django

    django.setup()
    from tongban.kernel import database, outgoing

    who = System(name="operator", on_behalf_of=getpass.getuser())
    with database.serving("worker"):
        try:
            if options.address:
                outgoing.register(who, name=options.name, address=options.address, private=options.private)
            elif options.name:
                outgoing.close(who, name=options.name)
        except HouseError as error:
            sys.stderr.write(f"Nothing was changed. {error}\n")
            return 1
        for each in outgoing.targets():
            sys.stdout.write(f"{each.name}  {each.address}{'  in a network of our own' if each.private else ''}\n")
    return 0
