"""The inbox: one's own, in the reader's language, read once, delivered once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.urls import reverse

from tests import journeys
from tests.cases.given import shanghai
from tests.journeys import TESTER, act, as_actor
from tests.portal.public import text_of
from tests.portal.test_signed_in_pages import browser
from tests.requirements import requirement
from tongban.kernel import database
from tongban.kernel.types import Text
from tongban.messages import actions, queries
from tongban.messages.clients import SimulatedShortMessages, short_messages
from tongban.messages.tasks import deliver_message
from tongban.messages.types import DeliveryState

TITLE = Text(zh="办好了：食品经营许可", en="Done: food licence")
BODY = Text(zh="可以下载了。", en="You can download it.")


class Counting(SimulatedShortMessages):
    """The simulated provider, noting what it was asked to send."""

    def __init__(self, asked: list[tuple[str, str]] | None = None) -> None:
        self.asked = [] if asked is None else asked

    def send(self, *, recipient: str, text: str) -> DeliveryState:
        self.asked.append((recipient, text))
        return super().send(recipient=recipient, text=text)


@pytest.fixture
def person(db):
    return journeys.citizen()


def send(person, title: Text = TITLE, about: str = "") -> int:
    return actions.send(TESTER, party=person.party, title=title, body=BODY, about=about)


def events_of(message: int) -> list[str]:
    return [name for (name,) in database.rows("select name from kernel_event where subject = %s order by id",
                                              [f"message:{message}"])]


def test_a_message_is_found_in_both_languages_by_its_reader(person):
    message = send(person, about="A-1")
    with as_actor(person):
        (found,) = queries.inbox(person.parties)
        assert queries.about("A-1") == [found]
    assert (found.id, found.title, found.body, found.sent_at) == (message, TITLE, BODY, shanghai(3, 2, 10))
    assert found.read_at is None
    assert events_of(message) == ["MessageSent"]


@requirement("SEC-06")
def test_nobody_else_reads_it(person):
    send(person, about="B-1")
    stranger = journeys.citizen()
    with as_actor(stranger):
        assert queries.inbox(person.parties) == []
        assert queries.about("B-1") == []
        assert queries.unread(person.parties) == 0
    with database.serving("officer"):
        assert database.row("select has_table_privilege('messages_message', 'select')") == (False,)


def test_opening_the_inbox_reads_what_is_new_and_is_recorded_once(person):
    send(person)
    send(person)
    with as_actor(person):
        assert queries.unread(person.parties) == 2
    assert act(person, actions.mark_read, parties=person.parties) == 2
    assert act(person, actions.mark_read, parties=person.parties) == 0
    with as_actor(person):
        assert queries.unread(person.parties) == 0
    read = database.rows("select payload from kernel_event where name = 'MessageRead' and party = %s", [person.party])
    assert len(read) == 1
    send(person)
    with as_actor(person):
        assert queries.unread(person.parties) == 1


def test_the_inbox_pages_without_gap_or_repeat(person):
    sent = [send(person) for _ in range(7)]
    found, before = [], None
    with as_actor(person):
        while page := queries.inbox(person.parties, before=before, limit=3):
            found += [each.id for each in page]
            before = found[-1]
    assert found == sent[::-1]


@requirement("CASE-28")
def test_a_message_is_brought_to_the_phone_once_and_never_said_to_be_sent_while_simulated(person):
    message, provider = send(person), Counting()
    for _ in range(2):
        actions.deliver(TESTER, message=message, provider=provider)
    assert provider.asked == [(f"party:{person.party}", TITLE.zh)]
    with as_actor(person):
        (found,) = queries.inbox(person.parties)
    assert found.delivered == (("SMS", "SIMULATED"),)
    assert events_of(message) == ["MessageSent", "MessageDelivered"]
    assert short_messages().simulated


def test_the_page_says_once_that_text_messages_are_simulated(person):
    path = reverse("portal:inbox")
    sent = [send(person) for _ in range(3)]
    assert "模拟的" not in text_of(browser(person).get(path))
    for each in sent:
        actions.deliver(TESTER, message=each, provider=Counting())
    text = text_of(browser(person).get(path))
    assert text.count("短信") == 1 and "短信都是模拟的，不会真的发出" in text


class Impatient(Counting):
    """A provider during whose sending another worker takes the same message up."""

    def __init__(self, message: int) -> None:
        super().__init__()
        self.message = message

    def send(self, *, recipient: str, text: str) -> DeliveryState:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(self.meanwhile).result(timeout=20)
        return super().send(recipient=recipient, text=text)

    def meanwhile(self) -> None:
        with database.serving("worker"):
            actions.deliver(TESTER, message=self.message, provider=Counting(self.asked))
            database.connection().close()


class Broken(Counting):
    """A provider that takes the message and then fails to answer."""

    def send(self, *, recipient: str, text: str) -> DeliveryState:
        super().send(recipient=recipient, text=text)
        raise ConnectionError


@requirement("CASE-28")
def test_two_workers_with_the_same_message_send_it_once(person):
    message = send(person)
    provider = Impatient(message)
    actions.deliver(TESTER, message=message, provider=provider)
    assert provider.asked == [(f"party:{person.party}", TITLE.zh)]
    assert events_of(message) == ["MessageSent", "MessageDelivered"]


@requirement("CASE-28")
def test_a_delivery_that_broke_off_is_never_repeated_and_is_said_to_be_unknown(person):
    message, provider = send(person), Broken()
    with pytest.raises(ConnectionError):
        actions.deliver(TESTER, message=message, provider=provider)
    actions.deliver(TESTER, message=message, provider=provider)
    assert len(provider.asked) == 1 and events_of(message) == ["MessageSent"]
    with as_actor(person):
        assert queries.inbox(person.parties)[0].delivered == (("SMS", "WAITING"),)
    assert "不清楚短信有没有发出去" in browser(person).get("/me/messages/").content.decode()
    assert "Not known whether the text message was sent" in browser(person).get("/en/me/messages/").content.decode()


def test_a_message_that_does_not_exist_is_not_delivered(db):
    provider = Counting()
    actions.deliver(TESTER, message=0, provider=provider)
    assert provider.asked == []


@requirement("CASE-28")
def test_delivery_follows_as_a_job_that_may_run_twice(person, catch_up):
    message = send(person)
    catch_up()
    waiting = database.rows("select args->>'message' from procrastinate_jobs where task_name = 'messages.deliver' and "
                            "args->>'message' = %s", [str(message)])
    assert waiting == [(str(message),)]
    deliver_message(message=message)
    deliver_message(message=message)
    assert events_of(message) == ["MessageSent", "MessageDelivered"]


def test_the_record_keeps_no_words_of_a_message(person):
    message = send(person)
    text, = database.row("select payload::text from kernel_event where subject = %s", [f"message:{message}"])
    assert "食品" not in text
    assert "food" not in text
