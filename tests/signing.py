"""A signer as a process of its own, and payloads of every kind that it can read."""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from hashlib import sha256
from pathlib import Path

import msgspec

from tests.ledger.test_tree import tiles_of
from tongban.config import folders
from tongban.kernel.crypto import remote
from tongban.kernel.crypto.canonical import canonical_json
from tongban.kernel.crypto.signing import PayloadKind
from tongban.kernel.types import Text
from tongban.ledger import rules as ledger
from tongban.ledger.types import Head
from tongban.licences.types import Payload, PublicIssuer

SITE = "http://127.0.0.1:8000"
ORIGIN = "tongban-ledger/127.0.0.1:8000"
SIGNED = 1772416800
ROOTS = (bytes(32), bytes(range(32)))
PLENTY = dict.fromkeys(remote.KINDS, 1000)


def licence(number="JY1"):
    return canonical_json(msgspec.to_builtins(Payload(
        code="x" * 22, identifier="1.2.3", version=1, type_code="11100000MB9T0001XK001", number=number,
        type_name=Text(zh="测试经营许可证", en="Test licence"), holder="测***", fields=(), pdf_sha256="", sample=True,
        issuer=PublicIssuer(name=Text(zh="测试局", en="Test office"), uscc="11110000MB9T0001X"), issued_on=date(2026, 3, 2),
        valid_from=date(2026, 3, 2), valid_to=None)))


def checkpoint(size=7, *, origin=ORIGIN, root=ROOTS[0]):
    return ledger.checkpoint_text(Head(origin=origin, size=size, root=root)).encode()


def grown(old, new, *, of="a", origin=ORIGIN):
    """The checkpoint of a tree of `new` leaves, and the proof that it begins with the one of `old`."""
    read = tiles_of([sha256(f"{of}{number}".encode()).digest() for number in range(new)])
    proof = ledger.consistency(old, new, read) if old else []
    return checkpoint(new, root=ledger.root(new, read), origin=origin), [base64.b64encode(each).decode() for each in proof]


def cosignature(size=7, *, origin="log.example/record", seconds=1772416800):
    return cosigned(checkpoint(size, origin=origin), seconds)


def cosigned(text, seconds=1772416800):
    return ledger.cosigned_bytes(text.decode(), seconds)


def told(size, root):
    """What a refusal says of where the record stands."""
    return {"size": size, "root": base64.b64encode(root).decode()}


def receipt():
    return canonical_json({"kind": "receipt", "number": "110101-2026-000001", "at": "2026-03-02T10:00:00+08:00"})


def claims(**changed):
    return {"iss": SITE, "aud": "client", "iat": SIGNED, "exp": SIGNED + 300, "sub": "someone", **changed}


def token(kind="JWT", **changed):
    return canonical_json({"typ": kind, "claims": claims(**changed)})


PAYLOADS = {PayloadKind.LICENCE: licence(), PayloadKind.RECEIPT: receipt(), PayloadKind.CHECKPOINT: checkpoint(),
            PayloadKind.COSIGNATURE: cosignature()}


class Process:
    """`tongban signer`, with a folder and a socket of its own."""

    def __init__(self, folder: Path, *, keys: Path | None = None, **environment: str) -> None:
        self.var, self.path = folder / "var", str(folder / "run" / "socket")
        self.environment = {**os.environ, "TONGBAN_VAR": str(self.var), "TONGBAN_SIGNER": self.path, "TONGBAN_ROLE": "signer",
                            "TONGBAN_SITE": SITE, **environment}
        self.environment.pop("DATABASE_URL", None)
        (self.var / "keys").mkdir(mode=0o700, parents=True)
        for name in ("ed25519", "sm2", "token"):
            for path in (keys.glob(f"{name}-*.key") if keys else ()):
                shutil.copy(path, self.var / "keys" / path.name)
        self.log = folder / "signer.log"

    def start(self) -> "Process":
        with self.log.open("a") as output:
            self.running = subprocess.Popen([sys.executable, "-m", "tongban.config.cli", "signer"], env=self.environment,
                                            stdout=output, stderr=output, cwd=folders.ROOT)
        while not Path(self.path).is_socket() or not remote.answers(self.path):
            assert self.running.poll() is None, self.log.read_text()
            time.sleep(0.05)
        return self

    def stop(self) -> int:
        if self.running.poll() is None:
            self.running.send_signal(signal.SIGCONT)
            self.running.terminate()
        return self.running.wait(timeout=30)

    def kill(self) -> None:
        self.running.kill()
        self.running.wait(timeout=30)

    def signers(self, replaced=lambda: None):
        return remote.remote_signers(self.path, replaced=replaced)

    def noted(self) -> list[dict[str, str]]:
        return noted(self.var)


def noted(var: Path) -> list[dict[str, str]]:
    """What the log of a signer says, line by line."""
    return [json.loads(line) for path in sorted((var / "signer").glob("signatures-*.jsonl")) for line in path.read_text().splitlines()]


def asked(desk, kind, payload, **more):
    body = json.dumps({"kind": kind, "payload": payload.decode() if isinstance(payload, bytes) else payload,
                       "key": desk.key, **more}, ensure_ascii=False)
    return desk.answer(body.encode())
