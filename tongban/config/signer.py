"""`tongban signer`: the process that alone reads the keys for signing. It listens on a Unix socket, knows no database and no network."""

import argparse
import asyncio
import json
import os
import pwd
import resource
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import yaml

from tongban.config import folders, roles, signing_desk
from tongban.config.signing_desk import Desk
from tongban.config.signing_keys import ModuleAway, PinRefused, signing_keys
from tongban.kernel import clock
from tongban.kernel.crypto.keys import KeyMissing
from tongban.kernel.crypto.remote import KINDS, LENGTH_BYTES, LONGEST, NOT_ALLOWED, framed
from tongban.kernel.errors import HouseError
from tongban.ledger import rules as ledger

LOOK_SECONDS = 1.0
LINE_SECONDS = 5.0
TELL_SECONDS = 60
MOST_LINES = 200
SITE = "http://127.0.0.1:8000"
NOT_AGAIN = 78
"""How it ends where the module refused the PIN: the unit does not start it again by itself."""
LONGEST_PATH = 100
"""A Unix socket has room for 108 bytes."""


class KindUnknown(Exception):
    """The operator named a kind that the signer does not know, and it does not start."""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    signer = commands.add_parser("signer", help="the process that holds the keys for signing, alone")
    signer.add_argument("--anew", metavar="ORIGIN", help="forget how far this record was signed, after a restore; stop the signer first")
    signer.set_defaults(act=run)


def run(options: argparse.Namespace) -> int:
    """Sign until told to stop."""
    os.environ.setdefault("TONGBAN_ROLE", "signer")
    if roles.role() is not roles.ROLES["signer"]:
        raise roles.RoleNotValid("Only a process of the role signer signs for others: TONGBAN_ROLE=signer")
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    held = folders.hold(folders.var() / "signer")
    if held is None:
        sys.stderr.write(f"A signer runs with {folders.var()} already.\n")
        return 1
    with held:
        if options.anew:
            done = signing_desk.begin_anew(folders.var() / "signer", options.anew)
            sys.stdout.write(f"{'Forgotten' if done else 'Nothing was signed'}: {options.anew}\n")
            return 0
        path = Path(os.environ.get("TONGBAN_SIGNER") or folders.var() / "run" / "signer")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            desk = Desk(folders.var(), site=os.environ.get("TONGBAN_SITE", SITE), origin=origin_of(os.environ),
                        budgets=budgets(os.environ, clock.this_day()), kinds=kinds(os.environ),
                        keys=signing_keys(folders.var() / "keys", os.environ))
            desk.look(path.parent)
        except KeyMissing as missing:
            place = folders.var() / "keys"
            sys.stderr.write(f"{missing} This signer signed before: put its keys back into {place} (docs/operations/keys.md).\n")
            return 1
        except ModuleAway as away:
            sys.stderr.write(f"{away}\n")
            return NOT_AGAIN if isinstance(away, PinRefused) else 1
        asyncio.run(listen(desk, bound(path), path.parent, callers(os.environ)))
        path.unlink(missing_ok=True)
    return 0


def callers(environment: Mapping[str, str]) -> frozenset[int]:
    """Who may ask: processes of this user, and of those the operator names."""
    named = environment.get("TONGBAN_SIGNER_USERS", "").split()
    return frozenset({os.getuid(), *(pwd.getpwnam(name).pw_uid for name in named)})


def kinds(environment: Mapping[str, str]) -> frozenset[str]:
    """What is signed here at all: every kind, or those that the operator names; `KindUnknown` for a word that is none."""
    named = frozenset(environment.get("TONGBAN_SIGNER_KINDS", "").split()) or frozenset(KINDS)
    if not named <= set(KINDS):
        raise KindUnknown(f"TONGBAN_SIGNER_KINDS names what is no kind: {' '.join(sorted(named - set(KINDS)))}")
    return named


def budgets(environment: Mapping[str, str], day: date) -> dict[str, int]:
    """Signatures a minute of each kind: the figures shipped in data/parameters.yaml, or what the operator says instead."""
    rows = yaml.load((folders.ROOT / "data" / "parameters.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    known = {row["name"]: int(row["value"]) for row in sorted(rows, key=lambda row: row["effective_from"])
             if row["name"].startswith("signer.") and row["effective_from"] <= day}
    return {kind: int(environment.get(f"TONGBAN_SIGNER_{kind.upper()}_MINUTE", known[f"signer.{kind}_minute"]))
            for kind in KINDS}


def origin_of(environment: Mapping[str, str]) -> str:
    """The record whose checkpoints are signed here: named for the site it began at."""
    return environment.get("TONGBAN_ORIGIN") or ledger.ORIGIN + urlsplit(environment.get("TONGBAN_SITE", SITE)).netloc


def bound(path: Path) -> socket.socket:
    """A socket at this place, instead of one that was left behind."""
    path.unlink(missing_ok=True)
    line = socket.socket(socket.AF_UNIX)
    line.bind(str(path))
    path.chmod(0o660)
    return line


async def listen(desk: Desk, line: socket.socket, beside: Path, allowed: frozenset[int]) -> None:
    """Answer whoever may ask, look for new keys, and tell now and then what was refused."""
    stopping, lines = asyncio.Event(), [0]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines[0] += 1
        try:
            if lines[0] <= MOST_LINES:
                async with asyncio.timeout(LINE_SECONDS):
                    writer.write(framed(msgspec.json.encode(await answer(desk, reader, writer, allowed))))
                    await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            desk.counts["refused unknown broken_line"] += 1
        finally:
            lines[0] -= 1
            writer.close()

    server = await asyncio.start_unix_server(meet, sock=line)
    told, last = desk.counts.copy(), loop.time()
    async with server:
        while not stopping.is_set():
            try:
                await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)
            except TimeoutError:
                look(desk, beside)
            if desk.counts != told and loop.time() - last >= TELL_SECONDS:
                tell("signer_counts", **desk.counts)
                told, last = desk.counts.copy(), loop.time()


async def answer(desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, allowed: frozenset[int]) -> dict[str, object]:
    """Answer whoever may ask, and read nothing of who may not."""
    line: socket.socket = writer.get_extra_info("socket")
    _, user, _ = struct.unpack("3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    if user not in allowed:
        desk.counts["refused unknown not_allowed"] += 1
        return {"error": NOT_ALLOWED}
    size = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
    if size > LONGEST:
        desk.counts["refused unknown too_long"] += 1
        return {"error": "too_long"}
    return desk.answer(await reader.readexactly(size))


def look(desk: Desk, beside: Path) -> None:
    """Take up new keys; where one cannot be read, go on with those that are known."""
    try:
        desk.look(beside)
    except ModuleAway as away:
        tell("signer_keys_not_read", error=type(away).__name__, why=str(away))
    except (HouseError, OSError) as error:
        tell("signer_keys_not_read", error=type(error).__name__, **(error.facts if isinstance(error, HouseError) else {}))


def tell(event: str, **facts: object) -> None:
    """A line for the journal."""
    at = clock.of_this_machine().astimezone(UTC).isoformat()
    sys.stderr.write(json.dumps({"event": event, "level": "warning", "timestamp": at, **facts}) + "\n")
    sys.stderr.flush()


def start_child(var: Path, *, origin: str, command: Callable[[str], list[str]]) -> subprocess.Popen[bytes] | None:
    """Start the signer of a trial and name its socket to those started after it; None if the path is too long for one."""
    path = var.resolve() / "run" / "signer"
    if len(os.fsencode(path)) > LONGEST_PATH:
        return None
    path.unlink(missing_ok=True)
    own = {name: value for name, value in os.environ.items() if name != "DATABASE_URL" and not name.startswith("TONGBAN_SECRET_")}
    child = subprocess.Popen(command("signer"), cwd=folders.ROOT,
                             env={**own, "TONGBAN_ROLE": "signer", "TONGBAN_SIGNER": str(path), "TONGBAN_ORIGIN": origin})
    while child.poll() is None and not path.is_socket():
        time.sleep(0.05)
    if child.poll() is None:
        os.environ["TONGBAN_SIGNER"] = str(path)
    return child
