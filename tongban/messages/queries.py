"""The inbox."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from tongban.kernel import database
from tongban.kernel.types import Text
from tongban.messages.types import MessageRow


def inbox(parties: Sequence[int], *, before: int | None = None, limit: int = 20) -> list[MessageRow]:
    """Messages to these parties, newest first."""
    found = database.rows(
        "select m.id, m.title::text, m.body::text, m.about, m.link, m.sent_at, m.read_at, "
        "array(select d.channel || ':' || d.state from messages_delivery d where d.message_id = m.id order by d.id) "
        "from messages_message m where m.party = any(%s) and (%s::bigint is null or m.id < %s) "
        "order by m.id desc limit %s", [list(parties), before, before, limit])
    return [_message(row) for row in found]


def about(number: str, *, limit: int = 20) -> list[MessageRow]:
    """Messages about a case, newest first; row security decides whose."""
    found = database.rows(
        "select m.id, m.title::text, m.body::text, m.about, m.link, m.sent_at, m.read_at, "
        "array(select d.channel || ':' || d.state from messages_delivery d where d.message_id = m.id order by d.id) "
        "from messages_message m where m.about = %s order by m.id desc limit %s", [number, limit])
    return [_message(row) for row in found]


def unread(parties: Sequence[int]) -> int:
    """How many messages wait to be read (exact)."""
    found = database.row("select count(*) from messages_message where party = any(%s) and read_at is null",
                         [list(parties)])
    return int(found[0]) if found else 0


def _message(row: Sequence[Any]) -> MessageRow:
    key, title, body, about_what, link, sent_at, read_at, delivered = row
    return MessageRow(
        id=key, title=msgspec.json.decode(title, type=Text), body=msgspec.json.decode(body, type=Text),
        about=about_what, link=link, sent_at=sent_at, read_at=read_at,
        delivered=tuple(tuple(each.split(":", 1)) for each in delivered))


def oldest_sent() -> datetime | None:
    """When the oldest message was sent (worker only)."""
    found = database.row("select min(sent_at) from messages_message")
    return found[0] if found else None
