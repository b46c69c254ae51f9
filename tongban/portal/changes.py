"""What became different in a service since an application for it was begun, in plain words."""

from typing import Any

from django.utils.translation import gettext as _

from tongban.cases.access import OpenDraft
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import Guide, Necessity
from tongban.forms import rules as forms
from tongban.forms.types import Answers, CompiledForm, Page
from tongban.portal.guides import limit_words
from tongban.web.jinja import language, say


def asked(form: CompiledForm, answers: Answers) -> Answers:
    """The answers to what this form asks; a draft also keeps those to what an earlier version asked."""
    return {name: value for name, value in answers.items() if name in form.fields}


def page_of_old(draft: OpenDraft, step: str) -> tuple[CompiledForm, Page] | None:
    """A page that the version the draft was begun under had, with its form."""
    form = _old_form(draft)
    return next(((form, each) for each in form.pages if each.code == step), None)


def since_begun(draft: OpenDraft, guide: Guide, form: CompiledForm) -> list[dict[str, Any]]:
    """A line for each thing that is different for this applicant: what is new, what is gone, what was kept of it."""
    if draft.begun_version == draft.item_version:
        return []
    old, before = _old_form(draft), catalogue.guide(draft.item_code, draft.begun_version)
    new = [field for field in forms.visible_fields(form, asked(form, draft.typed)) if field.name not in old.fields]
    gone = {name: value for name, value in draft.typed.items() if name in old.fields and name not in form.fields}
    kept = [{"label": row.label, "value": "\n".join(row.lines)} for row in forms.summary(old, draft.typed, language())
            if row.field in gone and row.lines]
    papers = {each.code: each for each in guide.materials_for(draft.situation) if not each.from_form}
    papers_before = {each.code: each for each in before.materials_for(draft.situation) if not each.from_form}
    lines = [
        (_("New questions"), [say(each.label) for each in new]),
        (_("New papers"), [say(each.name) for code, each in papers.items()
                           if code not in papers_before and each.necessity is not Necessity.OPTIONAL]),
        (_("Papers you now have to hand in"), [
            say(each.name) for code, each in papers.items() if code in papers_before
            and each.necessity is Necessity.REQUIRED and papers_before[code].necessity is not Necessity.REQUIRED]),
        (_("Papers no longer needed"), [say(each.name) for code, each in papers_before.items() if code not in papers]),
        (_("Promised time"), [_("{new} instead of {old}").format(new=limit_words(guide.promised_limit),
                                                                old=limit_words(before.promised_limit))]
         if guide.promised_limit != before.promised_limit else []),
    ]
    told = [{"label": label, "value": "\n".join(values)} for label, values in lines if values]
    told += [{"label": each["label"], "value": each["value"], "note": _("No longer asked. It is not sent.")}
             for each in kept]
    return told


def _old_form(draft: OpenDraft) -> CompiledForm:
    before = catalogue.guide(draft.item_code, draft.begun_version)
    return catalogue.form(before.form_code, before.form_version)
