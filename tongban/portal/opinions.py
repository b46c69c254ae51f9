"""Reviews in words, as everyone reads them: no name, no case, and what the authority answered (EVA-13)."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

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
    """What people said of a service: how often each grade was given, and the latest reviews."""
    counts = queries.public_counts(item_code=code)
    return {
        "total": counts.total + counts.not_counted, "not_counted": ngettext(
            "{count} more was found mistaken or malicious: shown, not counted.",
            "{count} more were found mistaken or malicious: shown, not counted.", counts.not_counted).format(
                count=f"{counts.not_counted:,}") if counts.not_counted else "",
        "headline": ngettext("{count} rating", "{count} ratings", counts.total).format(count=f"{counts.total:,}"),
        "grades": [{"label": words, "value": f"{counts.grades[grade]:,}", "tone": "late" if grade.is_poor else "",
                    "share": round(100 * counts.grades[grade] / (counts.total or 1), 1)}
                   for grade, (words, _tone) in GRADES.items()],
        "latest": [opinion(each) for each in queries.public_reviews(item_code=code, limit=LATEST)],
    }


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
