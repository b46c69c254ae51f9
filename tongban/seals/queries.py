"""Seals and stampings as frozen rows."""

from typing import Any

import msgspec

from tongban.kernel import database
from tongban.seals.errors import SealMissing
from tongban.seals.types import Certificate, Seal, SealId, SealKind, SealState, StampRecord

SEAL = """
select id, version, kind, name, owner_uscc, maker, made_on, issued_on, valid_from, valid_to, picture,
       certificates::text, state from seals_seal
"""


def seal(key: SealId) -> Seal:
    """A seal; `SealMissing` if there is none."""
    return _one(f"{SEAL} where id = %s", [int(key)])


def active_seal(authority: int, kind: SealKind = SealKind.SPECIAL_BUSINESS) -> Seal:
    """The seal of this kind an authority has in use; `SealMissing` if there is none."""
    return _one(f"{SEAL} where authority_id = %s and kind = %s and state = %s", [authority, kind, SealState.ACTIVE])


def stamps_of(document_hash: str) -> list[StampRecord]:
    """The stampings of a document the current scope may see, oldest first."""
    found = database.rows(
        "select seal_id, seal_version, signer, stamped_at, document_hash, algorithm, key_id, case_number, page, "
        "position from seals_stamp where document_hash = %s order by id", [document_hash])
    return [StampRecord(version=1, seal_id=SealId(str(key)), seal_version=version, signer=signer, stamped_at=at,
                        document_hash=digest, algorithm=algorithm, key_id=key_id, case_number=number, page=page,
                        position=position)
            for key, version, signer, at, digest, algorithm, key_id, number, page, position in found]


def _one(sql: str, parameters: list[object]) -> Seal:
    found = database.row(sql, parameters)
    if found is None:
        raise SealMissing
    return _as_seal(found)


def _as_seal(row: Any) -> Seal:
    (key, version, kind, name, owner, maker, made_on, issued_on, valid_from, valid_to, picture, certificates,
     state) = row
    return Seal(id=SealId(str(key)), version=version, kind=SealKind(kind), name=name, owner_uscc=owner, maker=maker,
                made_on=made_on, issued_on=issued_on, valid_from=valid_from, valid_to=valid_to, picture=picture,
                certificates=msgspec.json.decode(certificates, type=tuple[Certificate, ...]), state=SealState(state))
