"""Where a node finds what it needs."""

import hashlib

from django.test import override_settings

from tongban.config import folders
from tongban.web import jinja


def test_a_node_that_built_nothing_of_its_own_uses_what_lies_beside_the_programs(monkeypatch, tmp_path):
    monkeypatch.setenv("TONGBAN_VAR", str(tmp_path))
    assert (folders.var(), folders.built()) == (tmp_path, folders.ROOT / "var" / "build")
    (tmp_path / "build").mkdir()
    assert folders.built() == tmp_path / "build"


def test_a_built_file_is_asked_for_by_its_content_and_read_once(tmp_path):
    jinja.static.cache_clear()
    with override_settings(BUILT=tmp_path):
        assert jinja.static("tongban.js") == "/static/tongban.js"
        (tmp_path / "tongban.css").write_bytes(b"a{}")
        copy = f"tongban-{hashlib.sha256(b'a{}').hexdigest()[:12]}.css"
        (tmp_path / copy).write_bytes(b"a{}")
        assert jinja.static("tongban.css") == f"/static/{copy}"
        (tmp_path / "tongban.css").write_bytes(b"b{}")
        assert jinja.static("tongban.css") == f"/static/{copy}"
        jinja.static.cache_clear()
        assert jinja.static("tongban.css") == "/static/tongban.css"
    jinja.static.cache_clear()
