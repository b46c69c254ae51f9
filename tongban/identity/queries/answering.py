"""Who answers for this node, for what it keeps, and above it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from django.conf import settings

from tongban.identity.types import Charge
from tongban.kernel import database
from tongban.kernel.types import Text

COLUMNS = "charge, name::text, unit::text, person::text, post::text, line, effective_from, sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweringRow:
    """A unit and a person who answer for something; `has_left`: the account tied to the person works no more, or holds no post."""

    charge: Charge
    name: Text | None
    unit: Text
    person: Text
    post: Text
    line: str
    since: date
    sample: bool
    has_left: bool = False
    key: int = 0


def charges() -> list[Charge]:
    """What somebody must answer for here: above the topmost node there is nobody."""
    return [each for each in Charge if each is not Charge.SUPERIOR or not settings.HUB]


def answering() -> dict[Charge, AnsweringRow]:
    """Who answers today; a charge that nobody was named for is absent."""
    found = [_row(*row) for row in database.rows(f"select {COLUMNS}, has_left from identity_answering()")]
    return {each.charge: each for each in found if each.charge in charges()}


def answered_before() -> list[AnsweringRow]:
    """Everybody who was named and agreed on, or will be from a day on, the latest first; staff may ask."""
    return [_row(*row) for row in database.rows(
        f"select {COLUMNS}, false, id from identity_responsibility where confirmed_at is not null "
        "order by effective_from desc, id desc limit 200")]


def waiting_to_answer() -> Sequence[AnsweringRow]:
    """Those who were named and wait for another administrator to agree."""
    return [_row(*row) for row in database.rows(
        f"select {COLUMNS}, false, id from identity_responsibility where confirmed_at is null and expires_at > kernel_now() "
        "order by id")]


def _row(charge: str, name: str | None, unit: str, person: str, post: str, line: str, since: date, *rest: Any) -> AnsweringRow:
    sample, has_left, *key = rest
    return AnsweringRow(charge=Charge(charge), name=_text(name) if name else None, unit=_text(unit), person=_text(person),
                        post=_text(post), line=line, since=since, sample=sample, has_left=has_left, key=key[0] if key else 0)


def _text(written: str) -> Text:
    return msgspec.json.decode(written, type=Text)
