"""Verbs of messages: send, read, deliver."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from psycopg.types.json import Jsonb

from tongban.kernel import database, events
from tongban.kernel.events import Entry
from tongban.kernel.types import Text, Who
from tongban.messages.clients import ShortMessages
from tongban.messages.events import MessageDelivered, MessageRead, MessageSent, MessagesErased
from tongban.messages.types import DeliveryChannel, DeliveryState, Letter

SEND = """
with sent as (
  insert into messages_message (party, title, body, about, link, recipient, sent_at)
  select x.party, x.title, x.body, x.about, x.link, x.recipient, kernel_now()
  from rows from (jsonb_to_recordset(%s) as (party bigint, title jsonb, body jsonb, about text, link text, recipient text))
    with ordinality as x(party, title, body, about, link, recipient, place)
  order by x.place
  returning id, party, about)
select id, party, about from sent order by id
"""


def send(who: Who, *, party: int, title: Text, body: Text, about: str = "", link: str = "") -> int:
    """Put a message into a party's inbox; delivery outside follows as a job. Returns its id."""
    return send_all(who, letters=[Letter(party=party, title=title, body=body, about=about, link=link)])[0]


def send_all(who: Who, *, letters: Sequence[Letter]) -> list[int]:
    """Put many messages into inboxes in two statements; returns their ids in the same order."""
    with database.atomic():
        made = database.rows(SEND, [Jsonb(msgspec.to_builtins(letters))])
        events.record_all(who, [
            Entry(happened=MessageSent(message=message, about=about), subject=f"message:{message}", party=party)
            for message, party, about in made])
    return [message for message, _, _ in made]


def mark_read(who: Who, *, parties: Sequence[int]) -> int:
    """Note that the inbox of these parties was opened; returns how many messages were new."""
    with database.atomic():
        read = database.execute("update messages_message set read_at = kernel_now() where party = any(%s) "
                                "and read_at is null", [list(parties)])
        if read:
            events.record(who, MessageRead(count=read), subject=f"party:{parties[0]}", party=parties[0])
    return read


def deliver(who: Who, *, message: int, provider: ShortMessages) -> None:
    """Bring a message to its party's phone through the provider, once; again does nothing.

    Whoever writes the row first sends. A crash between sending and noting leaves it waiting: it is not sent again.
    """
    with database.atomic():
        claimed = database.row(
            "insert into messages_delivery (message_id, party, channel, state, at) "
            "select id, party, %s, %s, kernel_now() from messages_message where id = %s "
            "on conflict do nothing returning party, "
            "(select title->>'zh' from messages_message where id = message_id), "
            "(select recipient from messages_message where id = message_id)",
            [DeliveryChannel.SMS, DeliveryState.WAITING, message])
    if claimed is None:
        return
    party, text, recipient = claimed
    state = provider.send(recipient=recipient or f"party:{party}", text=text)
    with database.atomic():
        database.execute("update messages_delivery set state = %s, at = kernel_now() where message_id = %s "
                         "and channel = %s", [state, message, DeliveryChannel.SMS])
        events.record(who, MessageDelivered(message=message, channel=DeliveryChannel.SMS, state=state),
                      subject=f"message:{message}", party=party)


def forget_party(who: Who, *, party: int) -> int:
    """Erase the messages of a party who closed their account; returns how many."""
    with database.atomic():
        database.execute("delete from messages_delivery where party = %s", [party])
        gone = database.execute("delete from messages_message where party = %s", [party])
        if gone:
            events.record(who, MessagesErased(count=gone), subject=f"party:{party}", party=party)
    return gone


def erase_old(who: Who, *, before: datetime, limit: int) -> list[str]:
    """Messages past their time, with what became of them."""
    found = database.rows("select id from messages_message where sent_at < %s order by id limit %s for update skip locked",
                          [before, limit])
    keys = [key for (key,) in found]
    database.execute("delete from messages_delivery where message_id = any(%s)", [keys])
    database.execute("delete from messages_message where id = any(%s)", [keys])
    return [str(key) for key in keys]
