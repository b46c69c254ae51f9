"""From order to issued: numbered, rendered, signed, sealed, published, and never twice."""

import hashlib
import io
import threading
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pikepdf
import pytest
from django.db import IntegrityError, connections
from hypothesis import given as each_of
from hypothesis import strategies as st
from lxml import etree

from tests.licences.conftest import TESTER
from tests.requirements import requirement
from tongban.calendars.rules import last_day_of_term
from tongban.documents import access as files
from tongban.documents import queries as documents
from tongban.kernel import codes, database, events, jobs
from tongban.kernel.types import Text
from tongban.licences import actions, followers, queries, rules, tasks
from tongban.licences.actions import issuing
from tongban.licences.errors import (
    LicenceAlreadyHeld,
    LicenceFieldUnknown,
    LicenceHolderNotAllowed,
    LicenceTypeUnknown,
)
from tongban.licences.types import HolderKind, LicenceState, TrustLevel
from tongban.seals import queries as seals
from tongban.seals.errors import SealMissing

REGISTERED = (followers, tasks)


@requirement("LIC-03", "LIC-09", "SEAL-04")
def test_an_issued_licence_has_identifier_pdf_stamp_public_row_and_event(issued, given):
    licence = issued(case_number="CASE-WHOLE")
    assert licence.state is LicenceState.ISSUED
    assert licence.trust is TrustLevel.A
    parts = codes.parse_licence_identifier(licence.identifier)
    assert (parts.type_code, parts.issuer, parts.version) == (licence.type_code, licence.issuer_uscc, 1)
    kept = documents.document(licence.document)
    content = files.content(licence.document)
    assert len(pikepdf.open(io.BytesIO(content)).pages) == kept.pages == 1
    answer = queries.verifiable(licence.code)
    assert answer.shown.pdf_sha256 == kept.sha256 == hashlib.sha256(content).hexdigest()
    stamp, = seals.stamps_of(kept.sha256)
    assert (stamp.case_number, stamp.document_hash) == ("CASE-WHOLE", kept.sha256)
    happened = [each.happened for each in events.of_subject(f"licence:{licence.code}") if each.name == "LicenceIssued"]
    assert [(each.case_number, each.identifier) for each in happened] == [("CASE-WHOLE", licence.identifier)]


@requirement("LIC-11")
def test_a_followed_order_queues_the_job_that_issues_on_the_same_day(order, catch_up, given):
    code = order(case_number="CASE-FOLLOWED")
    assert queries.licence(code).state is LicenceState.DRAFT
    catch_up()
    queued = database.rows("select args ->> 'code' from procrastinate_jobs where task_name = 'licences.issue'")
    assert [each for (each,) in queued].count(code) == 1
    tasks.issue(code)
    licence = queries.licence(code)
    assert (licence.state, licence.issued_on) == (LicenceState.ISSUED, date(2026, 3, 2))
    assert licence.valid_to == date(2031, 3, 1)


def test_a_case_orders_its_licence_once(order, publish, given):
    kind = publish()
    first = order(type_code=kind, case_number="CASE-ONCE")
    assert order(type_code=kind, case_number="CASE-ONCE") == first
    ordered = [each for each in events.of_subject(f"licence:{first}") if each.name == "LicenceOrdered"]
    assert len(ordered) == 1


def test_the_running_number_has_no_gap(order, publish, given):
    kind = publish()
    for n in range(4):
        order(type_code=kind, case_number=f"CASE-GAP-{n}")
        order(type_code=kind, case_number=f"CASE-GAP-{n}")
    held = [queries.licence(code) for (code,) in database.rows(
        "select code from licences_licence where type_code = %s order by id", [kind])]
    assert [int(each.number[-6:]) for each in held] == [1, 2, 3, 4]
    assert {codes.parse_licence_identifier(each.identifier).serial for each in held} == {each.number for each in held}


def in_eight_threads(work):
    """Run the same work at once on eight connections; returns the results and the errors."""
    done, failed, start = [], [], threading.Barrier(8)

    def run():
        with database.serving("worker"):
            try:
                start.wait(30)
                done.append(work())
            except Exception as error:  # noqa: BLE001 - handed to the test
                failed.append(error)
            finally:
                for connection in connections.all(initialized_only=True):
                    connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return done, failed


def test_eight_threads_order_one_licence_and_use_one_number(publish, given):
    kind = publish()
    done, failed = in_eight_threads(lambda: actions.order_licence(
        TESTER, case_number="CASE-EIGHT", type_code=kind, holder=given.firm, issuer=given.authority, fields={},
        validity_years=1))
    assert failed == []
    assert len(done) == 8
    assert len(set(done)) == 1
    assert database.row("select last from licences_serial where type_code = %s", [kind]) == (1,)


def test_eight_threads_issue_one_licence_once(order, given):
    code = order(case_number="CASE-EIGHT-ISSUE")
    done, failed = in_eight_threads(lambda: actions.issue_licence(TESTER, code=code))
    assert failed == []
    assert {each.state for each in done} == {LicenceState.ISSUED}
    names = [each.name for each in events.of_subject(f"licence:{code}")]
    assert names.count("LicenceIssued") == 1
    licence = queries.licence(code)
    sha256 = documents.document(licence.document).sha256
    assert len(seals.stamps_of(sha256)) == 1
    assert database.row("select count(*) from documents_document where sha256 = %s", [sha256]) == (1,)
    assert database.row("select count(*) from licences_verifiable where code = %s", [code]) == (1,)


def test_a_worker_that_dies_between_rendering_and_commit_is_followed_by_one_that_issues_once(order, monkeypatch, given):
    code = order(case_number="CASE-CRASH")
    rendered = []
    keep_made = issuing.documents.keep_made

    def watched(*args, **wanted):
        rendered.append(keep_made(*args, **wanted))
        return rendered[-1]

    monkeypatch.setattr(issuing.documents, "keep_made", watched)
    died = RuntimeError("the power went")

    def die(*_args):
        raise died

    with monkeypatch.context() as broken:
        broken.setattr(issuing, "_signed", die)
        with pytest.raises(RuntimeError, match="the power went"):
            actions.issue_licence(TESTER, code=code)
    assert queries.licence(code).state is LicenceState.DRAFT
    assert database.row("select count(*) from licences_verifiable where code = %s", [code]) == (0,)
    licence = actions.issue_licence(TESTER, code=code)
    assert licence.state is LicenceState.ISSUED
    assert len({each.sha256 for each in rendered}) == len({each.id for each in rendered}) == 1
    actions.issue_licence(TESTER, code=code)
    assert [each.name for each in events.of_subject(f"licence:{code}")].count("LicenceIssued") == 1


def test_a_failure_in_the_last_step_leaves_neither_stamp_nor_licence(order, monkeypatch, given):
    code = order(case_number="CASE-LAST")

    def die(*_args, **_kw):
        raise RuntimeError("the power went")

    with monkeypatch.context() as broken:
        broken.setattr(issuing.events, "record", die)
        with pytest.raises(RuntimeError):
            actions.issue_licence(TESTER, code=code)
    assert queries.licence(code).state is LicenceState.DRAFT
    assert database.row("select count(*) from seals_stamp where case_number = 'CASE-LAST'") == (0,)
    assert actions.issue_licence(TESTER, code=code).state is LicenceState.ISSUED


@requirement("LIC-14", "LIC-05")
def test_a_single_licence_is_renewed_as_the_next_version_and_the_old_one_gives_way(issued, publish, given):
    kind = publish(single=True)
    first, second = issued(type_code=kind), issued(type_code=kind)
    assert (first.version, second.version) == (1, 2)
    stems = {codes.parse_licence_identifier(each.identifier).stem for each in (first, second)}
    assert len(stems) == 1
    assert queries.licence(first.code).state is LicenceState.REPLACED
    assert queries.verifiable(first.code).verdict == "REPLACED"
    assert second.state is LicenceState.ISSUED


@requirement("LIC-14")
def test_two_issuers_still_leave_one_valid_single_licence(issued, publish, given):
    kind = publish(single=True)
    first = issued(type_code=kind)
    second = issued(type_code=kind, issuer=given.other)
    assert second.version == 1
    valid = [each.code for each in queries.licences_of([given.firm]) if each.state is LicenceState.ISSUED]
    assert valid == [second.code]
    assert queries.licence(first.code).state is LicenceState.REPLACED


@requirement("LIC-14")
def test_the_database_itself_refuses_a_second_valid_single_licence(issued, publish, given):
    kind = publish(single=True)
    first = issued(type_code=kind)
    code = actions.order_licence(TESTER, case_number="CASE-BYPASS", type_code=kind, holder=given.firm,
                                 issuer=given.authority, fields={}, validity_years=1)
    with pytest.raises(IntegrityError), database.atomic():
        database.execute("update licences_licence set state = 'SIGNED', document_id = %s where code = %s",
                         [first.document, code])
        database.execute("update licences_licence set state = 'ISSUED' where code = %s", [code])


def test_a_type_that_allows_several_keeps_them_all(issued, publish, given):
    kind = publish(single=False)
    issued(type_code=kind), issued(type_code=kind)
    held = [each for each in queries.licences_of([given.firm]) if each.type_code == kind]
    assert [each.state for each in held] == [LicenceState.ISSUED] * 2
    assert len({each.identifier for each in held}) == 2


def test_versions_ordered_in_a_row_are_issued_in_their_order(order, publish, given):
    kind = publish(single=True)
    first, second, third = (order(type_code=kind) for _ in range(3))
    actions.issue_licence(TESTER, code=third)
    assert [queries.licence(code).state for code in (first, second, third)] == ["REPLACED", "REPLACED", "ISSUED"]
    assert [queries.licence(code).version for code in (first, second, third)] == [1, 2, 3]


def test_after_revocation_a_new_licence_begins_a_new_life(issued, publish, given):
    kind = publish(single=True)
    first = issued(type_code=kind)
    actions.change_state(TESTER, code=first.code, state=LicenceState.REVOKED, reason="虚假材料")
    second = issued(type_code=kind)
    assert second.version == 1
    assert codes.parse_licence_identifier(second.identifier).serial != codes.parse_licence_identifier(
        first.identifier).serial
    assert queries.licence(first.code).state is LicenceState.REVOKED


def test_without_a_seal_nothing_is_issued(order, given):
    code = order(issuer=given.other, case_number="CASE-SEALLESS")
    with database.atomic():
        database.execute("update seals_seal set state = 'frozen' where authority_id = %s", [given.other])
    try:
        with pytest.raises(SealMissing):
            actions.issue_licence(TESTER, code=code)
        assert queries.licence(code).state is LicenceState.DRAFT
    finally:
        database.execute("update seals_seal set state = 'active' where authority_id = %s", [given.other])


def test_unknown_types_fields_and_holders_are_refused_and_nothing_is_written(publish, given):
    kind = publish(holder=HolderKind.PERSON)
    before = database.row("select count(*) from licences_licence")
    wanted = {"case_number": "CASE-BAD", "holder": given.person, "issuer": given.authority, "validity_years": 1}
    with pytest.raises(LicenceTypeUnknown):
        actions.order_licence(TESTER, type_code="0" * 21, fields={}, **wanted)
    with pytest.raises(LicenceFieldUnknown):
        actions.order_licence(TESTER, type_code=kind, fields={"colour": "red"}, **wanted)
    with pytest.raises(LicenceHolderNotAllowed):
        actions.order_licence(TESTER, type_code=kind, fields={}, **(wanted | {"holder": given.firm}))
    assert database.row("select count(*) from licences_licence") == before


@requirement("LIC-01", "LIC-02")
def test_a_type_changes_only_by_a_next_version(publish, given, issued):
    kind = publish()
    old = queries.licence_type(kind)
    licence = issued(type_code=kind)
    assert actions.publish_licence_type(TESTER, definition=old.definition) == 1
    from msgspec.structs import replace

    changed = replace(old.definition, name=Text(zh="新名称", en="New name"))
    assert actions.publish_licence_type(TESTER, definition=changed) == 2
    assert queries.licence_type(kind).name.zh == "新名称"
    assert queries.licence(licence.code).type_name == old.name
    with pytest.raises(LicenceTypeUnknown):
        actions.publish_licence_type(TESTER, definition=replace(old.definition, code="1" * 21))


def test_registering_twice_enters_once_and_a_second_single_one_is_refused(publish, given):
    kind = publish(single=True)
    wanted = {"type_code": kind, "holder": given.person, "fields": {"name": "测试人员"}, "valid_from": date(2026, 1, 1)}
    code = actions.register_licence(TESTER, number="示例00001", **wanted)
    assert actions.register_licence(TESTER, number="示例00001", **wanted) == code
    with pytest.raises(LicenceAlreadyHeld):
        actions.register_licence(TESTER, number="示例00002", **wanted)
    licence = queries.licence(code)
    assert (licence.number, licence.trust, licence.state) == ("示例00001", TrustLevel.A, LicenceState.ISSUED)
    assert queries.verifiable(code).verdict == "VALID"


def test_the_register_holds_no_name_number_or_field_in_clear(issued, given):
    licence = issued(holder=given.person)
    row = database.row("select l::text from licences_licence l where code = %s", [licence.code])[0]
    for secret in (licence.holder_name, licence.holder_code, "北京市东城区示例路1号"):
        assert secret not in row
    public = database.row("select convert_from(payload, 'UTF8') from licences_verifiable where code = %s",
                          [licence.code])[0]
    assert licence.holder_name not in public
    assert licence.holder_code not in public


@requirement("LIC-06")
def test_national_metadata_uses_the_names_of_the_standard(issued, given):
    licence = issued()
    known = rules.national_metadata(licence)
    assert known["ZZBS"] == licence.identifier
    assert (known["CZZT"], known["CZZTDM"], known["CZZTDMLXDM"]) == (licence.holder_name, given.firm_code, "001")
    assert (known["ZZYXQQSRQ"], known["ZZYXQJZRQ"], known["ZZBFRQ"]) == ("2026-03-02", "2031-03-01", "2026-03-02")
    assert (known["ZZBFJGDM"], known["ZZLXDM"]) == (licence.issuer_uscc, licence.type_code)
    assert known["KZ_PREMISES"] == "北京市东城区示例路1号"


@requirement("LIC-06")
def test_the_metadata_file_is_xml_that_says_the_same_whatever_a_field_holds(issued):
    licence = issued()
    hostile = tuple(replace(each, value="<b>&\x00\u202e]]>\u4e2d\u6587") for each in licence.fields)
    for each in (licence, replace(licence, valid_to=None, fields=hostile)):
        written = rules.metadata_file(each)
        assert written.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
        read = etree.fromstring(written)
        told = {part.tag: part.text or "" for part in read}
        assert list(told) == list(rules.national_metadata(each))
        assert told["ZZBS"] == licence.identifier and told["ZZYXQQSRQ"] == "2026-03-02"
    assert told["KZ_PREMISES"] == "<b>&]]>中文" and told["ZZYXQJZRQ"] == ""


@each_of(first=st.dates(date(2000, 1, 1), date(2100, 12, 31)), years=st.integers(1, 99))
def test_a_term_of_years_ends_on_the_eve_of_its_anniversary(first, years):
    end = last_day_of_term(first, years)
    after = date.fromordinal(end.toordinal() + 1)
    if (first.month, first.day) == (2, 29) and after.day != 29:
        assert (after.year, after.month, after.day) in {(first.year + years, 3, 1), (first.year + years, 2, 29)}
    else:
        assert (after.year, after.month, after.day) == (first.year + years, first.month, first.day)


def test_a_licence_ordered_just_after_midnight_in_shanghai_carries_that_day(order, at, given):
    at(datetime(2026, 3, 3, 0, 0, 1, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert queries.licence(order()).issued_on == date(2026, 3, 3)


def test_the_job_is_known_by_its_name():
    assert "licences.issue" in jobs.app.tasks
