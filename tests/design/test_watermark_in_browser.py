"""The mark of the reader in a real browser, without scripts and under the site's policy: seen everywhere, in nobody's way (SEC-11)."""

import io

import pikepdf
import pytest
from PIL import Image, ImageChops

from tests.design.drawing import page
from tests.design.test_behaviour_in_browser import POLICY, SITE, Site, browser, opened, violations  # noqa: F401
from tests.requirements import requirement

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
MARK = "孙监察 20031 2026-03-02 10:15"
PATCH = 420
"""A square this wide, cut out anywhere, names the reader."""
MEDIA = {"screen": {}, "print": {"media": "print"}, "forced colours": {"forced_colors": "active"}}


class Marked(Site):
    """The living pages as a member of staff reads them; `/photo/...` is one under a photograph as wide as the window."""

    mark = MARK

    def answer(self, route):
        path = route.request.url.removeprefix(SITE)
        if path.startswith("/static/") and "photo" not in path:
            return super().answer(route)
        if path.startswith("/static/"):
            kept = io.BytesIO()
            Image.radial_gradient("L").resize((1280, 900)).convert("RGB").save(kept, "PNG")
            return route.fulfill(body=kept.getvalue(), content_type="image/png")
        name, language, mode = path.strip("/").split("/")
        body = page("oversight" if name == "photo" else name, language, mode, watermark=self.mark)
        if name == "photo":
            body = body.replace('<a class="skip"', '<img src="/static/photo.png" alt=""><a class="skip"', 1)
        return route.fulfill(body=body, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY})


@pytest.fixture
def site():
    return Marked()


def seen(browser, site, path, mark, width, media):  # noqa: F811
    site.mark = mark
    made = opened(browser, site, path, width, java_script_enabled=False)
    made.emulate_media(**media)
    shot = Image.open(io.BytesIO(made.screenshot())).convert("RGB")
    made.context.close()
    return shot


def patches(shot):
    across, down = (max(1, side // PATCH) for side in shot.size)
    return [shot.crop((x * PATCH, y * PATCH, (x + 1) * PATCH, (y + 1) * PATCH)) for x in range(across) for y in range(down)]


@requirement("SEC-11")
@pytest.mark.parametrize(("path", "width", "media"), [
    *((*seen, each) for each in MEDIA for seen in (("desk/zh-hans/standard", 1280), ("oversight/en/contrast", 360))),
    ("photo/en/elder", 1280, "screen"), ("photo/en/elder", 1280, "forced colours")])
def test_the_mark_is_seen_wherever_one_looks_and_is_faint(browser, site, path, width, media):  # noqa: F811
    bare, marked = (seen(browser, site, path, mark, width, MEDIA[media]) for mark in ("", MARK))
    changed = ImageChops.difference(bare, marked).convert("L")
    assert max(changed.getextrema()) <= 0x20, "stronger than faint"
    for patch in patches(changed):
        strokes = sum(patch.histogram()[0x18:]) / (PATCH * PATCH)
        assert 0.005 < strokes < 0.15, "no mark here, or one that hides the page"


@requirement("SEC-11")
def test_every_sheet_that_is_printed_names_its_reader_faintly(browser, site):  # noqa: F811
    made = opened(browser, site, "guide/zh-hans/standard", java_script_enabled=False)
    sheets = {}
    for site.mark in ("", MARK):
        made.goto(f"{SITE}/guide/zh-hans/standard")
        with pikepdf.open(io.BytesIO(made.pdf(prefer_css_page_size=True))) as printed:
            sheets[site.mark] = [_faint(sheet.Resources) for sheet in printed.pages]
    made.context.close()
    assert len(sheets[MARK]) == len(sheets[""]) > 1
    assert all(sheets[MARK]) and not any(sheets[""])


def _faint(resources):
    """Is something laid over the sheet that lets it through?"""
    states = (dict(each) for _name, each in dict(resources.get("/ExtGState", {})).items())
    parts = (dict(each.get("/Resources", {})) for _name, each in dict(resources.get("/XObject", {})).items())
    return any(0.1 < float(each.get("/ca", 1)) < 0.2 for each in states) or any(map(_faint, parts))


@requirement("SEC-11")
@pytest.mark.parametrize("width", [360, 1280])
def test_the_mark_is_in_nobodys_way(browser, site, width):  # noqa: F811
    made = opened(browser, site, "desk/en/standard", width)
    under = made.evaluate("""() => [...Array(60).keys()].map(each => document.elementFromPoint(
      innerWidth * (each % 10 + 0.5) / 10, innerHeight * (Math.floor(each / 10) + 0.5) / 6)).filter(each => each?.closest('.watermark'))""")
    assert under == [] and violations(made) == [] and site.broken == []
    assert made.evaluate("document.documentElement.scrollWidth") <= width
    assert "孙监察" not in made.locator("body").aria_snapshot()
    made.context.close()
