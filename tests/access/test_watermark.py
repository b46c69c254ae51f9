"""Who reads a page of staff lies over it (SEC-11): every page of staff bears its own reader, the pages of people bear none."""

import re
from wsgiref.util import setup_testing_defaults

import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.test import Client

from tests import journeys
from tests.access.asking import outcome
from tests.access.test_matrix import CELLS, ROWS, asked, filled
from tests.access.world import ITEM, OFFICERS, World
from tests.design.test_contrast_of_tokens import ASKED_FOR, CONTRAST, PAIRS, STANDARD, contrast
from tests.identity.test_entering import helping
from tests.requirements import requirement
from tongban.catalogue import queries as catalogue
from tongban.config import pagecache
from tongban.identity.types import Role

pytestmark = pytest.mark.xdist_group("access")
LAID_OVER = re.compile(r'<svg class="watermark"[^>]*pointer-events="none" aria-hidden="true"[^>]*>.*?>([^<>]*)</text>', re.DOTALL)
READERS = ("anonymous", "owner", "reception", "decision", "supervisor")


def marks(answer):
    """What lies over a page, without the minute."""
    return [mark[:-17] for mark in LAID_OVER.findall(answer.content.decode())]


@requirement("SEC-11")
def test_every_page_drawn_for_staff_bears_its_reader_and_no_page_drawn_for_people_does(db: None, world: World):
    wrong, pages = {}, dict.fromkeys(READERS, 0)
    for name in (name for name, method in CELLS if method == "GET"):
        for reader in READERS:
            answer = asked(world, name, "GET", reader, filled(world, ROWS[name].get("with")))
            if answer.streaming or not answer.content.lstrip().startswith(b"<!doctype html"):
                continue
            wanted = [f"王示例 {world.people[reader].account}"] if reader in OFFICERS else []
            pages[reader] += 1
            if marks(answer) != wanted or (wanted and "no-store" not in answer["Cache-Control"]):
                wrong[name, reader, outcome(answer)] = marks(answer)
    assert wrong == {}
    assert all(number > 40 for number in pages.values()), pages


@requirement("SEC-11")
def test_a_clerk_who_helps_somebody_reads_their_pages_as_themselves(db: None):
    clerk = journeys.officer(journeys.authority_of(ITEM), Role.RECEPTIONIST)
    client = Client(SERVER_NAME="localhost")
    client.cookies[settings.SESSION_COOKIE_NAME] = helping(clerk)
    shown = client.get(f"/apply/{catalogue.code_of(ITEM)}/")
    assert shown.status_code in (200, 303)
    page = client.get(shown["Location"]) if shown.status_code == 303 else shown
    assert "周示例" in page.content.decode() and len(marks(page)) == 1 and marks(page)[0].endswith(f" {clerk.account}")


@requirement("SEC-11")
def test_a_page_kept_for_everybody_bears_nobody(db: None, world: World):
    shelf = pagecache.Shelf(10**7, pagecache.edition)
    kept = pagecache.cached(get_wsgi_application(), shelf)
    drawn = []
    for cookie in (f"{settings.SESSION_COOKIE_NAME}={world.sessions['supervisor']}", "", ""):
        environ = {"PATH_INFO": "/", "HTTP_HOST": "127.0.0.1"} | ({"HTTP_COOKIE": cookie} if cookie else {})
        setup_testing_defaults(environ)
        drawn.append(b"".join(kept(environ, lambda status, headers, _=None: None)).decode())
        assert (shelf.find(("/", "", "standard", "")) is not None) is (len(drawn) > 1)
    assert [len(LAID_OVER.findall(page)) for page in drawn] == [1, 0, 0]


@requirement("SEC-11")
@pytest.mark.parametrize(("palette", "least"), [(STANDARD, 4.5), (CONTRAST, 7), (ASKED_FOR, 7)], ids=["standard", "contrast", "asked for"])
def test_words_under_the_mark_stand_out_as_they_must(palette: dict[str, str], least: float):
    def under(colour: str) -> str:
        return "#" + "".join(f"{abs(int(colour[at:at + 2], 16) - int(STANDARD['watermark'][at:at + 2], 16)):02x}" for at in (1, 3, 5))

    assert min(contrast(under(palette[word]), under(palette[ground])) for word, ground in PAIRS) >= least
