"""The commands `tongban backup` and `tongban restore`: what they take and what they tell."""

import argparse
import sys
from pathlib import Path

import psycopg

from tongban.config import backup, bootstrap, embedded, folders, secrets_store

WITH_KEYS = "The keys are in this backup: whoever holds it can read everything in it. Keep it under lock."
WITHOUT_KEYS = ("The keys are NOT in this backup. Without them nobody can read names, numbers and answers in it: "
                "keep a copy of {folder} apart from it, or say --with-keys.")


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the two commands."""
    made = commands.add_parser("backup", help="database and files at one position of the event log, into FOLDER")
    made.add_argument("folder", type=Path)
    made.add_argument("--with-keys", action="store_true", help="the keys too: whoever holds the backup can then read it")
    made.set_defaults(act=back_up)
    brought = commands.add_parser("restore", help="check a backup in FOLDER, then put it in place of an empty database")
    brought.add_argument("folder", type=Path)
    brought.add_argument("--name", default="", help="which backup of the folder; the newest if not said")
    brought.add_argument("--replace", action="store_true", help="although the database holds cases; it is kept aside")
    bootstrap.may_take_over(brought)
    brought.set_defaults(act=restore)


def back_up(options: argparse.Namespace) -> int:
    """Write one backup; 1 if a file that the database names is missing or damaged."""
    var = _var()
    url = bootstrap.start_server(var)
    from django.conf import settings

    try:
        made = backup.back_up(var, url, options.folder.absolute(), with_keys=options.with_keys, version=settings.VERSION,
                              say=_say)
    except backup.Refused as refusal:
        return _refuse(refusal)
    except psycopg.OperationalError as error:
        return _refuse(backup.Refused([str(error).strip()]))
    _say(WITH_KEYS if made.keys_inside else WITHOUT_KEYS.format(folder=var / "keys"))
    for sha256 in made.missing:
        _say(f"Missing or damaged in {var / 'files'}: {sha256}")
    _say("The backup is whole." if not made.missing else "The backup is written, but not whole: see above.")
    return 1 if made.missing else 0


def restore(options: argparse.Namespace) -> int:
    """Restore, then give positions to what has none."""
    var = _var()
    ran = embedded.is_running(var / "postgres")
    try:
        bootstrap.start_database(var, take_over=options.take_over)
        made = backup.restore(var, secrets_store.database_url(var), options.folder.absolute(), name=options.name,
                              replace=options.replace, say=_say)
    except (backup.Refused, bootstrap.LoginsTaken, psycopg.OperationalError, OSError) as error:
        if not ran:
            embedded.stop(var / "postgres")
        return _refuse(error if isinstance(error, backup.Refused) else backup.Refused([str(error).strip()]))
    import django

    django.setup()
    from tongban.kernel import database, sequencing
    from tongban.search import actions as search

    with database.serving("worker"):
        sequencing.after_restore()
        if not backup.is_older(made):
            search.rebuild_index()
    for sha256 in made.missing:
        _say(f"Was missing or damaged already when the backup was made: {sha256}")
    _say("Restored." + (" Run `tongban prepare` now: this Tongban is newer." if backup.is_older(made) else "")
         + " Then start worker and web.")
    return 0


def _refuse(refusal: backup.Refused) -> int:
    for problem in refusal.problems:
        sys.stderr.write(problem + "\n")
    return 1


def _var() -> Path:
    return folders.var().absolute()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
