"""Rating a finished case by the link of its invitation; no sign-in needed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tongban.authorities import queries as authorities
from tongban.kernel import clock
from tongban.kernel.errors import HouseError, NotFound
from tongban.reviews import actions, queries
from tongban.reviews.types import Grade, TokenHolder
from tongban.web.failures import told
from tongban.web.gate import anyone
from tongban.web.pages import page


@anyone
def review(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for one of five grades; say what follows from a poor one."""
    invitation = queries.invitation(token)
    if invitation.grade is not None:
        return _thanks(request, invitation.grade)
    who = getattr(request, "actor", None) or TokenHolder()
    chosen, ticked = request.POST.get("grade", ""), tuple(request.POST.getlist("option"))[:20]
    text = request.POST.get("text", "")
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        if chosen not in {str(int(grade)) for grade in Grade}:
            problems = [{"href": "#grade", "message": _("Choose how satisfied you are")}]
        else:
            try:
                offered = {each.code for each in queries.options(on=clock.today()).of(Grade(int(chosen)))}
                actions.submit_review(who, token=token, grade=int(chosen), text=text,
                                      options_ticked=tuple(each for each in ticked if each in offered))
            except NotFound:
                raise
            except HouseError as error:
                problems = [{"href": "#text", "message": told(error)}]
            else:
                return _thanks(request, Grade(int(chosen)))
    known = queries.options(on=clock.today())
    shown = {option.code: option for grade in Grade for option in known.of(grade)}
    office = authorities.authority(invitation.authority)
    return page(request, "portal/review.html", item_name=invitation.item_name, authority_name=office.name,
                grades=_grades(), options=list(shown.values()), chosen=chosen, ticked=ticked, text=text,
                problems=problems, status=422 if problems else 200)


def _thanks(request: HttpRequest, grade: Grade) -> HttpResponse:
    return page(request, "portal/thanks.html", poor=grade.is_poor)


def _grades() -> list[dict[str, Any]]:
    words = (_("Very satisfied"), _("Satisfied"), _("Basically satisfied"), _("Dissatisfied"), _("Very dissatisfied"))
    return [{"value": int(grade), "label": word} for grade, word in zip(Grade, words, strict=True)]
