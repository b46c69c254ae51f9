"""What one answered, as it was sent and as it stands after corrections."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from tongban.cases.access import case_to_read
from tongban.cases.queries import answers_of
from tongban.catalogue import queries as catalogue
from tongban.forms import rules as forms
from tongban.web.gate import actor_of, also_helped, citizens
from tongban.web.jinja import language
from tongban.web.pages import page


@also_helped
@citizens
def answers(request: HttpRequest, number: str) -> HttpResponse:
    """The application form of a case, filled in."""
    found = case_to_read(actor_of(request), number)
    guide = catalogue.guide(found.item_code, found.item_version)
    form = catalogue.form(guide.form_code, guide.form_version)
    given = answers_of(found)
    rows = forms.summary(form, given, language())
    sections = [{"title": each.title,
                 "rows": [{"label": row.label, "value": "\n".join(row.lines) or gettext("Not given")}
                          for row in rows if row.page == each.code]} for each in forms.visible_pages(form, given)]
    options = guide.situation.options if guide.situation else ()
    chosen = next((each.label for each in options if each.code == found.situation), None)
    return page(request, "portal/answers.html", number=number, guide=guide, sections=sections, chosen=chosen)
