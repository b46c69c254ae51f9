"""Where a node finds what it needs."""

from tongban.config import folders


def test_a_node_that_built_nothing_of_its_own_uses_what_lies_beside_the_programs(monkeypatch, tmp_path):
    monkeypatch.setenv("TONGBAN_VAR", str(tmp_path))
    assert (folders.var(), folders.built()) == (tmp_path, folders.ROOT / "var" / "build")
    (tmp_path / "build").mkdir()
    assert folders.built() == tmp_path / "build"
