"""The law of forms: compile a definition, read what browsers post, check answers, fill in, show again."""

from tongban.forms.rules.checking import (
    MESSAGES,
    WHOLE_FORM,
    check,
    fits,
    may_be_asked,
    visible_answers,
    visible_fields,
    visible_pages,
)
from tongban.forms.rules.definitions import compile_form, page_of
from tongban.forms.rules.formats import is_phone, is_postcode, is_region
from tongban.forms.rules.reading import merge_page, read_field, read_page
from tongban.forms.rules.showing import prefill, questions, summary

__all__ = [
    "MESSAGES",
    "WHOLE_FORM",
    "check",
    "compile_form",
    "fits",
    "is_phone",
    "is_postcode",
    "is_region",
    "may_be_asked",
    "merge_page",
    "page_of",
    "prefill",
    "questions",
    "read_field",
    "read_page",
    "summary",
    "visible_answers",
    "visible_fields",
    "visible_pages",
]
