"""Identifiers that go outside are never the same and can be typed into a command."""

from tongban.kernel import ids


def test_no_identifier_comes_twice_or_reads_as_an_option():
    made = [ids.public_id() for _ in range(3000)]
    assert len(set(made)) == len(made) and {len(each) for each in made} == {22}
    assert not any(each.startswith("-") for each in made)
