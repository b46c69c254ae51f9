"""QR codes as pictures."""

import io

import segno
from markupsafe import Markup


def picture(url: str) -> bytes:
    """The QR code of an address as SVG, level M, with the quiet zone of four modules."""
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", border=4, scale=4, dark="#16202e", svgclass=None,
                                                 lineclass=None)
    return out.getvalue()


def drawing(url: str) -> Markup:
    """The same, drawn inside a page."""
    made = segno.make(url, error="m", micro=False)
    return Markup(made.svg_inline(border=4, scale=5, dark="#16202e", light="#fff", svgclass=None, lineclass=None))  # noqa: S704 - squares only
