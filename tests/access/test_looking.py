"""What a browser fetches before anybody looks at it is neither shown nor noted as seen."""

import pytest

from tests.access.asking import taken_back
from tests.access.routes import routes
from tests.access.test_headers import caller

pytestmark = pytest.mark.xdist_group("access")


@pytest.mark.parametrize("purpose", ["prefetch", "prefetch;prerender", ""])
@pytest.mark.parametrize(("actor", "name", "things"), [
    ("owner", "portal:case", {"number": "finished"}), ("supervisor", "counter:file", {"number": "received", "material": "material"})])
def test_a_page_fetched_ahead_is_not_taken_for_seen(db, world, actor, name, things, purpose):
    changed = set()
    with taken_back(changed):
        answer = caller(world, actor).get(routes()[name].at({key: world.things[thing] for key, thing in things.items()}),
                                          headers={"sec-purpose": purpose} if purpose else {})
    assert (answer.status_code in (200, 302, 303), bool(changed)) == ((False, False) if purpose else (True, True))
    assert purpose == "" or (answer.status_code, answer.content, answer["Cache-Control"]) == (503, b"", "no-store")


def test_what_is_open_to_everyone_may_be_fetched_ahead(db, world):
    assert caller(world, "anonymous").get("/services/", headers={"sec-purpose": "prefetch"}).status_code == 200
