"""Records and witnesses elsewhere: key pairs and trees that a test makes."""

import importlib.util
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connections

from tests.conftest import ROOT
from tests.ledger.test_tree import literal_root, tiles_of
from tests.portal.public import client
from tongban.ledger import rules
from tongban.ledger.clients import Reply
from tongban.ledger.types import Head, NoteKey, NoteLine, Submission

WITNESS = "/ledger/witness/add-checkpoint"


def verify_script():
    """The program that shares no code with us."""
    spec = importlib.util.spec_from_file_location("verify", ROOT / "verify" / "verify.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def leaves(count, *, of="a"):
    return [sha256(f"{of}{number}".encode()).digest() for number in range(count)]


@dataclass
class OtherLog:
    """A record elsewhere; its operator signs whatever tree they like."""

    origin: str
    secret: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def key(self):
        return NoteKey(name=self.origin, kind=rules.ED25519, public=self.secret.public_key().public_bytes_raw())

    def note(self, tree):
        text = rules.checkpoint_text(Head(origin=self.origin, size=len(tree), root=literal_root(tree)))
        return rules.written_note(text, [NoteLine(name=self.origin, key_hash=rules.key_hash(self.key),
                                                  value=self.secret.sign(text.encode()))])

    def submission(self, tree, *, old=0):
        proof = rules.consistency(old, len(tree), tiles_of(tree)) if 0 < old <= len(tree) else []
        return rules.written_submission(Submission(old=old, proof=tuple(proof), note=self.note(tree)))


@dataclass
class OtherWitness:
    """A witness elsewhere that cosigns whatever it is shown."""

    name: str
    secret: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def key(self):
        return NoteKey(name=self.name, kind=rules.COSIGNATURE, public=self.secret.public_key().public_bytes_raw())

    def __call__(self, url, body):
        text = rules.read_note(rules.read_submission(body).note).text
        line = rules.cosignature(self.key, 1_800_000_000, self.secret.sign(rules.cosigned_bytes(text, 1_800_000_000)))
        return Reply(status=200, text=rules.written_line(line))


def bring(body):
    """Bring a submission to this node as a witness."""
    return client().post(WITNESS, body, content_type="text/plain; charset=utf-8")


def carried(url, body):
    """A carrier that brings it to this very node, from a thread of its own."""
    try:
        answer = bring(body)
        return Reply(status=answer.status_code, text=answer.content.decode())
    finally:
        connections.close_all()
