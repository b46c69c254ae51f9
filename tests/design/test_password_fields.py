"""Fields for passwords, as ASVS 5.0 6.2.6 and 6.2.7 want them; read from the templates, where each is written."""

import re

from tests.architecture.reading import ROOT

TEMPLATES = ROOT / "tongban" / "templates"
FIELD = re.compile(r"<input[^>]*>|\{\{ typed_field\([^\n]*\) \}\}")
SECRET = re.compile(r"""name="(?:password[a-z-]*|present|again)"|typed_field\("(?:password[a-z-]*|present|again)\"""")


def fields():
    return [(path.name, each) for path in TEMPLATES.rglob("*.html") for each in FIELD.findall(path.read_text()) if SECRET.search(each)]


def test_every_field_for_a_password_covers_it_and_is_known_to_password_managers():
    assert len(fields()) >= 7
    assert [each for each in fields() if 'type="password"' not in each[1]] == []
    assert [each for each in fields() if not re.search(r'autocomplete="(?:current|new)-password"', each[1])] == []
    scripts = "".join(path.read_text() for path in (ROOT / "frontend" / "js").glob("*.js"))
    assert scripts and "paste" not in scripts
