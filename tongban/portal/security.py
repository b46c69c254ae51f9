"""Where I am signed in, and my password: seen, ended and changed by whoever it belongs to."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongban.identity import actions as identity
from tongban.identity import queries as known
from tongban.identity.errors import (
    PasswordNotYours,
    PasswordTooCommon,
    PasswordTooShort,
    PasswordUnchanged,
    TooManyAttempts,
)
from tongban.identity.types import Actor, Proofing
from tongban.kernel import clock, parameters
from tongban.portal.space import sections
from tongban.web.failures import told
from tongban.web.gate import actor_of, address_of, citizens, proved_lately
from tongban.web.jinja import datetime_short
from tongban.web.pages import page, see_other

LONGEST = 200
PRESENT, NEW, AGAIN = "password-present", "password-new", "password-again"
"""Fields that are carried through no other page."""
SYSTEMS = (("HarmonyOS", "HarmonyOS"), ("OpenHarmony", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
           ("Windows", "Windows"), ("Macintosh", "Mac"), ("Linux", "Linux"))
BROWSERS = (("MicroMessenger", "WeChat"), ("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
"""In this order: later ones are also named by earlier ones."""


@proved_lately
@citizens
def security(request: HttpRequest) -> HttpResponse:
    """Show where one is signed in; end the others, or change the password and end them all."""
    actor = actor_of(request)
    here = request.COOKIES[settings.SESSION_COOKIE_NAME]
    if request.method == "POST" and "end" in request.POST:
        identity.close_sessions(actor, keep=here, only=request.POST["end"].replace("\x00", "-")[:64])
        return see_other(f"{reverse('portal:security')}?done=ended")
    if request.method == "POST" and "stop" in request.POST:
        done = "stopped" if identity.stop_new_phone(actor) else "late"
        return see_other(f"{reverse('portal:security')}?done={done}")
    if request.method == "POST":
        problems = _changed(request, actor, here)
        if problems:
            return _shown(request, actor, here, problems=problems)
        return see_other(f"{reverse('portal:security')}?done=changed")
    return _shown(request, actor, here)


def browser_of(header: str) -> str:
    """A browser in two words people know, from what it says of itself; empty where it says nothing we know."""
    found = (next((words for mark, words in marks if mark in header), "") for marks in (BROWSERS, SYSTEMS))
    return " · ".join(each for each in found if each)


def _shown(request: HttpRequest, actor: Actor, here: str, problems: list[dict[str, str]] | None = None) -> HttpResponse:
    mine = known.token_hash(here)
    rows = [{"title": each.browser or _("A browser that does not say its name"), "here": each.key == mine, "key": each.key,
             "text": _("Signed in {since}, last used {seen}").format(since=datetime_short(each.opened_at),
                                                                    seen=datetime_short(each.seen_at))}
            for each in known.sessions_of(actor.account)]
    keys = len(known.keys_of(actor.account))
    return page(request, "portal/security.html", status=422 if problems else 200, sections=sections(actor, "security"), rows=rows,
                others=sum(not row["here"] for row in rows), problems=problems or [], done=request.GET.get("done", ""),
                new_phone=datetime_short(due) if (due := known.new_phone_due(actor.party or 0)) else "",
                login=known.shown_login(actor.account) if request.GET.get("done") == "recovered" else "",
                length=parameters.value("identity.password_length", clock.today()), may_freeze=actor.proofing >= Proofing.L2,
                keys=ngettext("{count} program has a key of yours", "{count} programs have a key of yours", keys).format(
                    count=keys) if keys else "")


def _changed(request: HttpRequest, actor: Actor, here: str) -> list[dict[str, str]]:
    present, new, again = (request.POST.get(name, "") for name in (PRESENT, NEW, AGAIN))
    if not present:
        return [_problem(PRESENT, _("Enter your present password"))]
    for field, typed in ((PRESENT, present), (NEW, new)):
        if len(typed) > LONGEST:
            return [_problem(field, _("The password has more than {most} characters").format(most=LONGEST))]
    if new != again:
        return [_problem(AGAIN, _("The two new passwords differ. Type the new one twice alike"))]
    try:
        identity.change_password(actor, present=present, new=new, address=address_of(request), keep=here)
    except (PasswordNotYours, TooManyAttempts) as error:
        return [_problem(PRESENT, told(error))]
    except (PasswordTooShort, PasswordTooCommon, PasswordUnchanged) as error:
        return [_problem(NEW, told(error))]
    return []


def _problem(field: str, message: Any) -> dict[str, str]:
    return {"href": f"#{field}", "field": field, "message": str(message)}
