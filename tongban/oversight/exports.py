"""Lists that leave as files: asking for one, deciding about another's, taking it away (SEC-11)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tongban.identity import queries as identity
from tongban.identity.types import Role
from tongban.kernel import clock, parameters
from tongban.oversight.acts import Act, Ask, kept, perform
from tongban.oversight.cases import asked_for, listing_of, narrowed_to, told
from tongban.oversight.frame import draw, first_page, key_in, link, offices, pages, supervised
from tongban.oversight.words import EXPORT_STATES
from tongban.supervision import actions, queries
from tongban.supervision.errors import ExportNotFound
from tongban.supervision.types import ExportRow, ExportState, Listing, Shown
from tongban.web.gate import actor_of, proved_lately, staff
from tongban.web.handing import attachment
from tongban.web.jinja import datetime_short, language
from tongban.web.pages import see_other
from tongban.web.words import typed

SECONDS = 3
LONGEST_WAIT = timedelta(minutes=10)
"""A page that waits asks again no longer than this: it must not keep a session open where nothing is made."""
COUNTED_TO = 100
VIEWS = {Shown.MINE: _("Asked by me"), Shown.AWAITING: _("Waiting for me"), Shown.ALL: _("All of my authorities")}
ASK = Act(name="ask", title=_("Ask for the file"), asks=(
    Ask(name="reason", label=_("What is the file for?"), hint=_("It stands in the file and on the record beside your name.")),),
    consequence=_("The file bears your name, your account and the minute, first and last. That you take it is recorded for good."))
APPROVE = Act(name="approve", title=_("Let this list leave"),
              consequence=_("The file is made at once, of the cases listed when it was asked for, and names you as whoever let it go."))
REFUSE = Act(name="refuse", title=_("Do not let it leave"), danger=True, asks=(Ask(name="reason", label=_("Reason")),),
             consequence=_("No file is made. Whoever asked reads your reason."))


@staff(Role.SUPERVISOR)
def exports(request: HttpRequest) -> HttpResponse:
    """Files someone asked for, and those that wait for their decision, newest first."""
    actor = actor_of(request)
    asked = request.GET.get("show", "")
    show = Shown(asked) if asked in set(Shown) else Shown.MINE
    found = first_page(lambda before, limit: queries.exports(show, account=actor.account, authorities=supervised(actor), before=before,
                                                             limit=limit), key_in(request, "before"))
    names = identity.staff_names([row.asked_by for row in found.rows], language())
    waiting = len(queries.exports(Shown.AWAITING, account=actor.account, authorities=supervised(actor), limit=COUNTED_TO))
    return draw(request, "exports", section="exports", show=show, waiting_href=link("exports", show=Shown.AWAITING),
                waiting=_waiting(waiting) if waiting and show is not Shown.AWAITING else "",
                rows=[_line(row, names) for row in found.rows], pager=pages(request, found, route="exports", show=show),
                views=[{"label": words, "href": link("exports", show=each), "current": each is show} for each, words in VIEWS.items()])


@proved_lately
@staff(Role.SUPERVISOR)
def new_export(request: HttpRequest) -> HttpResponse:
    """Ask for the list a link names as a file: why, and how many cases it will hold."""
    listing, actor = listing_of(request), actor_of(request)
    today = clock.today()
    most, alone, window, hours = (parameters.value(f"supervision.export_{each}", today)
                                  for each in ("rows_most", "rows_alone", "alone_hours", "approval_hours"))
    problems: list[dict[str, Any]] = []
    made: list[str] = []
    if request.method == "POST":
        problems = perform(request, [ASK], {"ask": lambda: made.append(actions.ask_export(
            actor, listing=listing, language=language(), reason=typed(request, "reason")))})
        if made:
            return see_other(link("export", made[0]))
    rows = queries.count_listed(listing, most=most + 1)
    return draw(request, "export_new", section="cases", title=told(listing)[0], cases_href=link("cases", **asked_for(request)),
                counted=_count(rows), too_many=rows > most, most=f"{most:,}", nothing=rows == 0, waits=rows > queries.left_alone(),
                alone=f"{alone:,}", window=window, hours=hours, summary=_about(listing, supervised(actor)), acts=[ASK],
                typed=kept(request), problems=problems)


@proved_lately
@staff(Role.SUPERVISOR)
def export(request: HttpRequest, key: str) -> HttpResponse:
    """One request for a file: what it is about, how it stands, and what may be done about it."""
    actor = actor_of(request)
    row = _row(request, key)
    mine = identity.is_one_person(row.asked_by, actor.account)
    waits = row.state is ExportState.MAKING and clock.now() - (row.decided_at or row.asked_at) < LONGEST_WAIT
    if waits and "wait" in request.GET:
        return HttpResponse(status=204)
    acts = [APPROVE, REFUSE] if row.state is ExportState.AWAITING and not mine else []
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        problems = perform(request, acts, {"approve": lambda: actions.approve_export(actor, key=key),
                                           "refuse": lambda: actions.refuse_export(actor, key=key, reason=typed(request, "reason"))})
        if not problems:
            return see_other(link("export", key))
    names = identity.staff_names([each for each in (row.asked_by, row.decided_by) if each], language())
    title = told(row.listing)[0]
    return draw(request, "export", section="exports", row=row, title=title, state=EXPORT_STATES[row.state], acts=acts,
                next_step=_next(row, names, mine=mine), summary=[*_about(row.listing, supervised(actor)), *_course(row, names)],
                typed=kept(request), problems=problems, waits=waits, seconds=SECONDS,
                takes=row.state is ExportState.READY and row.asked_by == actor.account)


@proved_lately
@staff(Role.SUPERVISOR)
def export_file(request: HttpRequest, key: str) -> HttpResponse:
    """Take a file away: pressed, never merely followed, so that it leaves only for somebody who wants it."""
    if request.method != "POST":
        return see_other(link("export", _row(request, key).key))
    fetched = actions.fetch_export(actor_of(request), key=key)
    return attachment(fetched.content, media_type="text/csv; charset=utf-8", name=fetched.name)


def _row(request: HttpRequest, key: str) -> ExportRow:
    found = queries.export(key, authorities=supervised(actor_of(request)))
    if found is None:
        raise ExportNotFound
    return found


def _count(rows: int) -> str:
    return ngettext("{count} case", "{count} cases", rows).format(count=f"{rows:,}")


def _left_out(count: int) -> str:
    return ngettext("{count} case that whoever asked may no longer see", "{count} cases that whoever asked may no longer see",
                    count).format(count=f"{count:,}")


def _waiting(count: int) -> str:
    return ngettext("{count} list waits for your decision", "{count} lists wait for your decision", count).format(
        count=count if count < COUNTED_TO else f"{count}+")


def _about(listing: Listing, keys: Sequence[int]) -> list[dict[str, Any]]:
    """Which list it is; `keys`: the authorities that its reader supervises."""
    title, meaning = told(listing)
    every = len(keys) > 1 and set(listing.authorities) == set(keys)
    names = gettext("All my authorities") if every else gettext(", ").join(offices(listing.authorities).values())
    rows = [{"label": gettext("Which cases"), "value": title}, {"label": gettext("What that means"), "value": meaning},
            {"label": gettext("Authorities"), "value": names}]
    if listing.item or listing.region:
        rows.append({"label": gettext("Narrowed to"), "value": narrowed_to(listing)})
    return rows


def _course(row: ExportRow, names: dict[int, str]) -> list[dict[str, Any]]:
    """What was asked, decided and made, in this order."""
    facts = [{"label": gettext("Asked by"), "value": f"{_who(row.asked_by, names)} · {datetime_short(row.asked_at)}"},
             {"label": gettext("What the file is for"), "value": row.reason},
             {"label": gettext("Cases when it was asked for"), "value": _count(row.rows_asked)},
             {"label": gettext("What the file holds"),
              "value": gettext("The cases listed when it was asked for, each as it stands when the file is made.")}]
    if row.decided_by and row.decided_at:
        label = gettext("Not approved by") if row.state is ExportState.REFUSED else gettext("Approved by")
        facts.append({"label": label, "value": f"{_who(row.decided_by, names)} · {datetime_short(row.decided_at)}"})
    if row.decision:
        facts.append({"label": gettext("Reason"), "value": row.decision})
    if row.rows_asked <= row.alone:
        alone = gettext("not needed: {alone} cases could still leave without it").format(alone=f"{row.alone:,}")
        facts.append({"label": gettext("Approval"), "value": alone})
    if row.rows_made is not None and row.made_at:
        facts.append({"label": gettext("Cases in the file"), "value": _count(row.rows_made)})
        if row.rows_made < row.rows_asked:
            facts.append({"label": gettext("Left out"), "value": _left_out(row.rows_asked - row.rows_made)})
        facts += [{"label": gettext("Made"), "value": datetime_short(row.made_at)},
                  {"label": gettext("Kept until"), "value": datetime_short(_kept_until(row.made_at))}]
    return [*facts, {"label": gettext("Number of the request"), "value": row.key}]


def _kept_until(made_at: datetime) -> datetime:
    return made_at + timedelta(days=parameters.value("retention.export_days", clock.today()))


def _who(account: int, names: dict[int, str]) -> str:
    return gettext("{name} (account {account})").format(name=names.get(account, ""), account=account)


def _next(row: ExportRow, names: dict[int, str], *, mine: bool) -> str:
    """What happens now, or what to do."""
    if row.state is ExportState.AWAITING:
        until = datetime_short(row.due_at)
        if mine:
            return gettext("Another supervisor of all these authorities decides, until {until} at the latest. Tell one of them; the page "
                           "stands under Files, Waiting for me.").format(until=until)
        return gettext("{name} wants this list as a file. Decide until {until}.").format(name=names.get(row.asked_by, ""), until=until)
    if row.state is ExportState.READY and row.made_at:
        until = datetime_short(_kept_until(row.made_at))
        return (gettext("You can take the file until {until}; then it is erased.").format(until=until) if mine
                else gettext("Only {name} can take the file, until {until}.").format(name=names.get(row.asked_by, ""), until=until))
    return str({
        ExportState.MAKING: _("The file is being made. That takes seconds, of very long lists some minutes; you may leave this page."),
        ExportState.REFUSED: _("No file was made. Whoever needs the list may ask again and say more of what it is for."),
        ExportState.LAPSED: _("Nobody decided, or the file was not made in time. Ask again if it is still needed."),
        ExportState.ERASED: _("The file was erased when its days were over. Ask again if it is still needed."),
    }[row.state])


def _line(row: ExportRow, names: dict[int, str]) -> dict[str, Any]:
    words, tone = EXPORT_STATES[row.state]
    return {"href": link("export", row.key), "title": told(row.listing)[0], "state": words, "tone": tone,
            "rows": f"{row.rows_asked if row.rows_made is None else row.rows_made:,}", "asked": datetime_short(row.asked_at),
            "name": names.get(row.asked_by, "")}
