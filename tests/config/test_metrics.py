"""Figures for monitoring: each that the dashboard and the alerts name is there, and none says anything about people."""

import json
import re
import urllib.request
from pathlib import Path

import pytest
import yaml
from django.db import OperationalError
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tests import journeys
from tests.portal.public import client, signed_in
from tests.requirements import requirement
from tongban.config import metrics
from tongban.config.admission import Rank
from tongban.identity.actions import count_people, open_session
from tongban.identity.queries import days
from tongban.kernel import database, modes, sequencing
from tongban.kernel.modes import Mode
from tongban.kernel.types import Channel, System, Text

ROOT = Path(__file__).resolve().parents[2]
ALERTS = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text())["groups"][0]["rules"]
PANELS = json.loads((ROOT / "deploy/grafana/tongban.json").read_text())["panels"]
ASKED = [*(rule["expr"] for rule in ALERTS), *(target["expr"] for panel in PANELS for target in panel["targets"])]
LABELS = {"route", "rank", "status", "outcome", "code", "follower", "queue", "login", "mode", "le", "kind",
          "directive", "place"}


@pytest.fixture
def scraped(db):
    """All figures after one of everything."""
    person = journeys.with_firm(journeys.citizen())
    number = journeys.submitted(person, "food-operation-gaoling")
    client().get("/verify/")
    signed_in(open_session(account=person.account, channel=Channel.WEB)).get(f"/cases/{number}/")
    signed_in(open_session(account=person.account, channel=Channel.WEB)).get("/desk/")
    client().get("/nowhere/")
    metrics.admission(Rank.BROWSE, "refused", 0.0)
    metrics.admission(Rank.VERIFY, "admitted", 0.01)
    metrics.kept("kept")
    metrics.UPLOADS.labels("not_a_file").inc()

    def scrape():
        text = generate_latest(metrics.registry()).decode()
        return text, [sample for family in text_string_to_metric_families(text) for sample in family.samples]

    return scrape, person, number


def value(samples, name, **labels):
    return sum(each.value for each in samples if each.name == name and labels.items() <= each.labels.items())


def test_each_figure_that_is_asked_for_exists_with_its_labels(scraped):
    _, samples = scraped[0]()
    known = {}
    for each in samples:
        known.setdefault(each.name, set()).update(each.labels)
    for expression in ASKED:
        names = re.findall(r"tongban_\w+", expression)
        assert names and set(names) <= set(known), expression
        for name, chosen in re.findall(r"(tongban_\w+)\{([^}]*)\}", expression):
            assert set(re.findall(r"(\w+)=", chosen)) <= known[name], expression
        for words in re.findall(r"by \(([^)]*)\)", expression):
            labels = set().union(*(known[name] for name in names))
            assert {each.strip() for each in words.split(",")} <= labels, expression


@requirement("IDN-15")
def test_how_many_people_there_are_is_told_as_numbers_once_a_day_is_over(scraped):
    count_people(System(name="test"))
    _, samples = scraped[0]()
    last = days(limit=1)[0]
    assert value(samples, "tongban_people", kind="registered") == last.registered > 0
    assert value(samples, "tongban_people", kind="real_name") == last.real_name
    assert value(samples, "tongban_people", kind="peak_visits") >= value(samples, "tongban_people", kind="visits") == last.visits


def test_each_alert_says_what_to_do():
    assert [rule["alert"] for rule in ALERTS if len(rule["annotations"]["action"]) < 40] == []
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS)


def test_labels_name_routes_and_kinds_and_nobody(scraped):
    scrape, _, number = scraped
    text, samples = scrape()
    ours = [each for each in samples if each.name.startswith("tongban_")]
    assert {label for each in ours for label in each.labels} <= LABELS
    assert number not in text and "/" not in "".join(
        each.labels.get("route", "") for each in ours)


def test_requests_are_counted_by_route_class_and_status(scraped):
    """The figures are those of all processes: another test may ask at the same moment, but not three times over."""
    scrape, *_ = scraped
    counted = ({"route": "portal:verify_form", "rank": "VERIFY", "status": "200"},
               {"route": "none", "rank": "BROWSE", "status": "404"})
    grown = []
    for _ in range(3):
        _, before = scrape()
        client().get("/verify/")
        client().get("/nowhere/")
        _, after = scrape()
        grown.append([value(after, "tongban_requests_total", **labels) - value(before, "tongban_requests_total", **labels)
                      for labels in counted])
    assert [1, 1] in grown


def test_followers_sequencer_and_parked_events_show_what_waits(scraped, catch_up):
    scrape, *_ = scraped
    catch_up()
    _, settled = scrape()
    assert value(settled, "tongban_follower_lag_positions") == 0
    journeys.submitted(journeys.with_firm(journeys.citizen()), "food-operation-gaoling")
    sequencing.take_turn()
    name = next(iter(sorted(each.labels["follower"] for each in settled if each.name == "tongban_parked_events")))
    database.execute("insert into kernel_parked (follower, position, subject, error) values (%s, 1, 'x', 'x')", [name])
    _, behind = scrape()
    database.execute("delete from kernel_parked where subject = 'x'")
    assert value(behind, "tongban_follower_lag_positions") > 0
    assert value(behind, "tongban_parked_events", follower=name) == 1


def test_the_mode_is_one_figure_of_three(scraped):
    scrape, *_ = scraped
    who = System(name="operator")
    modes.change(who, mode=Mode.ACCEPT_ONLY, reason=Text(zh="升级"))
    _, samples = scrape()
    modes.change(who, mode=Mode.NORMAL)
    shown = {each.labels["mode"]: each.value for each in samples if each.name == "tongban_mode"}
    assert shown == {"NORMAL": 0, "READ_ONLY": 0, "ACCEPT_ONLY": 1}


def test_figures_are_served_to_this_machine_alone(db):
    server = metrics.serve(0)
    host, port = server.server_address[:2]
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert b"tongban_mode" in answer.read()
    finally:
        server.shutdown()
        server.server_close()
    assert host == "127.0.0.1"
    assert client().get("/metrics").status_code == 404 and client().get("/metrics/").status_code == 404


def test_a_database_that_is_away_leaves_the_counters(scraped, monkeypatch):
    def away(*_):
        raise OperationalError

    monkeypatch.setattr(metrics.database, "rows", away)
    text, _ = scraped[0]()
    assert "tongban_requests_total" in text and "tongban_mode" not in text


def test_a_taken_port_stops_no_work(db):
    first = metrics.serve(0)
    try:
        assert metrics.serve(first.server_address[1]) is None
    finally:
        first.shutdown()
        first.server_close()
