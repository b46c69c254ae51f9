"""Publishing: versions, refusals, what never changes, what takes effect when."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import msgspec
import pytest
from django.db import IntegrityError, ProgrammingError

from tests.catalogue.given import DATA, EDITOR, LICENCE_TYPES, form, guide, item, limit, own_item, publish, text
from tests.requirements import requirement
from tongban.calendars.types import SHANGHAI
from tongban.catalogue import actions, queries
from tongban.catalogue.errors import FormUnknown, ItemAlreadyCancelled, ItemNotPublishable, ItemUnknown, ProcessUnknown
from tongban.catalogue.rules import code_of
from tongban.catalogue.tasks import bring_into_force
from tongban.catalogue.types import Status
from tongban.forms.errors import FormNotClosed
from tongban.kernel import database, events
from tongban.workflows.errors import NotWellFormed


def happened(subject):
    return [(event.name, event.payload) for event in events.of_subject(subject)]


def count(table):
    return database.row(f"select count(*) from {table}")[0]


@requirement("CAT-43")
def test_a_change_is_a_next_version_and_the_same_again_is_none(db):
    definition = own_item()
    code = code_of(definition)
    assert publish(definition) == 1
    assert publish(definition) == 1
    changed = msgspec.structs.replace(definition, promised_limit=limit(5))
    assert publish(changed) == 2
    assert publish(changed) == 2
    assert publish(definition) == 3
    assert happened(f"item:{code}") == [("ItemPublished", {"code": code, "version": number}) for number in (1, 2, 3)]


@requirement("CAT-43")
def test_a_version_stays_what_it_was_when_the_next_is_published(db):
    definition = own_item()
    publish(definition)
    before = queries.guide(code_of(definition), 1)
    publish(msgspec.structs.replace(definition, promised_limit=limit(5)))
    queries._guide.cache_clear()
    assert queries.guide(code_of(definition), 1) == before
    assert queries.guide(code_of(definition)).version == 2
    assert queries.guide(code_of(definition)).promised_limit == limit(5)


@requirement("CAT-43")
@pytest.mark.parametrize("act", [
    "update catalogue_version set definition = '{}'", "update catalogue_version set effective_from = '2020-01-01'",
    "delete from catalogue_version", "truncate catalogue_version cascade", "update catalogue_form set definition = ''",
    "delete from catalogue_form", "update catalogue_process set xml = ''", "delete from catalogue_process",
])
@pytest.mark.parametrize("login", ["public", "citizen", "officer", "worker", "owner"])
def test_no_login_may_change_what_is_published(db, login, act):
    with database.serving(login), pytest.raises(ProgrammingError):
        database.execute(act)


@requirement("CAT-06")
@pytest.mark.parametrize("act", [
    "update catalogue_item set code = '1' || substr(code, 2, 29) || '9'", "update catalogue_item set basic_code = '1'",
    "delete from catalogue_item", "update catalogue_item set status = '1' where status = '3'",
])
@pytest.mark.parametrize("login", ["worker", "owner"])
def test_no_login_may_change_or_free_a_code(db, login, act):
    definition = own_item()
    publish(definition)
    actions.cancel_item(EDITOR, code=code_of(definition))
    with database.serving(login), pytest.raises(ProgrammingError):
        database.execute(act)


@requirement("CAT-06", "CAT-17")
def test_a_cancelled_item_keeps_its_code_and_another_continues_it_under_its_name(db):
    old = own_item()
    publish(old)
    code = code_of(old)
    actions.cancel_item(EDITOR, code=code)
    assert queries.status(code) is Status.CANCELLED
    assert happened(f"item:{code}")[-1] == ("ItemCancelled", {"code": code})
    with pytest.raises(ItemAlreadyCancelled):
        publish(msgspec.structs.replace(old, promised_limit=limit(3)))
    with pytest.raises(ItemAlreadyCancelled):
        actions.resume_item(EDITOR, code=code)
    new = own_item(slug=old.slug)
    publish(new, replaces=code)
    assert queries.code_of(old.slug) == code_of(new)
    linked = database.row("select o.code from catalogue_item n join catalogue_item o on o.id = n.replaces_id "
                          "where n.code = %s", [code_of(new)])
    assert linked == (code,)


@requirement("CAT-17", "CAT-44")
def test_no_applications_are_taken_for_an_item_that_is_suspended(db):
    definition = own_item()
    publish(definition)
    code = code_of(definition)
    assert queries.guide(code).is_open
    actions.suspend_item(EDITOR, code=code)
    actions.suspend_item(EDITOR, code=code)
    assert not queries.guide(code).is_open
    assert not queries.guide(code, 1).is_open
    assert code not in queries.items_by_code([code])
    actions.resume_item(EDITOR, code=code)
    assert queries.guide(code, 1).is_open
    assert [name for name, _ in happened(f"item:{code}")] == ["ItemPublished", "ItemSuspended", "ItemResumed"]


@requirement("CAT-44")
def test_what_is_not_on_the_list_has_no_guide(db):
    unpublished = code_of(own_item())
    for ask in (queries.guide, queries.status, lambda code: queries.guide(code, 1),
                lambda code: actions.suspend_item(EDITOR, code=code)):
        with pytest.raises(ItemUnknown):
            ask(unpublished)


@requirement("CAT-44")
def test_a_version_takes_effect_on_its_day_and_not_before(db, at):
    definition = own_item(effective_from=date(2026, 3, 5))
    code = code_of(definition)
    assert publish(definition) == 1
    assert happened(f"item:{code}") == [
        ("ItemScheduled", {"code": code, "version": 1, "effective_from": "2026-03-05"})]
    with pytest.raises(ItemUnknown):
        queries.guide(code)
    at(datetime(2026, 3, 4, 23, 59, tzinfo=SHANGHAI))
    assert bring_into_force() == 0
    at(datetime(2026, 3, 5, 0, 0, tzinfo=SHANGHAI))
    assert bring_into_force() == 1
    assert bring_into_force() == 0
    assert queries.guide(code).version == 1
    assert happened(f"item:{code}")[1:] == [("ItemPublished", {"code": code, "version": 1})]


def test_a_later_version_leaves_the_one_in_force_until_its_day_even_after_downtime(db, at):
    definition = own_item()
    code = code_of(definition)
    publish(definition)
    publish(msgspec.structs.replace(definition, promised_limit=limit(5), effective_from=date(2026, 4, 1)))
    assert queries.guide(code).version == 1
    at(datetime(2026, 4, 9, 8, 0, tzinfo=SHANGHAI))
    assert bring_into_force() == 1
    assert queries.guide(code).version == 2
    assert events.of_subject(f"item:{code}")[-1].effective_on == date(2026, 4, 1)
    assert queries.items_by_code([code])[code].promised_limit == limit(5)


def test_a_version_that_cannot_come_into_force_holds_up_no_other(db, at):
    one, other, later = own_item(), own_item(), {"effective_from": date(2026, 4, 2)}
    for definition in (one, other):
        publish(definition)
    publish(msgspec.structs.replace(one, slug=f"{one.slug}-new", **later))
    publish(msgspec.structs.replace(other, promised_limit=limit(5), **later))
    rename = "update catalogue_item set slug = %s where code = %s"
    database.execute(rename, [f"{one.slug}-new", code_of(other)])
    at(datetime(2026, 4, 2, 8, 0, tzinfo=SHANGHAI))
    assert bring_into_force() == 1
    assert (queries.guide(code_of(one)).version, queries.guide(code_of(other)).version) == (1, 2)
    assert bring_into_force() == 1
    assert queries.guide(code_of(one)).slug == f"{one.slug}-new"


def test_a_name_in_addresses_that_a_coming_version_will_take_is_taken(db):
    coming = own_item()
    publish(coming)
    renamed = msgspec.structs.replace(coming, slug=f"{coming.slug}-coming", effective_from=date(2026, 4, 1))
    assert publish(renamed) == 2
    with pytest.raises(ItemNotPublishable) as refused:
        publish(own_item(slug=renamed.slug))
    assert [problem.code for problem in refused.value.problems] == ["slug_taken"]
    assert publish(msgspec.structs.replace(renamed, promised_limit=limit(5))) == 3


def test_all_problems_are_told_at_once_and_nothing_is_written(db):
    before = [count(table) for table in ("catalogue_item", "catalogue_version", "kernel_event")]
    broken = own_item(promised_limit=limit(99), complaint_phone="12345", form="no-such-form", process="no-such-process",
                      life_stage="leisure")
    with pytest.raises(ItemNotPublishable) as refused:
        publish(broken)
    assert {problem.code for problem in refused.value.problems} == {
        "promise_beyond_law", "phone_without_area_code", "form_unknown", "process_unknown", "theme_unknown"}
    assert [count(table) for table in ("catalogue_item", "catalogue_version", "kernel_event")] == before


def test_an_authority_that_is_not_known_and_a_name_that_is_taken_are_refused(db):
    with pytest.raises(ItemNotPublishable) as refused:
        publish(own_item(authority="11110000000000123X"))
    assert "authority_unknown" in {problem.code for problem in refused.value.problems}
    first = own_item()
    publish(first)
    with pytest.raises(ItemNotPublishable) as refused:
        publish(own_item(slug=first.slug))
    assert [problem.code for problem in refused.value.problems] == ["slug_taken"]


@requirement("CAT-43")
def test_an_item_keeps_the_form_and_process_it_was_published_with(db):
    definition = own_item(form="own-form", result=msgspec.structs.replace(item().result, field_map={}))
    assert actions.publish_form(EDITOR, definition=form("own-form")) == 1
    publish(definition)
    assert actions.publish_form(EDITOR, definition=form("own-form", label="店铺名称")) == 2
    pinned = queries.guide(code_of(definition))
    assert (pinned.form_code, pinned.form_version, pinned.version) == ("own-form", 1, 1)
    assert queries.form(pinned.form_code, pinned.form_version).fields["premises_name"].label.zh == "店名"
    assert publish(definition) == 2
    assert queries.guide(code_of(definition)).form_version == 2
    assert queries.guide(code_of(definition), 1).form_version == 1


def test_a_form_keeps_the_order_it_was_written_in_and_says_its_version(db):
    actions.publish_form(EDITOR, definition=form("ordered-form"))
    assert actions.publish_form(EDITOR, definition=form("ordered-form", "二")) == 2
    assert queries.form_definition("ordered-form", 2) == msgspec.structs.replace(form("ordered-form", "二"), version=2)
    assert happened("form:ordered-form") == [("FormPublished", {"form": "ordered-form", "version": number})
                                             for number in (1, 2)]
    written = queries.form_definition("food-operation", 1)
    assert list(written.schema["properties"]) == list(written.fields)


def test_a_process_is_read_before_it_is_published_and_kept_as_drawn(db):
    drawn = (DATA / "processes" / "standard.bpmn").read_bytes()
    assert actions.publish_process(EDITOR, code="own-process", xml=drawn) == 1
    assert actions.publish_process(EDITOR, code="own-process", xml=drawn) == 1
    assert actions.publish_process(EDITOR, code="own-process", xml=drawn + b"\n") == 2
    assert queries.process_xml("own-process", 1).encode() == drawn
    assert queries.process("own-process", 1).name.zh == "一般程序"
    assert happened("process:own-process")[0] == ("ProcessPublished", {"process": "own-process", "version": 1})
    with pytest.raises(NotWellFormed):
        actions.publish_process(EDITOR, code="broken", xml=b"<definitions")
    with pytest.raises(ProcessUnknown):
        queries.process("broken", 1)


def test_a_form_that_cannot_be_asked_is_refused(db):
    open_ended = form("open-form")
    with pytest.raises(FormNotClosed):
        actions.publish_form(EDITOR, definition=msgspec.structs.replace(open_ended, schema={"type": "object"}))
    with pytest.raises(FormUnknown):
        queries.form("open-form", 1)


def test_only_the_worker_publishes(db):
    for login in ("public", "citizen", "officer", "auditor"):
        with database.serving(login), pytest.raises(ProgrammingError):
            publish(own_item())


def test_a_version_number_is_given_once(db):
    definition = own_item()
    publish(definition)
    with pytest.raises(IntegrityError):
        database.execute("insert into catalogue_version (item_id, version, definition, digest, form_id, process_id, "
                         "effective_from, published_at) select item_id, version, definition, digest, form_id, "
                         "process_id, effective_from, published_at from catalogue_version order by id desc limit 1")


@requirement("GUI-01")
def test_a_guide_is_made_of_the_item_and_of_nothing_else(db):
    definition = own_item()
    publish(definition)
    for login in ("public", "citizen", "officer"):
        with database.serving(login):
            queries._guide.cache_clear()
            found = queries.guide(code_of(definition))
        assert {each: getattr(found, each) for each in definition.__struct_fields__} == {
            each: getattr(definition, each) for each in definition.__struct_fields__}
        assert found.authority_name == text("西安市高陵区市场监督管理局",
                                            "Gaoling District Administration for Market Regulation, Xi'an")
        assert found.region_name.zh == "高陵区"
        assert found.published_at - datetime(2026, 3, 2, 10, tzinfo=SHANGHAI) == timedelta(0)


def test_what_would_be_published_in_tests_is_what_the_library_knows():
    assert guide().result.licence_type in LICENCE_TYPES


@requirement("CAT-43")
def test_two_who_publish_at_once_make_two_versions(db):
    definition = own_item()
    publish(definition)
    changed = [msgspec.structs.replace(definition, promised_limit=limit(days)) for days in (3, 4, 5, 6)]

    def work(each):
        with database.serving("worker"):
            try:
                return publish(each)
            finally:
                database.connection().close()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(work, changed)) == [2, 3, 4, 5]
