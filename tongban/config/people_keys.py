"""The keys of people and firms beside a backup: one list for all backups of a folder, replaced by each.

They are no part of the dump. Whoever is erased here is gone from every backup of the folder once the next one was made,
and from copies of the folder elsewhere once the node's key was changed. A backup with keys carries a list of its own.
"""

import os
from pathlib import Path
from typing import Any

import psycopg

from tongban.kernel.crypto.fields import FieldNotReadable
from tongban.kernel.crypto.keys import KeyMissing, KeyPurpose, load_ring
from tongban.kernel.crypto.wrapping import unwrap

NAME = "people.keys"
TABLE = "kernel_data_key"
Connection = psycopg.Connection[tuple[Any, ...]]


def keep(connection: Connection, folder: Path) -> None:
    """Write the list as it is now in place of the one before."""
    draft = folder / f"{NAME}.draft"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file, connection.cursor().copy(
            f"copy (select party, wrapped, wrapped_by, made_at, destroyed_at from {TABLE} order by party) to stdout") as lines:
        for line in lines:
            file.write(line)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / NAME)


def check(folder: Path, ring_folder: Path) -> list[str]:
    """What stands against opening the list with the node's keys of a folder."""
    path = folder / NAME
    if not path.is_file():
        return [f"{path} is missing: without it nobody can read what the backup says of people."]
    with path.open() as lines:
        found = next((line.split("\t") for line in lines if line.split("\t")[1]), None)
    if found is None:
        return []
    try:
        unwrap(load_ring(ring_folder, KeyPurpose.FIELD), int(found[0]), found[1])
    except (KeyMissing, FieldNotReadable):
        told = (f"The key field-{int(found[2]):04d}.key is not in {ring_folder}, or is another one, and {path} was made under it. "
                "Put the keys of the old machine there first: nothing personal can be read without them.")
        return [told]
    return []


def bring(connection: Connection, folder: Path) -> list[str]:
    """Load the list into a database just restored; what stands against it."""
    with connection.transaction():
        with (folder / NAME).open("rb") as file, connection.cursor().copy(
                f"copy {TABLE} (party, wrapped, wrapped_by, made_at, destroyed_at) from stdin") as lines:
            while piece := file.read(1 << 20):
                lines.write(piece)
        connection.execute(f"delete from {TABLE} where party > 0 and not exists (select from identity_party where id = party)")
        found = connection.execute(
            f"select count(*) from identity_party p where not exists (select from {TABLE} k where k.party = p.id)").fetchone()
    missing = int(found[0]) if found else 0
    return [f"{folder / NAME} is older than the backup: {missing} people and firms have no key in it."] if missing else []
