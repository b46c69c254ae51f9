"""The command `tongban retention`: how long each class of records is kept, and whether anything is past its time."""

import argparse
import sys

from tongban.config import bootstrap, folders


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    made = commands.add_parser("retention", help="how long what is kept; --apply deletes now what the daily job would")
    made.add_argument("--report", action="store_true", help="say so and delete nothing; what happens without an option too")
    made.add_argument("--apply", action="store_true", help="delete now, class by class, with a proof in the record")
    made.set_defaults(act=retain)


def retain(options: argparse.Namespace) -> int:
    """Show every class; 1 if something is kept longer than it may be."""
    bootstrap.start_server(folders.var())
    import django

    django.setup()
    from tongban.kernel import database, retention
    from tongban.kernel.types import System

    with database.serving("worker"):
        if options.apply:
            for name in retention.CLASSES:
                _say(f"{name}: {retention.apply(System(name='retention'), name)} deleted")
        found = retention.report()
    for each in found:
        oldest = f"oldest {each.oldest:%Y-%m-%d}" if each.oldest else "nothing there"
        _say(f"{each.what.in_('en')}: {each.days} days, {oldest}{', PAST ITS TIME' if each.overdue else ''}")
    return 1 if any(each.overdue for each in found) else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
