"""Reviews in words, as everyone reads them: no name, no case, and what the authority answered (EVA-13)."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tongban.kernel import clock, parameters
from tongban.kernel.statistics import publishable
from tongban.reviews import queries
from tongban.reviews.rules import option_labels
from tongban.reviews.types import Finding, Grade, PublicReview, RectificationState
from tongban.web.jinja import date_short, language

Words = str | Promise
LATEST = 5
GRADES: Mapping[Grade, tuple[Words, str]] = {
    Grade.VERY_SATISFIED: (_("Very satisfied"), "done"), Grade.SATISFIED: (_("Satisfied"), "done"),
    Grade.BASICALLY_SATISFIED: (_("Basically satisfied"), "done"), Grade.DISSATISFIED: (_("Dissatisfied"), "late"),
    Grade.VERY_DISSATISFIED: (_("Very dissatisfied"), "late"),
}
NOT_COUNTED: Mapping[Finding, Words] = {
    Finding.MISTAKEN: _("The authority found that it was a mistake, so it is not counted."),
    Finding.MALICIOUS: _("The authority found that it was malicious, so it is not counted."),
}


def said_of(code: str) -> dict[str, Any]:
    """What people said of a service: how often each grade was given, unless by so few that it tells who, and the latest."""
    counts, smallest = queries.public_counts(item_code=code), parameters.value("statistics.smallest_group", clock.this_day())
    told, few = publishable(counts.grades, smallest), gettext("fewer than {count}").format(count=smallest)
    return {
        "total": counts.total + counts.not_counted, "few": counts.total < smallest,
        "not_counted": _not_counted(counts.not_counted, smallest),
        "headline": gettext("Fewer than {count} ratings so far").format(count=smallest) if counts.total < smallest else
        ngettext("{count} rating", "{count} ratings", counts.total).format(count=f"{counts.total:,}"),
        "grades": [] if counts.total < smallest else [
            {"label": words, "value": few if (shown := told[grade]) is None else f"{shown:,}",
             "tone": "late" if grade.is_poor else "", "share": round(100 * (shown or 0) / (counts.total or 1), 1)}
            for grade, (words, _tone) in GRADES.items()],
        "latest": [opinion(each) for each in queries.public_reviews(item_code=code, limit=LATEST)],
    }


def _not_counted(count: int, smallest: int) -> str:
    if not count:
        return ""
    if count < smallest:
        return gettext("Fewer than {count} more were found mistaken or malicious: shown, not counted.").format(count=smallest)
    return ngettext("{count} more was found mistaken or malicious: shown, not counted.",
                    "{count} more were found mistaken or malicious: shown, not counted.", count).format(count=f"{count:,}")


def opinion(row: PublicReview) -> dict[str, Any]:
    """One review, with what became of it."""
    words, tone = GRADES[row.grade]
    return {"grade": words, "tone": tone, "given": date_short(row.given_on), "text": row.text, "erased": row.erased,
            "follow_up": row.follow_up, "ticked": ticked(row), "finding": finding(row), "reason": row.finding_reason,
            "waiting": waiting(row), "answer": row.answer,
            "answered": date_short(row.answered_on) if row.answered_on else ""}


def ticked(row: PublicReview) -> str:
    """The reasons ticked with the grade, in words."""
    return gettext(", ").join(option_labels(row.options, queries.options_of(row.options_version), language()))


def finding(row: PublicReview) -> Words:
    """What is said of a review that is not counted."""
    return NOT_COUNTED.get(row.finding, "") if row.finding else ""


def waiting(row: PublicReview) -> str:
    """What is said of a poor review without an answer yet."""
    if not row.grade.is_poor or row.answer:
        return ""
    if row.state is RectificationState.RECTIFYING:
        return gettext("The authority is putting it right.")
    return gettext("The authority must look into it and answer.")
