"""The commands `tongban keys`: which keys the node has, and a new one in place of an old one or beside it."""

import argparse
import os
import sys

from tongban.config import bootstrap, folders
from tongban.kernel.crypto.keys import SIGNING


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    parts = commands.add_parser("keys", help="the keys of this node").add_subparsers(required=True)
    shown = parts.add_parser("list", help="which keys there are, without their secrets")
    shown.set_defaults(act=show)
    change = parts.add_parser("rotate", help="a new key, everything moved to it, the old one destroyed; safe to repeat")
    change.add_argument("purpose", choices=["field", "index", *map(str, SIGNING)], help="field: wraps the keys of people and firms; "
                        "index: finds them by number, changed after an incident only; "
                        "ed25519, sm2, token: sign, and the old ones stay to verify by")
    change.set_defaults(act=rotate)


def show(options: argparse.Namespace) -> int:
    """Name the keys of every purpose."""
    from tongban.config.signing_keys import ModuleAway, signing_keys
    from tongban.kernel.crypto.keys import KeyPurpose, load_ring

    folder = folders.var() / "keys"
    try:
        kept = signing_keys(folder, os.environ)
        for purpose in KeyPurpose:
            numbers = [str(key.number) for key in load_ring(folder, purpose).keys]
            numbers += [f"{number} (in the module)" for number in kept.in_module(purpose)]
            _say(f"{purpose}: {', '.join(numbers) or 'none yet'}")
    except ModuleAway as away:
        _say(str(away))
        return 1
    return 0


def rotate(options: argparse.Namespace) -> int:
    """Change one key beside the running house; a change that was broken off is gone on with."""
    if options.purpose in SIGNING:
        return _change_signing(options.purpose)
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


def _change_signing(name: str) -> int:
    """Lay the next key for signing beside those there are; the signer of this folder takes it up within a second."""
    from tongban.config.signing_keys import ModuleAway, purpose_of, signing_keys
    from tongban.kernel.crypto.keys import KeyPurpose

    purpose, folder = KeyPurpose(name), folders.var() / "keys"
    try:
        kept = signing_keys(folder, os.environ)
        if purpose not in map(purpose_of, kept.names()):
            _say(f"There is no such key in {folder}. Where a signer runs, say this as its user, with its TONGBAN_VAR.")
            return 1
        number = kept.add(purpose)
        inside = number in kept.in_module(purpose)
    except ModuleAway as away:
        _say(str(away))
        return 1
    _say(f"Key {number} signs from now on, in the module: see to its own backup." if inside else
         f"Key {number} signs from now on; without a signer, once web and worker were restarted. Copy the keys away.")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
