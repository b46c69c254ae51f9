"""Is this licence genuine and in force? Anyone may ask, with the code on it (LIC-16)."""

import re

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.licences import queries as licences
from tongban.licences.errors import LicenceNotFound
from tongban.licences.types import Payload, Verdict, Verification
from tongban.portal.places import local_page
from tongban.web.gate import anyone
from tongban.web.jinja import date_long, say
from tongban.web.pages import see_other

CODE = re.compile("[0-9A-Za-z._-]{4,120}")
LONGEST = 200
SINCE = frozenset({Verdict.SUSPENDED, Verdict.REVOKED, Verdict.CANCELLED, Verdict.REPLACED})
"""Verdicts of an act on a certain day; validity and expiry are read from the licence."""


@anyone
def verify_form(request: HttpRequest) -> HttpResponse:
    """Ask for the code; a whole address copied from a licence will do."""
    written = request.GET.get("code", "")
    code = _code_in(written)
    if code:
        return see_other(reverse("portal:verify", args=[code]))
    asked = "code" in request.GET
    problems = ({"href": "#code",
                 "message": _("Enter the code that stands on the licence, beside its square pattern")},)
    return local_page(request, "portal/verify_form.html", code=written[:LONGEST].replace("\x00", ""),
                      problems=problems if asked else (), status=422 if asked else 200)


@anyone
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """The verdict first, then who holds what from whom until when, then both signatures."""
    found = _find(code)
    if found is None:
        return local_page(request, "portal/verify_unknown.html", status=404, code=_code_in(code))
    verdict, tone, meaning = verdict_words(found)
    meanings = [meaning]
    if found.shown and found.shown.sample:
        sample = _("The signatures were checked, but this licence is a sample of the trial: it gives nobody any right.")
        meanings = [sample] if found.verdict is Verdict.VALID else [meaning, sample]
    return local_page(request, "portal/verify.html", found=found, verdict=verdict, tone=tone, meanings=meanings,
                      since=found.changed_at if found.verdict in SINCE else None,
                      rows=_rows(found.shown) if found.shown else [])


def verdict_words(found: Verification) -> tuple[str, str, str]:
    """The verdict, its tone and what follows from it."""
    return {
        Verdict.VALID: (_("Genuine and in force"), "done", _("You may rely on it.")),
        Verdict.NOT_YET_VALID: (_("Genuine, but not yet in force"), "wait", _("Look at the first day of validity.")),
        Verdict.EXPIRED: (_("Genuine, but expired"), "late", _("Ask the holder for the renewed one.")),
        Verdict.SUSPENDED: (_("Genuine, but suspended"), "late", _("It must not be used until the issuer lifts this.")),
        Verdict.REVOKED: (_("Revoked"), "late", _("It is no longer in force. Do not rely on it.")),
        Verdict.REPLACED: (_("Replaced by a newer one"), "wait", _("Ask the holder for the newer one.")),
        Verdict.CANCELLED: (_("Cancelled"), "late", _("It is no longer in force. Do not rely on it.")),
        Verdict.NOT_GENUINE: (_("Not genuine"), "late", _("A signature does not hold. Do not rely on it; tell 12345.")),
    }[found.verdict]


def _rows(shown: Payload) -> list[dict[str, str]]:
    """Who holds what from whom until when; the holder is masked in what was signed."""
    holder = [{"label": _("Holder"), "value": shown.holder, "note": _("Masked; compare it with the licence itself.")
               if "*" in shown.holder else ""}, {"label": _("Number"), "value": shown.number}]
    return [
        *(holder if shown.holder else []),
        {"label": _("Issued by"), "value": say(shown.issuer.name)},
        {"label": _("Issued on"), "value": date_long(shown.issued_on)},
        {"label": _("Valid from"), "value": date_long(shown.valid_from)},
        {"label": _("Valid until"), "value": date_long(shown.valid_to) if shown.valid_to else _("without end")},
        *({"label": say(each.label), "value": each.value} for each in shown.fields),
    ]


def _find(code: str) -> Verification | None:
    if not CODE.fullmatch(code):
        return None
    try:
        return licences.verifiable(code)
    except LicenceNotFound:
        return None


def _code_in(written: str) -> str:
    """The code in what was typed or copied: the last part of an address, without spaces."""
    parts = [part for part in re.sub(r"\s", "", written[:LONGEST]).split("?")[0].split("/") if part]
    return parts[-1] if parts and CODE.fullmatch(parts[-1]) else ""
