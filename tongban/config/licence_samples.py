"""Licence types, a seal for every authority and the sample licences. Loading twice changes nothing."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import msgspec
import yaml
from django.conf import settings

from tongban.authorities import queries as authorities
from tongban.identity.queries import party_by_id_number, party_by_uscc
from tongban.kernel import database
from tongban.kernel.types import System
from tongban.licences.actions import publish_licence_type, register_licence
from tongban.licences.types import LicenceTypeDefinition
from tongban.seals.actions import apply_for_seal, move_seal
from tongban.seals.errors import SealMissing
from tongban.seals.queries import active_seal
from tongban.seals.types import SealState

LOADER = System(name="loader")
PURPOSE = "行政审批专用章"
SINCE = date(2026, 1, 1)


def load_licences(say: Callable[[str], None]) -> None:
    """Publish the types, give every authority a seal, enter the licences that the sample people hold."""
    with database.atomic():
        publish_types(say)
        made = sum(_ensure_seal(authority.id) for authority in authorities.authorities())
    held = [_register(party, row) for party, row in _held(_read("people.yaml"))]
    say(f"{made} new seals, {len(held)} licences")


def publish_types(say: Callable[[str], None]) -> None:
    """Publish the kinds of licences there are."""
    types = _read("licence_types.yaml")
    with database.atomic():
        for row in types:
            publish_licence_type(LOADER, definition=msgspec.convert(row, LicenceTypeDefinition))
    say(f"{len(types)} licence types")


def _read(name: str) -> Any:
    path = settings.DATA / name
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else []


def _held(people: Any) -> Iterator[tuple[int, Any]]:
    if not people:
        return
    for rows, code, find in ((people["persons"], "id_number", party_by_id_number),
                             (people["entities"], "uscc", party_by_uscc)):
        for row in rows:
            party = find(row[code])
            for licence in row.get("licences") or [] if party else []:
                yield party or 0, licence


def _register(party: int, row: Any) -> str:
    end = row["valid_to"]
    return register_licence(
        LOADER, type_code=row["type"], holder=party, number=row["number"], valid_from=_day(row["valid_from"]),
        valid_to=_day(end) if end else None, fields={name: str(value) for name, value in row["fields"].items()})


def _day(value: str | date) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _ensure_seal(authority: int) -> bool:
    try:
        active_seal(authority)
    except SealMissing:
        seal = apply_for_seal(LOADER, authority=authority, purpose=PURPOSE, valid_from=SINCE)
        for state in (SealState.APPROVED, SealState.MADE, SealState.ACTIVE):
            move_seal(LOADER, seal=seal, state=state,
                      activated_by=[LOADER.actor_id] if state is SealState.ACTIVE else [])
        return True
    return False
