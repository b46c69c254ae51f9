"""My space: drafts and cases, messages, licences, and who looked at my data."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tongban.cases import queries as cases
from tongban.cases.types import OPEN, State
from tongban.catalogue import queries as catalogue
from tongban.documents import queries as files
from tongban.identity import queries as identity
from tongban.identity.types import Actor
from tongban.kernel import clock, disclosures, modes
from tongban.kernel.errors import NotFound
from tongban.licences import queries as licences
from tongban.licences.rules import metadata_file, next_check
from tongban.licences.types import ChangeRow, LicenceState, LicenceView
from tongban.messages import actions as messages
from tongban.messages import queries as inbox_of
from tongban.portal import codes, looking, timeline
from tongban.web.gate import actor_of, also_helped, citizens
from tongban.web.handing import hand_out
from tongban.web.jinja import date_long, datetime_short, language, say
from tongban.web.pages import page

PAGE = 20
READS = 50


class LicenceNotYours(NotFound):
    """We could not find this licence among yours."""


@also_helped
@citizens
def matters(request: HttpRequest) -> HttpResponse:
    """What is not sent yet, and what is on its way."""
    actor = actor_of(request)
    found = cases.cases_of(actor.reach, before=_before(request), limit=PAGE + 1)
    drafts = [{"title": say(catalogue.guide(each.item_code).name), "href": reverse("portal:draft", args=[each.key]),
               "tag": _("Draft"), "tone": "plain",
               "text": " · ".join(part for part in (_of(actor, each.applicant), _("Saved {at}").format(at=datetime_short(each.updated_at)))
                                  if part), "about": datetime_short(each.updated_at)}
              for each in cases.drafts_of(actor.reach)]
    going = [each.id for each in found if each.state in OPEN]
    owing = cases.owing(going) if going else {}
    return page(request, "portal/matters.html", sections=sections(actor, "matters"), drafts=drafts,
                cases=[line(each, actor, owing) for each in found[:PAGE]], more=PAGE if len(found) > PAGE else None,
                next_href=f"?before={found[PAGE - 1].id}" if len(found) > PAGE else "")


@citizens
def inbox(request: HttpRequest) -> HttpResponse:
    """Messages, newest first; opening the page marks them read."""
    actor = actor_of(request)
    found = inbox_of.inbox(actor.parties, before=_before(request), limit=PAGE + 1)
    response = page(request, "portal/inbox.html", sections=sections(actor, "inbox"), messages=found[:PAGE],
                    more=PAGE if len(found) > PAGE else None,
                    next_href=f"?before={found[PAGE - 1].id}" if len(found) > PAGE else "")
    if not modes.is_read_only():
        messages.mark_read(actor, parties=actor.parties)
    return response


@citizens
def my_licences(request: HttpRequest) -> HttpResponse:
    """The licences of oneself and of the firms one acts for."""
    actor = actor_of(request)
    lines = []
    for each in licences.licences_of(actor.parties):
        if each.state not in (LicenceState.DRAFT, LicenceState.SIGNED):
            words, tone = licence_words(each)
            lines.append({"title": say(each.type_name), "href": reverse("portal:licence", args=[each.code]),
                          "tag": words, "tone": tone, "text": f"{each.holder_name} · {say(each.issuer_name)}",
                          "about": each.number})
    return page(request, "portal/licences.html", sections=sections(actor, "licences"), licences=lines)


@citizens
def licence(request: HttpRequest, code: str) -> HttpResponse:
    """One licence with its fields and the code others scan."""
    found = _licence(actor_of(request), code)
    rows = [{"label": each.label.in_(language()), "value": each.value} for each in found.fields if each.value]
    rows += [{"label": _("Number"), "value": found.number}, {"label": _("Holder"), "value": found.holder_name},
             {"label": _("Issued by"), "value": say(found.issuer_name)},
             {"label": _("Valid from"), "value": date_long(found.valid_from)},
             {"label": _("Valid until"), "value": date_long(found.valid_to) if found.valid_to else _("no end date")},
             *_check_row(found),
             {"label": _("Licence identifier"), "value": found.identifier}]
    words, tone = licence_words(found)
    changes = [each for each in licences.changes_of(found) if each.reason]
    return page(request, "portal/licence.html", licence=found, rows=rows, state_words=words, tone=tone,
                decided=changes[0] if changes else None, decided_words=_decided(changes[0], found) if changes else "")


def _check_row(licence: LicenceView) -> list[dict[str, str]]:
    """Up to when the annual check is next to be done; a licence that is gone needs none."""
    on = next_check(clock.today(), licence) if licence.state in (LicenceState.ISSUED, LicenceState.SUSPENDED) else None
    return [{"label": _("Next annual check by"), "value": date_long(on)}] if on else []


@citizens
def licence_file(request: HttpRequest, code: str) -> HttpResponse:
    """The way to the sealed PDF of a licence."""
    found = _licence(actor_of(request), code)
    if found.document is None:
        raise LicenceNotYours
    return hand_out(request, files.document(found.document), name=f"licence-{found.code[:8]}.pdf")


@citizens
def licence_metadata(request: HttpRequest, code: str) -> HttpResponse:
    """A licence as a file for other systems, under the names of the national standard."""
    found = _licence(actor_of(request), code)
    return HttpResponse(metadata_file(found), content_type="application/xml; charset=utf-8", headers={
        "Content-Disposition": f'attachment; filename="licence-{found.code[:8]}.xml"'})


@citizens
def licence_code(request: HttpRequest, code: str) -> HttpResponse:
    """The QR code of a licence as a picture."""
    found = _licence(actor_of(request), code)
    return HttpResponse(codes.picture(licences.verify_url(found.code)), content_type="image/svg+xml")


@citizens
def who_looked(request: HttpRequest) -> HttpResponse:
    """Every read of one's data by an officer: when, who, what, why."""
    actor = actor_of(request)
    found = disclosures.of_parties(actor.parties, before=_before(request), limit=READS + 1)
    return page(request, "portal/disclosures.html", sections=sections(actor, "disclosures"),
                rows=looking.rows(actor, found[:READS]), more=READS if len(found) > READS else None,
                next_href=f"?before={found[READS - 1].id}" if len(found) > READS else "")


def sections(actor: Actor, current: str) -> list[dict[str, Any]]:
    """The pages of one's own space, as tabs; none of them is a helper's."""
    if actor.party is None:
        return []
    waiting = inbox_of.unread(actor.parties)
    return [
        {"label": _("Matters"), "href": reverse("portal:matters"), "current": current == "matters"},
        {"label": _("Messages"), "href": reverse("portal:inbox"), "current": current == "inbox",
         "count": waiting or None},
        {"label": _("Licences"), "href": reverse("portal:licences"), "current": current == "licences"},
        {"label": _("Acting for others"), "href": reverse("portal:mandates"), "current": current == "mandates"},
        {"label": _("Who looked"), "href": reverse("portal:disclosures"), "current": current == "disclosures"},
        {"label": _("Identity"), "href": reverse("portal:proofing"), "current": current == "identity"},
        {"label": _("Safety"), "href": reverse("portal:security"), "current": current == "security"},
    ]


def _of(actor: Actor, applicant: int) -> str:
    """Whose draft it is, where it is not one's own."""
    party = identity.party(applicant) if applicant != actor.party else None
    return party.name if party else ""


def line(case: cases.CaseRow, actor: Actor, owing: Mapping[int, date | None]) -> dict[str, Any]:
    """A case in a list of one's own: what it is about leads, then who has to do what by when."""
    words, tone = timeline.status_words(case)
    due = timeline.due_words(case)
    if case.id in owing:
        (words, tone), due = timeline.state_words(State.SUPPLEMENT_BEFORE), timeline.promised_words(owing[case.id])
    told = [due, "" if case.applicant == actor.party else case.applicant_name, f"{_('Received')} {datetime_short(case.submitted_at)}"]
    return {"title": say(case.item_name), "href": reverse("portal:case", args=[case.number]), "tag": words,
            "tone": tone, "text": " · ".join(each for each in told if each), "about": case.number[-12:]}


def _licence(actor: Actor, code: str) -> LicenceView:
    found = licences.licence(code)
    if found.holder not in actor.parties:
        raise LicenceNotYours
    return found


def licence_words(found: LicenceView) -> tuple[str, str]:
    """How a licence stands now, and the tone."""
    ended = found.valid_to is not None and found.valid_to < clock.today()
    if found.state is LicenceState.ISSUED and not ended:
        return _("Valid"), "done"
    return {
        LicenceState.SUSPENDED: (_("Suspended"), "wait"), LicenceState.REPLACED: (_("Replaced"), "plain"),
        LicenceState.REVOKED: (_("Revoked"), "late"), LicenceState.CANCELLED: (_("Cancelled"), "plain"),
    }.get(found.state, (_("Expired"), "late"))


def _decided(change: ChangeRow, licence: LicenceView) -> str:
    """What the last decision did to a licence, and when; only that there was one, if the licence has moved on by itself."""
    words = _("Decided on {day}") if change.new is not licence.state else {
        LicenceState.ISSUED: _("It may be used again since {day}"), LicenceState.SUSPENDED: _("Suspended on {day}"),
        LicenceState.REVOKED: _("Revoked on {day}"), LicenceState.CANCELLED: _("Cancelled on {day}"),
    }.get(change.new, _("Decided on {day}"))
    return words.format(day=date_long(change.at))


def _before(request: HttpRequest) -> int | None:
    wanted = request.GET.get("before", "")
    return int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 18 else None
