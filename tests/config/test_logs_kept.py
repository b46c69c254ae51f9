"""Logs of a machine stay at least six months, acts and reads at least three years (SEC-07)."""

import re
from datetime import timedelta
from math import inf
from pathlib import Path

import pytest
from django.db import DatabaseError

from tests import journeys
from tests.conftest import MONDAY
from tests.requirements import requirement
from tongban.config import logs_kept
from tongban.kernel import database, disclosures, events, parameters, retention
from tongban.kernel.schema import ROLES
from tongban.kernel.types import System

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
JOURNAL, ROTATED = (DEPLOY / "journald" / "tongban.conf").read_text(), (DEPLOY / "logrotate" / "tongban").read_text()
KEEPER = System(name="retention")


ROOM = "Storage=persistent\nSystemMaxUse=40G\n"


@pytest.mark.parametrize(("told", "days"), [
    (ROOM, inf), (ROOM + "MaxRetentionSec=0", inf), ("Storage=auto\nSystemMaxUse=40G\nMaxRetentionSec=1year", 0),
    ("SystemMaxUse=40G\nMaxRetentionSec=1year", 0), (ROOM + "MaxRetentionSec=6month", 182), (ROOM + "MaxRetentionSec=2weeks 1day", 15),
    (ROOM + "MaxRetentionSec=86400", 1), ("#Storage=persistent\n#MaxRetentionSec=1year", 0), ("Storage=persistent", 0),
    ("Storage=volatile\n" + ROOM + "MaxRetentionSec=30day\nMaxRetentionSec=300day", 300), ("", 0)])
def test_what_a_journal_is_told_is_read_as_systemd_reads_it(told, days):
    assert logs_kept.journal_days(told) == inf if days == inf else int(logs_kept.journal_days(told)) == days


@pytest.mark.parametrize(("told", "days"), [
    ("daily\nrotate 215", 215), ("weekly\nrotate 52", 364), ("daily\nrotate 14", 14), ("daily\nrotate 400\nmaxage 30", 30),
    ("daily\nrotate 400\nmaxsize 1G", 0), ("size 10M\nrotate 400", 0), ("daily", 0), ("rotate 400", 0), ("hourly\nrotate 48", 2)])
def test_what_logrotate_is_told_is_read(told, days):
    assert logs_kept.rotated_days(f"/var/log/nginx/tongban.log {{\n{told}\n}}") == days
    assert logs_kept.rotated_days(told) == 0


@requirement("SEC-07")
def test_what_we_ship_keeps_logs_for_longer_than_the_law_asks_and_anything_shorter_is_told(db):
    least = parameters.value("retention.log_days", MONDAY.date())
    shipped = (logs_kept.journal_days(JOURNAL), logs_kept.rotated_days(ROTATED))
    assert least >= 184 and min(shipped) >= least and logs_kept.judge(shipped, least) == []
    shorter = (logs_kept.journal_days(re.sub("215day", "6month", JOURNAL)), logs_kept.rotated_days(re.sub("215", "14", ROTATED)))
    journal, door = logs_kept.judge(shorter, least)
    assert "The journal is kept for 182 days" in journal and "deploy/journald" in journal
    assert "The log of nginx is kept for 14 days" in door and "deploy/logrotate" in door


@requirement("SEC-07")
def test_after_three_years_and_every_deletion_each_act_and_each_read_is_still_there(db, at):
    citizen = journeys.citizen()
    case = journeys.submitted(journeys.with_firm(citizen), "food-operation-gaoling")
    disclosures.disclose(KEEPER, party=citizen.party, fields=("phone",), reason="check", subject=case)
    acts, reads = [each.name for each in events.of_subject(case)], len(disclosures.of_party(citizen.party))
    assert "CaseSubmitted" in acts and reads
    for name in ("record", "disclosures"):
        assert parameters.value(retention.CLASSES[name].figure, MONDAY.date()) >= 3 * 365
    at(MONDAY + timedelta(days=3 * 366))
    for name in retention.CLASSES:
        retention.apply(KEEPER, name)
    assert [each.name for each in events.of_subject(case)] == acts and len(disclosures.of_party(citizen.party)) == reads


@requirement("SEC-07")
@pytest.mark.parametrize("login", ROLES)
@pytest.mark.parametrize("act", ["delete from", "truncate"])
@pytest.mark.parametrize("table", ["kernel_event", "kernel_disclosure", "ledger_leaf", "ledger_checkpoint"])
def test_no_login_of_the_house_can_shorten_the_record(db, login, act, table):
    with pytest.raises(DatabaseError), database.serving(login), database.atomic():
        database.execute(f"{act} {table}")
