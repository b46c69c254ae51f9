"""What the record keeps of files: that one was kept, and who may read it from then on."""

import json

import pytest

from tests import journeys
from tongban.documents import actions
from tongban.documents.errors import DocumentNotFound
from tongban.kernel import database

PARTY = 700_900


def entries(name: str, subject: str) -> list[tuple[object, ...]]:
    found = database.rows("select party, authority, payload::text from kernel_event where name = %s and subject = %s "
                         "order by id", [name, subject])
    return [(first, second, json.loads(payload)) for first, second, payload in found]


def authorities_of(document: int) -> list[int]:
    return database.row("select authorities from documents_document where id = %s", [document])[0]


def test_keeping_an_upload_is_recorded_without_its_name_or_words(db):
    kept = journeys.picture_of(journeys.TESTER, party=PARTY, name="张三的病历.png")
    (party, authority, payload), = entries("DocumentKept", f"document:{kept.id}")
    assert (party, authority) == (PARTY, None)
    assert payload == {"document": kept.id, "sha256": kept.sha256, "media_type": "image/png",
                       "size": len(journeys.PNG), "made": False, "simulated_scan": True}
    assert "病历" not in str(payload)


def test_what_the_house_makes_is_recorded_once_however_often_it_is_made(db):
    for _ in range(2):
        kept = actions.keep_made(journeys.TESTER, party=PARTY, name="回执.pdf", content=b"%PDF-1.7 made for one")
    (_, _, payload), = entries("DocumentKept", f"document:{kept.id}")
    assert (payload["made"], payload["simulated_scan"]) == (True, False)


def test_sharing_files_is_recorded_and_lets_the_authority_read_them(db):
    kept = [journeys.picture_of(journeys.TESTER, party=PARTY, name="x.png").id for _ in range(2)]
    actions.share_with(journeys.TESTER, documents=[*kept, kept[0]], authority=31_337)
    (_, authority, payload), = entries("DocumentsShared", "authority:31337")
    assert (authority, payload) == (31_337, {"documents": kept, "authority": 31_337})
    assert [authorities_of(each) for each in kept] == [[31_337], [31_337]]


def test_sharing_what_is_not_there_shares_and_records_nothing(db):
    kept = journeys.picture_of(journeys.TESTER, party=PARTY, name="x.png").id
    with pytest.raises(DocumentNotFound):
        actions.share_with(journeys.TESTER, documents=[kept, 2**40], authority=31_338)
    assert entries("DocumentsShared", "authority:31338") == [] and authorities_of(kept) == []
