"""Seals: the moves of their life, when they may stamp, how a stamp is checked, and what they look like."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.requirements import requirement
from tongban.seals import rules
from tongban.seals.errors import SealMoveNotAllowed, SealNameNotDrawable, SealNotUsable
from tongban.seals.types import (
    Certificate,
    Outcome,
    Seal,
    SealId,
    SealKind,
    SealState,
    StampEvidence,
    StampRecord,
    VerificationStep,
)

NOW = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
KEY = Certificate(key_id="sm2-0001", valid_from=NOW - YEAR, valid_to=NOW + YEAR)
SEAL = Seal(
    id=SealId("seal-1"),
    version=1,
    kind=SealKind.UNIT,
    name="临江市市场监督管理局",
    owner_uscc="11511301008778183N",
    maker="sample maker",
    made_on=date(2025, 1, 1),
    issued_on=date(2025, 1, 2),
    valid_from=NOW - YEAR,
    valid_to=NOW + YEAR,
    picture="<svg/>",
    certificates=(KEY,),
    state=SealState.ACTIVE,
)
EVIDENCE = StampEvidence(well_formed=True, signature_holds=True, document_hash="ab12")


def stamped(seal: Seal = SEAL, *, case_number: str = "C1", document_hash: str = "ab12") -> StampRecord:
    return rules.stamp(
        seal,
        signer="officer-7",
        at=NOW,
        document_hash=document_hash,
        algorithm="SM2-with-SM3",
        key_id="sm2-0001",
        case_number=case_number,
    )


@requirement("SEAL-03")
def test_a_seal_moves_along_its_life_and_nowhere_else() -> None:
    words = "applied>approved approved>made made>active active>frozen frozen>active"
    ends = "active>cancelled active>lost frozen>cancelled frozen>lost"
    allowed = {tuple(map(SealState, pair.split(">"))) for pair in (words + " " + ends).split()}
    for state, target in product(SealState, SealState):
        assert rules.may_move(state, target) == ((state, target) in allowed)
        if (state, target) in allowed:
            assert rules.next_state(state, target) is target
        else:
            with pytest.raises(SealMoveNotAllowed):
                rules.next_state(state, target)


@requirement("SEAL-03")
@pytest.mark.parametrize("state", sorted(set(SealState) - {SealState.ACTIVE}))
def test_only_an_active_seal_stamps(state: SealState) -> None:
    with pytest.raises(SealNotUsable) as refused:
        stamped(replace(SEAL, state=state))
    assert [problem.code for problem in refused.value.facts["problems"]] == ["seal_not_active"]  # type: ignore[attr-defined]


@requirement("SEAL-03")
@pytest.mark.parametrize(
    ("certificate", "code"),
    [
        (replace(KEY, key_id="other"), "certificate_not_listed"),
        (replace(KEY, valid_to=NOW), "certificate_not_valid"),
        (replace(KEY, valid_from=NOW + YEAR), "certificate_not_valid"),
        (replace(KEY, revoked_at=NOW), "certificate_not_valid"),
    ],
)
def test_a_seal_stamps_with_a_valid_certificate_of_its_own_only(certificate: Certificate, code: str) -> None:
    problems = rules.check_stamping(replace(SEAL, certificates=(certificate,)), "sm2-0001", NOW)
    assert [problem.code for problem in problems] == [code]


def test_a_seal_out_of_its_period_does_not_stamp() -> None:
    problems = rules.check_stamping(replace(SEAL, valid_to=NOW), "sm2-0001", NOW)
    assert [problem.code for problem in problems] == ["seal_out_of_period"]


@requirement("SEAL-04")
def test_a_stamping_is_recorded_with_document_case_seal_and_signer() -> None:
    record = stamped()
    assert (record.document_hash, record.case_number, record.seal_id) == ("ab12", "C1", "seal-1")
    assert (record.signer, record.stamped_at, record.algorithm, record.page) == ("officer-7", NOW, "SM2-with-SM3", 1)


@pytest.mark.parametrize(("case_number", "document_hash"), [("", "ab12"), ("C1", "")])
def test_nothing_is_stamped_without_its_case_or_document(case_number: str, document_hash: str) -> None:
    with pytest.raises(SealNotUsable):
        stamped(case_number=case_number, document_hash=document_hash)


def test_a_unit_seal_is_activated_by_two_different_people() -> None:
    assert rules.check_activation(SealKind.UNIT, frozenset({"a", "b"})) == ()
    assert [p.facts["needed"] for p in rules.check_activation(SealKind.UNIT, frozenset({"a"}))] == [2]
    assert rules.check_activation(SealKind.PERSON_NAME, frozenset({"a"})) == ()
    assert rules.check_activation(SealKind.PERSON_NAME, frozenset())


@requirement("SEAL-06")
def test_a_stamp_is_checked_in_order_and_stops_at_the_first_failure() -> None:
    bad_key = replace(SEAL, certificates=(replace(KEY, revoked_at=NOW - YEAR),))
    cases = [
        (SEAL, replace(EVIDENCE, well_formed=False)),
        (SEAL, replace(EVIDENCE, signature_holds=False)),
        (bad_key, EVIDENCE),
        (replace(SEAL, version=2), EVIDENCE),
        (replace(SEAL, certificates=()), EVIDENCE),
        (SEAL, replace(EVIDENCE, document_hash="ffff")),
    ]
    record = stamped()
    assert set(rules.verify_stamp(record, SEAL, EVIDENCE).values()) == {Outcome.HOLDS}
    for n, (seal, evidence) in enumerate(cases):
        outcomes = rules.verify_stamp(record, seal, evidence)
        assert list(outcomes) == list(VerificationStep)
        rest = [Outcome.NOT_REACHED] * (len(outcomes) - n - 1)
        assert list(outcomes.values()) == [Outcome.HOLDS] * n + [Outcome.FAILS] + rest


def test_what_a_seal_sealed_before_it_was_cancelled_still_holds() -> None:
    later = replace(SEAL, state=SealState.CANCELLED, certificates=(replace(KEY, revoked_at=NOW + timedelta(days=1)),))
    assert set(rules.verify_stamp(stamped(), later, EVIDENCE).values()) == {Outcome.HOLDS}


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=2, max_size=30))
def test_a_seal_picture_is_well_formed_and_carries_the_whole_name_and_the_word_sample(name: str) -> None:
    picture = ET.fromstring(rules.seal_picture(name, purpose="行政审批专用章"))
    words = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert words == [*name, "样章 SAMPLE", "行政审批专用章"]


@pytest.mark.parametrize("length", range(2, 31))
def test_the_characters_of_a_seal_stay_inside_the_ring_and_do_not_touch(length: int) -> None:
    size, step = rules._arc_measure(length)
    assert step * (length - 1) <= 260
    assert rules._ARC_RADIUS + size < rules._RADIUS
    assert size <= rules._ARC_RADIUS * step * 3.1416 / 180 + 1


@pytest.mark.parametrize("name", ["", "局", "局" * 31])
def test_a_name_that_does_not_fit_on_a_seal_is_refused(name: str) -> None:
    with pytest.raises(SealNameNotDrawable):
        rules.seal_picture(name)
