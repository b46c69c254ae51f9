"""The commands `tongban backup`, `restore` and `files`: what they take and what they tell."""

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
    files = commands.add_parser("files", help="papers beside a kept log of the database").add_subparsers(required=True)
    for name, act, text in (("keep", keep_files, "copy new files into FOLDER, as often as the log is kept"),
                            ("bring", bring_files, "bring from FOLDER what the database names and is not here")):
        command = files.add_parser(name, help=text)
        command.add_argument("folder", type=Path)
        command.set_defaults(act=act)


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
    except OSError as error:
        return _refuse(_unwritable(options.folder, error))
    _say(WITH_KEYS if made.keys_inside else WITHOUT_KEYS.format(folder=var / "keys"))
    for sha256 in made.missing:
        _say(f"Missing or damaged in {var}: {sha256}")
    _say("The backup is whole." if not made.missing else "The backup is written, but not whole: see above.")
    return 1 if made.missing else 0


def restore(options: argparse.Namespace) -> int:
    """Restore, then give positions to what has none; after a refusal no database runs that did not run before."""
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
    from tongban.kernel import database, rotating, sequencing
    from tongban.ledger.actions import note_restored
    from tongban.search import actions as search

    with database.serving("worker"):
        sequencing.after_restore()
        if not backup.has_index_key(var / "keys", made):
            rotating.index_all(say=_say)
        if not backup.is_older(made):
            kept = note_restored()
            _say(f"The public record is as it was up to entry {kept}; later ones are given anew. Tell whoever kept proofs.")
            search.rebuild_index()
    for sha256 in made.missing:
        _say(f"Was missing or damaged already when the backup was made: {sha256}")
    _say("Restored." + (" Run `tongban prepare` now: this Tongban is newer." if backup.is_older(made) else "")
         + " Then start worker and web.")
    return 0


def keep_files(options: argparse.Namespace) -> int:
    """Copy new files and nothing else; 1 if a file is damaged."""
    try:
        _, damaged = backup.keep_files(_var(), options.folder.absolute(), say=_say)
    except OSError as error:
        return _refuse(_unwritable(options.folder, error))
    for sha256 in sorted(damaged):
        _say(f"Damaged in {_var()}: {sha256}")
    return 1 if damaged else 0


def bring_files(options: argparse.Namespace) -> int:
    """Bring the files a database taken back to an earlier hour needs; 1 if one is nowhere."""
    var = _var()
    try:
        lost = backup.bring_files(var, bootstrap.start_server(var), options.folder.absolute(), say=_say)
    except OSError as error:
        return _refuse(_unwritable(options.folder, error))
    for sha256 in lost:
        _say(f"Neither here nor in {options.folder}: {sha256}")
    return 1 if lost else 0


def _unwritable(folder: Path, error: OSError) -> backup.Refused:
    return backup.Refused([f"{error.filename or folder}: {error.strerror}. Name a folder of your own with room in it."])


def _refuse(refusal: backup.Refused) -> int:
    for problem in refusal.problems:
        sys.stderr.write(problem + "\n")
    return 1


def _var() -> Path:
    return folders.var().absolute()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
