"""The commands `tongban keys`: which keys the node has, and a new one in place of an old one."""

import argparse
import sys

from tongban.config import bootstrap, folders


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    parts = commands.add_parser("keys", help="the keys of this node").add_subparsers(required=True)
    shown = parts.add_parser("list", help="which keys there are, without their secrets")
    shown.set_defaults(act=show)
    change = parts.add_parser("rotate", help="a new key, everything moved to it, the old one destroyed; safe to repeat")
    change.add_argument("purpose", choices=["field", "index"], help="field: wraps the keys of people and firms; "
                        "index: finds them by number, changed after an incident only")
    change.set_defaults(act=rotate)


def show(options: argparse.Namespace) -> int:
    """Name the keys of every purpose."""
    from tongban.kernel.crypto.keys import KeyPurpose, load_ring

    for purpose in KeyPurpose:
        numbers = [str(key.number) for key in load_ring(folders.var() / "keys", purpose).keys]
        _say(f"{purpose}: {', '.join(numbers) or 'none yet'}")
    return 0


def rotate(options: argparse.Namespace) -> int:
    """Change one key beside the running house; a change that was broken off is gone on with."""
    bootstrap.start_server(folders.var())
    import django

    django.setup()
    from tongban.kernel import database, rotating
    from tongban.kernel.types import System

    change = rotating.change_field_key if options.purpose == "field" else rotating.change_index_key
    with database.serving("worker"):
        count = change(System(name="keys"), say=_say)
    _say(f"Done: {count} moved, the old key is destroyed. Make a backup now, and replace the copy of the keys you keep apart.")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
