"""Verbs of messages: send, read, deliver."""

from collections.abc import Sequence

import msgspec
from psycopg.types.json import Jsonb

from tongban.kernel import database, events
from tongban.kernel.events import Entry
from tongban.kernel.types import Text, Who
from tongban.messages.clients import ShortMessages
from tongban.messages.events import MessageDelivered, MessageRead, MessageSent
from tongban.messages.types import DeliveryChannel, Letter

SEND = """
with sent as (
  insert into messages_message (party, title, body, about, link, sent_at)
  select x.party, x.title, x.body, x.about, x.link, kernel_now()
  from rows from (jsonb_to_recordset(%s) as (party bigint, title jsonb, body jsonb, about text, link text))
    with ordinality as x(party, title, body, about, link, place)
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
    """Bring a message to its party's phone through the provider, once; again does nothing."""
    with database.atomic():
        found = database.row(
            "select m.party, m.title->>'zh', exists (select from messages_delivery d where d.message_id = m.id) "
            "from messages_message m where m.id = %s for update", [message])
    if found is None or found[2]:
        return
    party, text, _ = found
    state = provider.send(recipient=f"party:{party}", text=text)
    with database.atomic():
        noted = database.execute(
            "insert into messages_delivery (message_id, party, channel, state, at) "
            "values (%s, %s, %s, %s, kernel_now()) on conflict do nothing",
            [message, party, DeliveryChannel.SMS, state])
        if not noted:
            return
        events.record(who, MessageDelivered(message=message, channel=DeliveryChannel.SMS, state=state),
                      subject=f"message:{message}", party=party)
