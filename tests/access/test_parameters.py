"""A field sent twice means what the last one says, and what stands in an address is never taken for what was posted."""

import re

import pytest

from tests.access.asking import outcome, taken_back
from tests.access.routes import routes
from tests.access.test_headers import caller
from tests.access.test_matrix import ROWS, expected, filled
from tests.architecture.reading import ROOT
from tests.requirements import requirement

pytestmark = pytest.mark.xdist_group("access")
ACTING = [(name, next(actor for actor, told in expected(name, "POST").items() if told in ("redirect", "ok") and actor != "anonymous"))
          for name, row in ROWS.items() if "POST" in row and row.get("body") and not name.startswith("api:")
          and {"redirect", "ok"} & set(list(expected(name, "POST").values())[1:])]


def posted(world, name, actor, body, query=""):
    """The outcome, and the tables it wrote in."""
    changed = set()
    with taken_back(changed):
        answer = caller(world, actor).post(routes()[name].at(filled(world, ROWS[name].get("with"))) + query, body)
    return outcome(answer), changed - {"identity_session"}


@requirement("SEC-06")
@pytest.mark.parametrize(("name", "actor"), ACTING, ids=[name for name, _ in ACTING])
def test_a_field_counts_once_and_only_where_it_was_posted(db, world, name, actor):
    body = filled(world, ROWS[name]["body"])
    right, nothing = posted(world, name, actor, body), posted(world, name, actor, {})
    assert right[0] in ("redirect", "ok")
    assert posted(world, name, actor, {key: ["-", value] for key, value in body.items()}) == right, "the last one counts"
    in_address = "?" + "&".join(f"{key}={value}" for key, value in body.items())
    assert posted(world, name, actor, {}, in_address) == nothing, "what stands in the address was not posted"


def test_no_page_mixes_what_was_posted_with_what_stands_in_the_address():
    mixed = re.compile(r"request\.REQUEST|\*\*request\.(GET|POST).*\*\*request\.|POST\.get\([^)]*\) or request\.GET|"
                       r"GET\.get\([^)]*\) or request\.POST|getattr\(request, request\.method")
    found = {str(path.relative_to(ROOT)) for path in (ROOT / "tongban").rglob("*.py") if mixed.search(path.read_text())}
    assert found == {"tongban/portal/proving.py", "tongban/portal/sessions.py"}, "where to go on may come either way; it is a path of ours"
