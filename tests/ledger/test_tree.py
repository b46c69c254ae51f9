"""The tree, its proofs and tiles, against the definitions of RFC 6962 read literally."""

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.ledger import rules
from tongban.ledger.errors import NoteNotReadable, ProofNotValid
from tongban.ledger.types import Head, NoteKey, NoteLine

LEAVES = [hashlib.sha256(b"\x00" + str(number).encode()).digest() for number in range(1400)]


def literal_root(leaves):
    """MTH of RFC 6962 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + literal_root(leaves[:half]) + literal_root(leaves[half:])).digest()


def literal_path(index, leaves):
    """PATH of RFC 6962 2.1.1."""
    if len(leaves) <= 1:
        return []
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    if index < half:
        return [*literal_path(index, leaves[:half]), literal_root(leaves[half:])]
    return [*literal_path(index - half, leaves[half:]), literal_root(leaves[:half])]


def literal_growth(old, leaves, whole=True):
    """SUBPROOF of RFC 6962 2.1.2."""
    if old == len(leaves):
        return [] if whole else [literal_root(leaves)]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    if old <= half:
        return [*literal_growth(old, leaves[:half], whole), literal_root(leaves[half:])]
    return [*literal_growth(old - half, leaves[half:], False), literal_root(leaves[:half])]


def tiles_of(leaves):
    """A reader of tiles over these leaves, as plain files would hold them."""
    levels = [leaves]
    while len(levels[-1]) >= rules.TILE_WIDTH:
        below = levels[-1]
        levels.append([literal_root(below[at:at + 256]) for at in range(0, len(below) // 256 * 256, 256)])

    def read(level, number, width):
        found = levels[level][number * 256:number * 256 + width]
        assert len(found) == width
        return found

    return read


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 700, 1023, 1024, 1400])
def test_roots_are_those_of_the_definition(size):
    assert rules.root(size, tiles_of(LEAVES[:size])) == literal_root(LEAVES[:size])


@given(st.integers(1, 1400), st.data())
def test_paths_are_those_of_the_definition_and_lead_to_the_root(size, data):
    index = data.draw(st.integers(0, size - 1))
    path = rules.inclusion(index, size, tiles_of(LEAVES[:size]))
    assert path == literal_path(index, LEAVES[:size])
    assert rules.root_of_inclusion(LEAVES[index], index, size, path) == literal_root(LEAVES[:size])
    other = data.draw(st.integers(0, size - 1).filter(lambda at: at != index)) if size > 1 else None
    if other is not None:
        assert rules.root_of_inclusion(LEAVES[other], index, size, path) != literal_root(LEAVES[:size])


@given(st.integers(1, 1400), st.data())
def test_a_tree_is_shown_to_grow_and_no_other_history_is(new, data):
    old = data.draw(st.integers(1, new))
    proof = rules.consistency(old, new, tiles_of(LEAVES[:new]))
    assert proof == literal_growth(old, LEAVES[:new])
    first = Head(origin="a", size=old, root=literal_root(LEAVES[:old]))
    second = Head(origin="a", size=new, root=literal_root(LEAVES[:new]))
    assert rules.grows(first, second, proof)
    bent = Head(origin="a", size=old, root=hashlib.sha256(first.root).digest())
    assert not rules.grows(bent, second, proof)
    assert not rules.grows(first, Head(origin="b", size=new, root=second.root), proof)
    if proof:
        assert not rules.grows(first, second, proof[:-1])
        assert not rules.grows(first, second, [*proof, LEAVES[0]])


@pytest.mark.parametrize(("index", "size", "path"), [(1, 1, []), (-1, 2, []), (0, 2, []), (0, 1, [LEAVES[0]])])
def test_a_path_of_the_wrong_length_is_refused(index, size, path):
    with pytest.raises(ProofNotValid):
        rules.root_of_inclusion(LEAVES[0], index, size, path)


@pytest.mark.parametrize(("level", "number", "width", "path"), [
    (0, 0, 256, "tile/0/000"), (0, 5, 17, "tile/0/005.p/17"), (1, 1234067, 256, "tile/1/x001/x234/067"),
    (2, 1000, 3, "tile/2/x001/000.p/3")])
def test_tiles_are_named_as_the_format_says(level, number, width, path):
    assert rules.tile_path(level, number, width) == path


@pytest.mark.parametrize(("size", "widths"), [(0, [0, 0]), (256, [256, 1]), (70000, [112, 17])])
def test_the_last_tile_of_a_level_is_as_wide_as_the_tree(size, widths):
    assert [rules.tile_width(size, level, (size >> 8 * level) // 256 if size % 256 or level else 0)
            for level in (0, 1)] == widths


def test_heads_keys_and_notes_are_read_as_written():
    head = Head(origin="tongban-ledger/gaoling", size=12, root=LEAVES[0])
    assert rules.read_checkpoint(rules.checkpoint_text(head)) == head
    key = NoteKey(name=head.origin, kind=rules.ED25519, public=bytes(range(32)))
    assert rules.read_key(rules.written_key(key)) == key
    line = NoteLine(name=head.origin, key_hash=rules.key_hash(key), value=b"x" * 64)
    note = rules.read_note(rules.written_note(rules.checkpoint_text(head), [line, line]))
    assert note.text == rules.checkpoint_text(head)
    assert note.lines == (line, line)


def test_the_hash_of_a_key_is_the_one_of_the_format():
    """The example of golang.org/x/mod/sumdb/note."""
    key = rules.read_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    assert (key.name, key.kind, len(key.public)) == ("PeterNeumann", rules.ED25519, 32)


@pytest.mark.parametrize("written", ["", "a+b", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                                     "a b+00000000+AA==", "+00000000+AQ==", "x+zz+***"])
def test_a_damaged_key_is_refused(written):
    with pytest.raises(NoteNotReadable):
        rules.read_key(written)


@pytest.mark.parametrize("written", ["", "a\n1\n", "a\n-1\n" + "A" * 43 + "=\n", "a\n01\n" + "A" * 43 + "=\n",
                                     "a\n1\nAAAA\n", "a\n1\n" + "A" * 43 + "="])
def test_a_damaged_checkpoint_is_refused(written):
    with pytest.raises(NoteNotReadable):
        rules.read_checkpoint(written)


def test_records_are_written_in_one_way_only():
    one = rules.record_bytes({"position": 1, "at": "2026", "party": None, "payload": '{"a": 1.50}'})
    two = rules.record_bytes({"payload": '{"a": 1.50}', "party": None, "position": 1, "at": "2026"})
    assert one == two == b'{"at":"2026","party":null,"payload":"{\\"a\\": 1.50}","position":1}'


def test_every_size_has_its_own_root():
    assert all(one != two for one, two in pairwise(rules.root(size, tiles_of(LEAVES[:size])) for size in range(600)))
