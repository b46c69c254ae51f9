"""What people said of finished matters: as given, words with numbers blotted out, and whether they count."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext

from tongban.catalogue import queries as catalogue
from tongban.identity.types import Role
from tongban.oversight.frame import (
    BATCH,
    Slice,
    chosen,
    draw,
    first_page,
    item_name,
    key_in,
    link,
    office_options,
    offices,
    pages,
    sifted,
)
from tongban.oversight.periods import LABELS, Period, period_of
from tongban.oversight.words import FINDINGS, RECTIFICATION_STATES
from tongban.reviews import queries
from tongban.reviews.rules import masked, option_labels
from tongban.reviews.types import Finding, RectificationRow, ReviewRow
from tongban.web.gate import actor_of, staff
from tongban.web.jinja import day_short, language
from tongban.web.words import GRADES

SHOWS = ("", "good", "poor", "uncounted")
UNCOUNTED = (Finding.MISTAKEN, Finding.MALICIOUS)


@staff(Role.SUPERVISOR)
def reviews(request: HttpRequest) -> HttpResponse:
    """The reviews of cases whose result was ready in a period; `show` is good or poor (EVA-17)."""
    keys, named = chosen(request)
    period = period_of(request)
    show = request.GET.get("show", "") if request.GET.get("show") in SHOWS else ""

    found, answers = _found(keys, period, show, key_in(request, "before"))
    counted = queries.figures(since=period.since, until=period.until, authorities=keys)
    good, total = sum(row.good for row in counted), sum(row.reviewed for row in counted)
    uncounted = total - sum(row.counted for row in counted)
    exact = {"good": good, "poor": total - good, "uncounted": uncounted}.get(show, total)
    names = {code: row.name for code, row in
             catalogue.items_by_code(sorted({row.item_code for row in found.rows})).items()}
    known = offices(sorted({row.authority for row in found.rows}))
    return draw(
        request, "reviews", section="reviews", period=period, show=show,
        counted=ngettext("{count} review", "{count} reviews", exact).format(count=f"{exact:,}"),
        several=len(keys) > 1,
        invited=sum(row.invited for row in counted), not_counted=uncounted,
        rows=[_line(row, answers.get(row.id)) | {"item": item_name(names, row.item_code),
                                                 "office": known[row.authority]} for row in found.rows],
        pager=pages(request, found, route="reviews", exact=exact, show=show, authority=named, period=period.span),
        offices=office_options(actor_of(request)), authority=named or "", office=offices(keys)[named] if named else "",
        shows=[{"value": "", "label": gettext("Good and poor")}, {"value": "good", "label": gettext("Good reviews")},
               {"value": "poor", "label": gettext("Poor reviews")},
               {"value": "uncounted", "label": gettext("Found mistaken or malicious")}],
        periods=[{"value": str(span), "label": label} for span, label in LABELS.items()])


def _found(keys: Sequence[int], period: Period, show: str,
           before: int | None) -> tuple[Slice, dict[int, RectificationRow]]:
    """One page of reviews, and what became of the poor ones among them."""
    answers: dict[int, RectificationRow] = {}

    def fetch(last: int | None, limit: int) -> list[ReviewRow]:
        rows = queries.reviews(authorities=keys, poor_only=show in ("poor", "uncounted"), since=period.since,
                               until=period.until, before=last, limit=limit)
        answers.update(answers_to(keys, [row.id for row in rows if row.grade.is_poor]))
        return rows

    if show == "good":
        return sifted(fetch, lambda row: not row.grade.is_poor, before), answers
    if show == "uncounted":
        return sifted(fetch, lambda row: row.id in answers and answers[row.id].finding in UNCOUNTED, before), answers
    return first_page(fetch, before), answers


def answers_to(authorities: Sequence[int], wanted: Sequence[int]) -> Mapping[int, RectificationRow]:
    """The rectifications of some reviews; they were opened in nearly the order of the reviews, newest first."""
    found: dict[int, RectificationRow] = {}
    missing, before = set(wanted), None
    while missing:
        batch = queries.rectifications(authorities=authorities, open_only=False, before=before, limit=BATCH)
        found |= {row.review.id: row for row in batch if row.review.id in missing}
        missing -= set(found)
        if len(batch) < BATCH or max(row.review.id for row in batch) < min(missing, default=0):
            break
        before = batch[-1].id
    return found


def heard(row: ReviewRow) -> dict[str, Any]:
    """A review as it may be shown: grade, reasons ticked, words without numbers."""
    words, tone = GRADES[row.grade]
    ticked = option_labels(row.options, queries.options_of(row.options_version), language())
    return {"grade": words, "tone": tone, "ticked": gettext(", ").join(ticked), "text": masked(row.text),
            "follow_up": masked(row.follow_up), "given": day_short(row.given_at), "case_number": row.case_number,
            "case_href": link("case", row.case_number), "signed_in": row.signed_in}


def _line(row: ReviewRow, answer: RectificationRow | None) -> dict[str, Any]:
    if answer is None:
        return heard(row) | {"answer": "–", "answer_href": "", "answer_tone": "plain"}
    words, tone = RECTIFICATION_STATES[answer.state]
    if answer.finding in UNCOUNTED:
        words, tone = FINDINGS[answer.finding], "plain"
    return heard(row) | {"answer": words, "answer_href": link("rectification", answer.id), "answer_tone": tone}
