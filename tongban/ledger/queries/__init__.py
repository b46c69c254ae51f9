"""What others ask the ledger."""

from tongban.ledger.queries.checking import OVER, digest_of_reads, faults_of_the_record
from tongban.ledger.queries.proving import (
    RECORD,
    as_record,
    entries_of,
    growth,
    is_sealing,
    keys,
    last_audit,
    leaves,
    leaves_counted,
    named_key,
    proof,
    require_sealing,
    shelf,
    standing,
    stop_minutes,
)
from tongban.ledger.queries.witnessing import (
    agreement,
    attested,
    cosignature_by,
    cosigned_note,
    gaps,
    is_signed_by,
    newest,
    questions,
    restorations,
    shown,
    who_cosigned,
    witness_keys,
    witness_name,
    witnessed_keys,
    witnesses,
    witnesses_needed,
)

__all__ = ["OVER", "RECORD", "agreement", "as_record", "attested", "cosignature_by", "cosigned_note", "digest_of_reads",
           "entries_of", "faults_of_the_record", "gaps", "growth", "is_sealing", "is_signed_by", "keys", "last_audit",
           "leaves", "leaves_counted", "named_key", "newest", "proof", "questions", "require_sealing", "restorations", "shelf",
           "shown", "standing", "stop_minutes", "who_cosigned", "witness_keys", "witness_name", "witnessed_keys",
           "witnesses", "witnesses_needed"]
