"""What waits for my posts: narrowed, sorted, saved under a name; and finding a case."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from msgspec.structs import replace

from tongban.cases import actions, queries
from tongban.cases.errors import Incomplete
from tongban.cases.queries import CaseRow, ViewRow
from tongban.cases.rules import LONGEST_VIEW_NAME, RIGHTS, words_of
from tongban.cases.types import Due, Order, Right, Wanted
from tongban.counter.narrowing import ACTS, CLOCKS, ORDERS, Asked, asked_in
from tongban.counter.station import DESK, desk, links
from tongban.counter.waiting import PAGE, last_day, name_of, rows_of, told
from tongban.counter.words import day, minute, said
from tongban.identity.types import Actor, Role
from tongban.kernel import clock, parameters
from tongban.kernel.errors import HouseError
from tongban.licences import queries as licences
from tongban.web.gate import actor_of, staff
from tongban.web.jinja import say
from tongban.web.pages import see_other
from tongban.web.words import CONTROL, STATES, Words, amount, typed

FOUND = 25
LONGEST = 100
FIXED: Sequence[tuple[Wanted, Words]] = (
    (Wanted(), _("Mine")), (Wanted(due=Due.OVERDUE), _("Overdue")), (Wanted(due=Due.TODAY), _("Due today")),
    (Wanted(shared=True), _("Of other posts")))


@staff()
def queue(request: HttpRequest) -> HttpResponse:
    """The cases that wait for my posts; whoever only supervises has none and is led to oversight. Posting saves a list."""
    actor = actor_of(request)
    if actor.roles == {Role.SUPERVISOR}:
        return redirect("oversight:home")
    asked = asked_in(request)
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        problems = _keep(request, actor, asked.wanted)
        if not problems:
            return see_other(asked.list_path())
    return desk(request, "counter/queue.html", problems=problems, name=typed(request, "name", longest=200),
                longest=LONGEST_VIEW_NAME, **_list(actor, asked))


def _keep(request: HttpRequest, actor: Actor, wanted: Wanted) -> list[dict[str, Any]]:
    """Save the list under a name, or remove a saved one; what keeps it from being done."""
    key = request.POST.get("remove", "")
    try:
        if key:
            actions.remove_view(actor, key=int(key) if key.isascii() and key.isdigit() and len(key) < 19 else 0)
        else:
            actions.save_view(actor, name=" ".join(typed(request, "name", longest=200).split()), wanted=wanted)
    except Incomplete as error:
        return links(error.problems)
    except HouseError as error:
        return [{"href": "#main", "message": said(error)}]
    return []


def _list(actor: Actor, asked: Asked) -> dict[str, Any]:
    """One page of the list with its tabs, what it may be narrowed to, and the sentence above it."""
    now, wanted = clock.now(), asked.wanted
    found = queries.queue(actor, wanted, today=now.date(), at=asked.at, limit=PAGE + 1)
    if asked.at and not found.rows:
        asked = Asked(wanted=wanted)
        found = queries.queue(actor, wanted, today=now.date(), limit=PAGE + 1)
    views = queries.views_of(actor)
    counts = queries.count_queue(actor, [*(each for each, _words in FIXED), *(view.wanted for view in views)],
                                 today=now.date())
    shown = found.rows[:PAGE]
    rows = rows_of(shown, asked, now=now)
    first = rows[0] if rows and wanted == Wanted() and not found.earlier else None
    return {
        "sentence": _sentence(counts, first), "tabs": _tabs(counts, views, wanted), "rows": rows,
        "list": name_of(wanted, shown), "told": told(found, len(shown)), "by_due": wanted.order is Order.DUE,
        "wanted": wanted, "narrowed": replace(wanted, order=Order.DUE, shared=False) != Wanted(),
        "whole": Asked(wanted=Wanted(shared=wanted.shared)).list_path(),
        "first_href": Asked(wanted=wanted).list_path() if asked.at else "",
        "next_href": Asked(wanted=wanted, at=found.rows[PAGE].place).list_path() if len(found.rows) > PAGE else "",
        "saved": next((view for view in views if view.wanted == wanted), None),
        "new": wanted not in [each for each, _words in FIXED], **_choices(actor, wanted, now.date())}


def _tabs(counts: Sequence[int], views: Sequence[ViewRow], wanted: Wanted) -> list[dict[str, Any]]:
    """The lists everybody has, that of other posts only where something is in it, and the saved ones."""
    plain = replace(wanted, order=Order.DUE)
    kept = any(view.wanted == wanted for view in views)
    fixed = [{"label": label, "count": count, "href": Asked(wanted=each).list_path(), "current": each == plain and not kept}
             for (each, label), count in zip(FIXED, counts, strict=False) if count or not each.shared or plain.shared]
    return fixed + [{"label": view.name, "count": count, "href": Asked(wanted=view.wanted).list_path(),
                     "current": view.wanted == wanted} for view, count in zip(views, counts[len(FIXED):], strict=True)]


def _choices(actor: Actor, wanted: Wanted, today: date) -> dict[str, Any]:
    """What the list can be narrowed to: only what is in it, and what is chosen now."""
    items = queries.items_waiting(actor, shared=wanted.shared, today=today)
    names = {each.code: say(each.name) for each in items}
    if wanted.item:
        names.setdefault(wanted.item, wanted.item)
    acts = frozenset[str]().union(*(each.acts for each in items)) | {wanted.act}
    soon = gettext("Due within {limit}").format(limit=amount(parameters.value("cases.soon_days", today), "workday"))
    return {"items": _options(names, gettext("All items")), "clocks": _options({**CLOCKS, Due.SOON: soon}), "orders": _options(ORDERS),
            "acts": _options({code: words for code, words in ACTS.items() if code in acts}, gettext("All steps"))}


def _options(known: Mapping[Any, Words], whole: str = "") -> list[dict[str, str]]:
    found = [{"value": str(value), "label": str(label)} for value, label in known.items()]
    return [{"value": "", "label": whole}, *found] if whole else found


def _sentence(counts: Sequence[int], first: dict[str, Any] | None) -> list[SafeString]:
    """What waits, how much of it is late, what comes first, and what other posts leave to mine too."""
    waiting, late, _due_today, shared = counts[:len(FIXED)]
    parts = [_counted(ngettext("{count} case waits for you.", "{count} cases wait for you.", waiting), waiting)]
    if late:
        parts.append(_counted(ngettext("{count} of them is overdue.", "{count} of them are overdue.", late), late))
    elif waiting:
        parts.append(format_html("{}", gettext("None is overdue.")))
    if first:
        parts.append(format_html(gettext("The most urgent: {who} ({left})."), left=first["tag"],
                                 who=format_html('<a href="{}">{}</a>', first["href"], first["title"])))
    if shared:
        parts.append(_counted(ngettext("{count} more waits for another post; yours may do it too.",
                                       "{count} more wait for other posts; yours may do them too.", shared), shared))
    return parts


def _counted(words: str, count: int) -> SafeString:
    return format_html(words, count=format_html("<b>{}</b>", f"{count:,}"))


@staff(*DESK)
def search(request: HttpRequest) -> HttpResponse:
    """Cases of the authorities where a post of mine may read them, by name, number or item.

    A whole number leads straight to its case, the code, identifier or number of a licence to the licence if no case is found by it.
    """
    actor = actor_of(request)
    mine = [authority for authority in actor.authorities
            if any(actor.holds(role, authority) for role in RIGHTS[Right.READ])]
    asked = CONTROL.sub("", request.GET.get("q", "")).strip()[:LONGEST]
    exact = queries.by_number(asked.upper()) if asked else None
    if exact is not None and exact.authority in mine:
        return redirect("counter:case", exact.number)
    codes = licences.codes_of(asked) if asked else []
    found = queries.find(mine, words_of(*asked.split()), limit=FOUND + 1)
    if len(codes) == 1 and not found:
        return redirect("counter:licence", codes[0])
    return desk(request, "counter/search.html", asked=asked, rows=[_row(each) for each in found[:FOUND]],
                licences=[licences.licence(code) for code in codes[:FOUND]],
                more=len(found) > FOUND, most=FOUND)


def _row(case: CaseRow) -> dict[str, Any]:
    words, tone = STATES[case.state]
    return {"case": case, "state": words, "tone": tone, "due": day(last_day(case.due_at)) if case.due_at else "",
            "received": minute(case.submitted_at),
            "outcome": gettext("Refused") if case.outcome == "REFUSED" else ""}
