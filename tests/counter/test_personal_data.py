"""At the desk and in oversight personal data is covered until somebody says why they need it, and few read of many."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError
from django.test import Client
from django.urls import reverse

from tests import journeys
from tests.conftest import MONDAY
from tests.counter import given
from tests.requirements import requirement
from tongban.cases import actions as cases
from tongban.catalogue import queries as catalogue
from tongban.forms.types import FieldKind
from tongban.identity import actions as identity
from tongban.identity.errors import TooManyRead
from tongban.identity.events import ManyRead
from tongban.identity.types import Post, Role
from tongban.kernel import clock, database, disclosures, events
from tongban.kernel.types import Channel, System
from tongban.supervision import actions as supervising
from tongban.supervision import queries as supervision
from tongban.supervision.errors import OwnExplanation
from tongban.supervision.types import Rule

ITEM = given.PLAIN
NAME, PHONE, HOME = "欧阳金雀", "19912349876", "示例路八十八号院三单元"
PAGES = ("case", "applicant", "accept", "corrections", "decline", "examine", "decide", "send_back", "suspend", "resume", "extend")
LISTS = ("/desk/", "/desk/search/?q=" + NAME, "/desk/?shared=1", "/desk/signals/", "/desk/rectifications/", "/oversight/",
         "/oversight/cases/", "/oversight/cases/?show=state-submitted", "/oversight/signals/", "/oversight/reviews/",
         "/oversight/rectifications/", "/oversight/promises/")


def planted():
    """A case whose answers hold a name, a number, a telephone and a home wherever the form asks for one."""
    person, number = journeys.citizen(NAME), journeys.new_id_number()
    guide = catalogue.guide(catalogue.code_of(ITEM))
    form = catalogue.form(guide.form_code, guide.form_version)
    plain = journeys.sample_answers(guide)
    marks = {FieldKind.ID_NUMBER: number, FieldKind.PHONE: PHONE}
    wanted = {name: marks[field.kind] for name, field in form.fields.items() if name in plain and field.kind in marks}
    wanted |= {name: NAME for name, field in form.fields.items() if name in plain and field.prefill == "person.name"}
    wanted |= {name: HOME for name, field in form.fields.items() if name in plain and field.prefill == "person.address"}
    assert wanted, "the form asks for nothing personal"
    return journeys.submitted(person, ITEM, answers=wanted), person, {*wanted.values(), NAME, PHONE}


@requirement("SEC-08")
def test_no_page_of_staff_shows_personal_data_before_a_reason_is_given(db, catch_up):
    case, _person, marks = planted()
    officer = given.officer(journeys.authority_of(ITEM), *Role)
    journeys.act(officer.actor, cases.accept_case, number=case)
    catch_up()
    paths = [*LISTS, *(reverse(f"counter:{page}", args=[case]) for page in PAGES), reverse("oversight:case", args=[case])]
    for path in paths:
        body = officer.browser.get(path).content.decode()
        assert [mark for mark in marks if mark in body and mark not in path] == [], path
    shown = officer.browser.post(reverse("counter:applicant", args=[case]), {"reason": "contact"}).content.decode()
    assert [mark for mark in marks - {NAME, PHONE} if mark not in shown] == []


@requirement("SEC-04")
def test_what_the_person_is_told_is_what_the_record_holds(db, house, catch_up):
    case, person, _marks = planted()
    officer = given.officer(journeys.authority_of(ITEM), *Role)
    officer.browser.get(reverse("counter:case", args=[case]))
    officer.browser.post(reverse("counter:applicant", args=[case]), {"reason": "contact"})
    officer.browser.get(reverse("oversight:case", args=[case]))
    reads = database.rows("select at, actor, role, reason, fields::text, subject from kernel_disclosure where party = %s "
                          "order by at desc, id desc", [person.party])
    assert len(reads) == 3
    with journeys.as_actor(person):
        told = disclosures.of_party(person.party, limit=1000)
    assert sorted((each.at, each.actor, each.role, each.reason, each.subject) for each in told) == sorted(
        (at, actor, role, reason, subject) for at, actor, role, reason, _fields, subject in reads)
    assert sorted(json.dumps(list(each.fields)) for each in told) == sorted(json.dumps(json.loads(read[4])) for read in reads)
    assert {read[5] for read in reads} == {case}


@requirement("SEC-04")
def test_the_pages_of_the_person_hold_every_read(db):
    person = journeys.citizen()
    database.execute("insert into kernel_disclosure (at, party, actor, role, reason, fields, subject) select kernel_now() - "
                     "n * interval '1 hour', %s, 'account:1', 'REVIEWER', 'mark ' || n || '.', '[]', 'x' "
                     "from generate_series(1, 60) n", [person.party])
    browser = Client(SERVER_NAME="localhost")
    browser.cookies[settings.SESSION_COOKIE_NAME] = identity.open_session(account=person.account, channel=Channel.WEB)
    first = browser.get("/me/disclosures/").content.decode()
    older = re.search(r'href="([?]before=[0-9]+)" rel="next"', first)
    second = browser.get("/me/disclosures/" + older[1]).content.decode()
    told = [re.findall(r"mark ([0-9]+)[.]", body) for body in (first, second)]
    assert [len(each) for each in told] == [50, 10]
    assert set(told[0]) | set(told[1]) == {str(number) for number in range(1, 61)}
    assert 'rel="next"' not in second


def read_of(officer, count, *, minutes=0):
    """So many people of whom the officer read so long ago (worker login)."""
    database.execute("insert into kernel_disclosure (at, party, actor, role, reason, fields, subject) select kernel_now() - "
                     "%s * interval '1 minute', -n - %s * 1000, %s, 'REVIEWER', 'case', '[]', 'x' from generate_series(1, %s) n",
                     [minutes, minutes, officer.actor.actor_id, count])


@requirement("SEC-06")
def test_many_people_in_few_minutes_raise_a_signal_once(db, catch_up):
    officer, case = given.reviewer(ITEM), given.received(ITEM)
    read_of(officer, 60, minutes=11)
    read_of(officer, 28)
    officer.get(reverse("counter:case", args=[given.received(ITEM)]))
    catch_up()
    assert supervision.signals_of_case(case) == []
    before = len(events.of_subject(f"account:{officer.actor.account}"))
    officer.get(reverse("counter:case", args=[case]))
    officer.post(reverse("counter:applicant", args=[case]), reason="contact")
    (said,) = events.of_subject(f"account:{officer.actor.account}")[before:]
    assert (said.name, said.payload["subjects"], said.payload["minutes"]) == ("ManyRead", 30, 10)
    catch_up()
    (signal,) = supervision.signals_of_case(case)
    assert signal.rule is Rule.MANY_READ


@requirement("SEC-06")
def test_pages_asked_for_at_one_moment_do_not_jump_over_the_alarm(db):
    officer, case = given.reviewer(ITEM), given.received(ITEM)
    read_of(officer, 33)
    before = len(events.of_subject(f"account:{officer.actor.account}"))
    for number in (case, given.received(ITEM)):
        officer.get(reverse("counter:case", args=[number]))
    assert [each.name for each in events.of_subject(f"account:{officer.actor.account}")[before:]] == ["ManyRead"]


def test_a_second_alarm_at_the_same_case_is_a_second_signal_and_who_read_judges_none(db, catch_up, at):
    officer, case = given.reviewer(ITEM), given.received(ITEM)
    reader, place = officer.actor, officer.actor.posts[0].authority
    for day in (0, 1):
        at(MONDAY + timedelta(days=day))
        events.record(reader, ManyRead(account=reader.account, case_number=case, subjects=30, minutes=10),
                      subject=f"account:{reader.account}", authority=place)
        catch_up()
    first, _second = supervision.signals_of_case(case)
    identity.give_post(journeys.TESTER, account=reader.account, authority=place, role=Role.SUPERVISOR, valid_from=clock.today())
    both = replace(reader, posts=(*reader.posts, Post(authority=place, role=Role.SUPERVISOR)))
    journeys.act(journeys.officer(place, Role.DECIDER), supervising.explain_signal, number=first.number, explanation="有关联的办件。")
    with pytest.raises(OwnExplanation):
        journeys.act(both, supervising.cancel_signal, number=first.number, reason="说明成立，予以取消。")


@requirement("SEC-06")
def test_beyond_the_measure_of_a_day_nobody_new_is_read_of(db, at):
    officer, known, new = given.reviewer(ITEM), given.received(ITEM), given.received(ITEM)
    read_of(officer, 199)
    assert officer.get(reverse("counter:case", args=[known])).status == 200
    page = officer.get(reverse("counter:case", args=[new]))
    assert (page.status, page.says("200")) == (429, True)
    assert given.reads_of(new) == []
    assert officer.post(reverse("counter:applicant", args=[known]), reason="contact").status == 200
    assert officer.get(reverse("counter:queue")).status == 200
    with pytest.raises(TooManyRead):
        journeys.act(officer.actor, identity.read_subject, party=-99_999, fields=("name",), reason="case", subject=new)
    at(MONDAY + timedelta(days=1))
    given.sign_in_again(officer)
    assert officer.get(reverse("counter:case", args=[new])).status == 200


def test_the_count_of_reads_is_all_an_officer_may_ask_of_them(db):
    officer = given.reviewer(ITEM)
    read_of(officer, 3)
    with journeys.as_actor(officer.actor):
        assert database.row("select today, lately, known from kernel_subjects_read(%s, 1, '10 minutes')",
                            [officer.actor.actor_id]) == (3, 3, False)
        with pytest.raises(DatabaseError), database.atomic():
            database.rows("select * from kernel_disclosure")


@requirement("SEC-06")
def test_no_read_is_noted_without_the_matter_it_was_for_and_a_purpose(db):
    reader = System(name="tester")
    person = journeys.citizen()
    for reason, subject in (("", "case"), ("accept", "")):
        with pytest.raises(IntegrityError, match="kernel_disclosure_purpose"), database.atomic():
            disclosures.disclose(reader, party=person.party, fields=("phone",), reason=reason, subject=subject)
    assert disclosures.of_party(person.party) == []


@requirement("SEC-06")
def test_opening_a_case_notes_its_number_and_the_step_it_was_opened_for(db, catch_up):
    case, person, _marks = planted()
    catch_up()
    officer = given.officer(journeys.authority_of(ITEM), Role.RECEPTIONIST)
    assert officer.browser.get(reverse("counter:case", args=[case])).status_code == 200
    (read,) = disclosures.of_party(person.party)
    assert (read.subject, read.reason, read.role) == (case, "accept", "RECEPTIONIST")
