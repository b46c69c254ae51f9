"""Sealed fields open in their own cell only; blind indexes find equal values and join nothing."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel.crypto import fields, keys
from tongban.kernel.crypto.fields import Cell, FieldNotReadable
from tongban.kernel.crypto.keys import KeyMissing, KeyPurpose, KeyRing, SecretKey

CELL = Cell(table="people", column="id_number", row="1")
RING = KeyRing(purpose=KeyPurpose.FIELD, keys=(SecretKey(purpose=KeyPurpose.FIELD, number=1, secret=bytes(range(32))),))
INDEX = replace(RING, purpose=KeyPurpose.INDEX)


@given(st.text(max_size=100))
def test_a_sealed_field_opens_to_what_was_sealed(plain: str) -> None:
    sealed = fields.encrypt_field(RING, CELL, plain)
    assert fields.decrypt_field(RING, CELL, sealed) == plain
    assert fields.decrypt_field(RING, CELL, memoryview(sealed)) == plain
    assert len(plain) < 4 or plain.encode() not in sealed


@pytest.mark.parametrize(
    "other", [replace(CELL, row="2"), replace(CELL, column="phone"), replace(CELL, table="agents")]
)
def test_a_sealed_field_moved_to_another_cell_does_not_open(other: Cell) -> None:
    sealed = fields.encrypt_field(RING, CELL, "11010519491231002X")
    with pytest.raises(FieldNotReadable) as refused:
        fields.decrypt_field(RING, other, sealed)
    assert "1101" not in str(refused.value)


@pytest.mark.parametrize("cell", [replace(CELL, table="a|b"), replace(CELL, column="a|b"), replace(CELL, row="")])
def test_a_cell_whose_name_could_mean_another_is_not_accepted(cell: Cell) -> None:
    with pytest.raises(ValueError, match="cell"):
        fields.encrypt_field(RING, cell, "x")


def test_each_changed_or_missing_byte_is_noticed() -> None:
    sealed = fields.encrypt_field(RING, CELL, "13812345678")
    for i in range(len(sealed)):
        changed = sealed[:i] + bytes([sealed[i] ^ 0x10]) + sealed[i + 1 :]
        with pytest.raises((FieldNotReadable, KeyMissing)):
            fields.decrypt_field(RING, CELL, changed)
        with pytest.raises(FieldNotReadable):
            fields.decrypt_field(RING, CELL, sealed[:i])


def test_no_nonce_comes_twice() -> None:
    sealed = [fields.encrypt_field(RING, CELL, "same") for _ in range(20_000)]
    assert len({content[3:15] for content in sealed}) == len(sealed)


def test_a_field_names_its_key_and_outlives_a_rotation(tmp_path: Path) -> None:
    old = keys.ensure_ring(tmp_path, KeyPurpose.FIELD)
    sealed = fields.encrypt_field(old, CELL, "kept")
    new = keys.rotate(tmp_path, KeyPurpose.FIELD)
    assert fields.key_number(sealed) == 1
    assert fields.key_number(fields.encrypt_field(new, CELL, "kept")) == 2
    assert fields.decrypt_field(new, CELL, sealed) == "kept"
    with pytest.raises(KeyMissing):
        fields.decrypt_field(replace(new, keys=new.keys[1:]), CELL, sealed)


def test_equal_values_have_one_index_of_128_bits_however_they_were_typed() -> None:
    wanted = fields.blind_index(INDEX, "people.id_number", "11010519491231002X")
    assert len(wanted) == 16
    assert fields.blind_index(INDEX, "people.id_number", " １１０１０５ 19491231 002x") == wanted
    phones = {fields.blind_index(INDEX, "people.phone", p) for p in ("13812345678", "+86 138-1234-5678")}
    assert len(phones) == 1


def test_the_same_value_has_another_index_for_each_purpose_and_key(tmp_path: Path) -> None:
    keys.ensure_ring(tmp_path, KeyPurpose.INDEX)
    ring = keys.rotate(tmp_path, KeyPurpose.INDEX)
    value = "11010519491231002X"
    found = {
        *fields.blind_indexes(ring, "people.id_number", value),
        *fields.blind_indexes(ring, "agents.id_number", value),
    }
    assert len(found) == 4
    assert fields.blind_indexes(ring, "people.id_number", value)[0] == fields.blind_index(
        ring, "people.id_number", value
    )
