"""What others ask the ledger."""

from tongban.ledger.queries.checking import OVER, digest_of_reads, faults_of_the_record
from tongban.ledger.queries.proving import (
    RECORD,
    as_record,
    entries_of,
    growth,
    keys,
    last_audit,
    newest,
    proof,
    require_sealing,
    shelf,
    standing,
)

__all__ = ["OVER", "RECORD", "as_record", "digest_of_reads", "entries_of", "faults_of_the_record", "growth", "keys",
           "last_audit", "newest", "proof", "require_sealing", "shelf", "standing"]
