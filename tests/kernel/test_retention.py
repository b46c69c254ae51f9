"""Each class of records goes when its time is over, in batches, each proved in the record."""

import hashlib
from datetime import timedelta

import pytest
from django.test.utils import CaptureQueriesContext

from tests import journeys
from tests.requirements import requirement
from tongban.documents.events import DocumentsForgotten
from tongban.kernel import clock, database, events, parameters, retention
from tongban.kernel.retention import RetentionApplied

ITEM = "residence-permit-guangan"
SHIPPED = {"drafts", "papers", "messages", "granted cases", "other cases", "former people", "disclosures", "record", "sessions", "attempts"}


def proofs(name):
    return [each.happened for each in events.of_subject(f"retention:{name}")]


@requirement("SEC-04")
def test_every_class_has_its_figure_and_a_name_people_can_read(db):
    assert set(retention.CLASSES) >= SHIPPED
    for what, days in retention.kept_days():
        assert what.zh and what.in_("en") and days > 0
    assert {each.name for each in retention.report() if not each.deletes} == {"disclosures", "record", "sessions", "attempts"}


def test_the_oldest_of_the_record_is_found_without_reading_all_of_it(db):
    journeys.citizen()
    with database.atomic(), CaptureQueriesContext(database.connection()) as asked:
        assert retention.CLASSES["record"].oldest()
        database.execute("set local enable_seqscan = off")
        plan = str(database.rows(f"explain {asked[0]['sql']}"))
    assert "Limit" in plan and "Index" in plan
    assert "Aggregate" not in plan and "Seq Scan" not in plan


@requirement("SEC-04")
def test_drafts_past_their_time_go_in_batches_and_each_batch_is_proved(db, at):
    who = journeys.citizen()
    keys = sorted(journeys.new_draft(who, ITEM) for _ in range(3))
    days = parameters.value("retention.draft_days", clock.today())
    at(clock.now() + timedelta(days=days - 1))
    retention.apply(journeys.TESTER, "drafts")
    assert database.row("select count(*) from cases_draft where key = any(%s)", [keys]) == (3,), "before their time"
    with journeys.as_actor(who):
        touched = journeys.new_draft(who, ITEM)
    at(clock.now() + timedelta(days=2))
    before = len(proofs("drafts"))
    done = retention.apply(journeys.TESTER, "drafts", batch=2)
    assert done >= 3
    assert database.rows("select key from cases_draft where key = any(%s)", [[*keys, touched]]) == [(touched,)]
    made = proofs("drafts")[before:]
    assert sum(each.count for each in made) == done and len(made) >= 2
    assert all(each.days == days and each.oldest_kept for each in made)
    if done == 3:
        found = {hashlib.sha256("\n".join(sorted(pair)).encode()).hexdigest() for pair in (
            (a, b) for a in keys for b in keys if a < b)}
        assert made[0].keys_sha256 in found
    assert retention.apply(journeys.TESTER, "drafts") == 0
    assert len(proofs("drafts")) == before + len(made), "a day without deletions proves nothing"


@requirement("SEC-04")
def test_papers_that_were_never_handed_in_go_and_those_of_drafts_and_cases_stay(db, at):
    who = journeys.citizen()
    alone = journeys.picture_of(who, party=who.party).id
    journeys.new_draft(who, ITEM)
    number = journeys.submitted(who, ITEM)
    kept = {key for (key,) in database.rows("select id from documents_document where party = %s and id <> %s", [who.party, alone])}
    assert kept
    at(clock.now() + timedelta(days=31))
    retention.apply(journeys.TESTER, "papers")
    assert {key for (key,) in database.rows("select id from documents_document where party = %s", [who.party])} == kept
    forgotten = [each.happened for each in events.of_subject("documents") if each.name == "DocumentsForgotten"]
    assert alone in {key for each in forgotten for key in DocumentsForgotten(documents=tuple(each.documents)).documents}
    assert number


def test_a_deletion_broken_off_has_proved_what_it_deleted_and_is_gone_on_with(db, at, monkeypatch):
    who = journeys.citizen()
    for _ in range(4):
        journeys.new_draft(who, ITEM)
    at(clock.now() + timedelta(days=400))
    erase, asked = retention.CLASSES["drafts"].erase, []

    def dies(who, *, before, limit):
        asked.append(1)
        if len(asked) > 1:
            raise RuntimeError("killed")
        return erase(who, before=before, limit=limit)

    monkeypatch.setitem(retention.CLASSES, "drafts", retention.Kept(
        name="drafts", figure="retention.draft_days", what=retention.CLASSES["drafts"].what, erase=dies,
        oldest=retention.CLASSES["drafts"].oldest))
    before = len(proofs("drafts"))
    left = database.row("select count(*) from cases_draft")[0]
    with pytest.raises(RuntimeError):
        retention.apply(journeys.TESTER, "drafts", batch=2)
    proved, = proofs("drafts")[before:]
    assert isinstance(proved, RetentionApplied) and proved.count == 2
    assert database.row("select count(*) from cases_draft") == (left - 2,)
    monkeypatch.undo()
    assert retention.apply(journeys.TESTER, "drafts", batch=2) == left - 2


@requirement("SEC-04")
def test_the_tick_applies_every_class_once_a_day_and_the_report_names_what_is_late(db, at):
    who = journeys.citizen()
    key = journeys.new_draft(who, ITEM)
    at(clock.now() + timedelta(days=500))
    assert next(each for each in retention.report() if each.name == "drafts").overdue
    retention._done.clear()
    assert retention.apply_daily() >= 1
    assert not next(each for each in retention.report() if each.name == "drafts").overdue
    assert database.row("select 1 from cases_draft where key = %s", [key]) is None
    assert retention.apply_daily() == 0, "twice a day"
