"""What follows: whoever's password changed is told, wherever they read it."""

from tongban.identity import queries
from tongban.identity.events import (
    AgentAppointed,
    AgentEnded,
    HelpEnded,
    HelpStarted,
    MandateEnded,
    MandateGiven,
    PasswordChanged,
)
from tongban.kernel import database
from tongban.kernel.events import Event
from tongban.kernel.following import follows, one_by_one
from tongban.kernel.types import System, Text
from tongban.messages import actions as messages


@follows(PasswordChanged, name="identity.tell_of_password")
@one_by_one
def tell_of_password(event: Event) -> None:
    """Tell the person (T28: notice on every change), who may not be the one who changed it."""
    if event.party is not None:
        messages.send(
            System(name="identity"), party=event.party, link="/me/security/",
            title=Text(zh="您的密码改了", en="Your password was changed"),
            body=Text(zh="其他设备都已退出。如果不是您本人改的，请马上拨打服务电话。",
                      en="All other devices were signed out. If it was not you, call the help line at once."))


@follows(MandateGiven, AgentAppointed, MandateEnded, AgentEnded, name="identity.tell_of_mandate")
@one_by_one
def tell_of_mandate(event: Event) -> None:
    """Tell both sides that a mandate began or ended; who was appointed without one was told on paper."""
    found = queries.mandate_by_id(event.payload["mandate"]) if event.payload["mandate"] else None
    if found is None or found.accepted_at is None:
        return
    begun = event.name in ("MandateGiven", "AgentAppointed")
    title = Text(zh="代办授权已生效" if begun else "代办授权已结束", en="A mandate is in force" if begun else "A mandate has ended")
    until = found.terms.valid_to
    body = Text(
        zh=f"{found.agent_name}可以替{found.principal_name}办事，到{until.year}年{until.month}月{until.day}日为止。随时可以结束。" if begun
        else f"{found.agent_name}不能再替{found.principal_name}办事，也看不到相关内容了。",
        en=f"{found.agent_name} may act for {found.principal_name} until {until.isoformat()}. Either of you can end it at any moment."
        if begun else f"{found.agent_name} can no longer act for {found.principal_name} or read their matters.")
    for party in (found.principal, found.agent):
        if party is not None:
            messages.send(System(name="identity"), party=party, title=title, body=body, link=f"/me/mandates/{found.key}/")


@follows(HelpStarted, HelpEnded, name="identity.tell_of_help")
@one_by_one
def tell_of_help(event: Event) -> None:
    """Tell a person who was helped at a counter who it was and what was sent for them."""
    if event.party is None:
        return
    helper = queries.shown_names([event.payload["helper"]]).get(event.payload["helper"], "")
    if event.name == "HelpStarted":
        title = Text(zh="窗口工作人员开始帮您办事", en="A clerk at a counter now helps you")
        body = Text(zh=f"{helper}正在替您办事。如果不是您让办的，请马上结束。",
                    en=f"{helper} acts for you now. If you did not ask for it, end it at once.")
    else:
        sent = [number for (number,) in database.rows(
            "select e.subject from kernel_event e where e.id < %s and e.id > (select min(s.id) from kernel_event s where s.subject = %s) "
            "and e.party = %s and e.role = 'HELPER' and e.name = 'CaseSubmitted' and e.actor = %s order by e.id",
            [event.id, event.subject, event.party, f"account:{event.payload['helper']}"])]
        title = Text(zh="窗口帮办已结束", en="The help at the counter has ended")
        body = Text(zh=f"{helper}替您提交了：{'、'.join(sent)}。" if sent else f"{helper}没有替您提交申请。已开始的草稿在“我的办件”里。",
                    en=f"{helper} sent for you: {', '.join(sent)}." if sent else
                    f"{helper} sent no application. What was begun stands under My matters.")
    messages.send(System(name="identity"), party=event.party, title=title, body=body, link="/me/help/")
