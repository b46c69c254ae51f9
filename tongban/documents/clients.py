"""What documents lean on: the store of bytes, the scanner, and the process that looks inside files."""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Protocol

import msgspec
from django.conf import settings

from tongban.documents.errors import FileNotLookedAt, FileNotReadable
from tongban.documents.rules import holds_eicar
from tongban.documents.types import Findings, Flaw, Folder, Scan
from tongban.kernel.simulations import Simulation, declare
from tongban.kernel.types import Text

PACKAGE_ROOT = Path(__file__).resolve().parents[2]
INSPECTION_SECONDS = 20
SANDBOX = f"""
import codecs, dataclasses, msgspec, resource, sys
from tongban.documents import rules
for encoding in ("cp437", "gb18030", "latin-1", "utf-16-le", "utf-16-be"):
    codecs.lookup(encoding)
content = sys.stdin.buffer.read()
resource.setrlimit(resource.RLIMIT_CPU, ({INSPECTION_SECONDS // 2}, {INSPECTION_SECONDS // 2 + 2}))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
found = rules.inspect(content)
sys.stdout.buffer.write(msgspec.json.encode(found))
"""
FAULTS_OF_THE_FILE = frozenset({signal.SIGXCPU, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGTRAP})
"""How a look inside ends that used up its time, or whose parser broke over what it read; whatever else ends it came from outside."""


class FolderNotOurs(Exception):
    """A process reached for a folder that is not for its role (`config.roles`)."""


class Store(Protocol):
    """Keeps bytes under their SHA-256."""

    def put(self, content: bytes) -> str:
        """Keep the bytes for good and return their hash; keeping them again changes nothing."""
        ...

    def get(self, sha256: str) -> bytes:
        """The bytes, checked against their hash; `FileNotReadable` where they are missing or changed (T35)."""
        ...

    def holds(self, sha256: str) -> bool:
        """Do the bytes lie there as they were kept?"""
        ...


class Scanner(Protocol):
    """Looks for malicious code."""

    def scan(self, content: bytes) -> Scan: ...


class Inspector(Protocol):
    """Looks inside a file made by strangers."""

    def inspect(self, content: bytes) -> Findings: ...


@cache
def store(folder: Folder) -> Store:
    """A folder of this node, as far as it is open to a process of this role."""
    return FolderStore(settings.VAR / folder, reads=folder in settings.ROLE.reads, writes=folder in settings.ROLE.writes)


def scanner() -> Scanner:
    """The scanner in use; the simulated one until a real one is connected."""
    return SimulatedScanner()


def inspector() -> Inspector:
    """The inspector in use."""
    return SandboxInspector()


class FolderStore:
    """A folder: `ab/abcd...` holds the content with that hash. Written aside, flushed, then renamed into place."""

    def __init__(self, folder: Path, *, reads: bool = True, writes: bool = True) -> None:
        self.folder, self.reads, self.writes = folder, reads, writes

    def put(self, content: bytes) -> str:
        if not self.writes:
            raise FolderNotOurs(f"written: {self.folder.name}")
        sha256 = hashlib.sha256(content).hexdigest()
        place = self._place(sha256)
        if place.is_file() and _hash_of(place) == sha256:
            return sha256
        for folder in (self.folder, place.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=place.parent, suffix=".draft")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(place)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        _flush_folder(place.parent)
        return sha256

    def get(self, sha256: str) -> bytes:
        if not self.reads:
            raise FolderNotOurs(f"read: {self.folder.name}")
        try:
            content = self._place(sha256).read_bytes()
        except OSError as error:
            raise FileNotReadable from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise FileNotReadable
        return content

    def holds(self, sha256: str) -> bool:
        try:
            self.get(sha256)
        except FileNotReadable:
            return False
        return True

    def _place(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise FileNotReadable
        return self.folder / sha256[:2] / sha256


class SimulatedScanner:
    """Knows only the harmless test virus, and says with every answer that it is simulated."""

    def scan(self, content: bytes) -> Scan:
        return Scan(clean=not holds_eicar(content), simulated=True, scanner="simulated")


declare(Simulation(
    name="tongban.documents.clients.SimulatedScanner",
    stands_for=Text(zh="病毒扫描", en="The virus scanner"),
    pretends=Text(zh="只认得无害的测试病毒（EICAR），其他文件一律放行。",
                  en="It knows only the harmless test virus (EICAR) and lets every other file pass."),
    replaced_by=Text(zh="扫描服务，如 ClamAV 的 clamd（INSTREAM 命令），或按 ICAP 协议（RFC 3507）接入的产品。",
                     en="A scanning service: clamd of ClamAV (command INSTREAM) or a product spoken to by ICAP (RFC 3507)."),
    seam="tongban.documents.clients.Scanner",
    proof="tests/documents/test_scanner.py::test_the_scanner_in_use_finds_the_test_virus_and_lets_an_honest_file_pass",
    in_use=lambda: isinstance(scanner(), SimulatedScanner),
))


class SandboxInspector:
    """Looks inside in a process of its own with one gigabyte, ten seconds, no file to write and no door to open.

    What uses up its ten seconds or breaks the parser is ended and counts as damaged. A look that did not even get them in
    twice that time, was ended by a restart or for want of memory, or never began says nothing of the file: `FileNotLookedAt`.
    """

    def inspect(self, content: bytes) -> Findings:
        try:
            done = subprocess.run([sys.executable, "-B", "-c", SANDBOX], input=content, capture_output=True,
                                  cwd=PACKAGE_ROOT, env={}, timeout=INSPECTION_SECONDS, check=True)
        except subprocess.CalledProcessError as ended:
            if -ended.returncode not in FAULTS_OF_THE_FILE:
                raise FileNotLookedAt from ended
            return Findings(flaw=Flaw.DAMAGED)
        except subprocess.TimeoutExpired as waited:
            raise FileNotLookedAt from waited
        return msgspec.json.decode(done.stdout, type=Findings)


def _hash_of(place: Path) -> str:
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
