"""What the applicant is told at each turn, in both languages: what happened, what comes next, by when."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from tongban.calendars.types import local
from tongban.kernel.types import Text


class Told(Protocol):
    """What a letter may say of a case."""

    intake_due_at: datetime
    correction_due_at: datetime | None
    promised_due_at: datetime | None
    statutory_due_at: datetime | None
    deemed: bool
    outcome: str
    licence: str


def letter(name: str, payload: Mapping[str, Any], item: Text, case: Told) -> tuple[Text, Text]:
    """Title and body of the message for an event of a case."""
    return WRITERS[name](payload, item, case)


def _submitted(payload: Mapping[str, Any], item: Text, case: Told) -> tuple[Text, Text]:
    last = day(case.intake_due_at)
    return (Text(zh=f"收到了：{item.zh}", en=f"Received: {item.in_('en')}"),
            Text(zh=f"我们收到了您的申请。最迟 {last.zh}告诉您是否受理；到期没有回复，就算受理。",
                 en=f"We have your application. You will hear by {last.en} whether it is accepted; if you hear "
                    "nothing by then, it counts as accepted."))


def _accepted(payload: Mapping[str, Any], item: Text, case: Told) -> tuple[Text, Text]:
    last = day(case.promised_due_at)
    deemed_zh = "我们没有按时答复，依法视为已经受理。" if case.deemed else "申请材料齐了，已经受理。"
    deemed_en = ("We did not answer in time, so by law your application counts as accepted. " if case.deemed
                 else "Your application is complete and accepted. ")
    return (Text(zh=f"受理了：{item.zh}", en=f"Accepted: {item.in_('en')}"),
            Text(zh=f"{deemed_zh}承诺 {last.zh}前办好。", en=f"{deemed_en}We promise a result by {last.en}."))


def _declined(payload: Mapping[str, Any], item: Text, case: Told) -> tuple[Text, Text]:
    return (Text(zh=f"没有受理：{item.zh}", en=f"Not accepted: {item.in_('en')}"),
            Text(zh="这项申请没有受理。原因和您可以怎么做，都写在办件页面里。",
                 en="This application was not accepted. The case page says why and what you can do."))


def _corrections(payload: Mapping[str, Any], item: Text, case: Told) -> tuple[Text, Text]:
    last = day(case.correction_due_at)
    count = payload["count"]
    things = "is 1 thing" if count == 1 else f"are {count} things"
    return (Text(zh=f"请补充材料：{item.zh}", en=f"Please correct: {item.in_('en')}"),
            Text(zh=f"有 {count} 处要补正，我们一次说清了。请在 {last.zh}前补上；已经填好的都在。",
                 en=f"There {things} to put right, all named at once. Please send them by {last.en}; "
                    "everything you filled in is kept."))


def _suspended(payload: Mapping[str, Any], item: Text, case: Told) -> tuple[Text, Text]:
    end = payload["announced_end"]
    return (Text(zh=f"计时暂停：{item.zh}", en=f"Clock stopped: {item.in_('en')}"),
            Text(zh=f"正在进行法律规定的程序，这段时间不计入办理时限，预计 {end} 结束。",
                 en=f"A procedure the law provides for is under way. Its time does not count; it should end on {end}."))


def _resumed(payload: Mapping[str, Any], item: Text, case: Told) -> tuple[Text, Text]:
    last = day(case.promised_due_at)
    return (Text(zh=f"继续办理：{item.zh}", en=f"Clock running again: {item.in_('en')}"),
            Text(zh=f"计时继续，承诺 {last.zh}前办好。",
                 en=f"The clock runs again. We promise a result by {last.en}."))


def _extended(payload: Mapping[str, Any], item: Text, case: Told) -> tuple[Text, Text]:
    last, reason = day(case.statutory_due_at), payload["reason"]
    return (Text(zh=f"办理期限延长：{item.zh}", en=f"Time limit extended: {item.in_('en')}"),
            Text(zh=f"经批准，法定期限延长到 {last.zh}。理由：{reason}",
                 en=f"With approval, the legal limit now ends on {last.en}. The reason given: {reason}"))


def _due_changed(payload: Mapping[str, Any], item: Text, case: Told) -> tuple[Text, Text]:
    """Of the clocks that moved, the one people wait for, or must act by themselves."""
    clock = next(each for each in ("correction", "intake", "promised", "statutory") if each in payload["changes"])
    before, after = (day(datetime.fromisoformat(each)) for each in payload["changes"][clock])
    what = {"correction": Text(zh="请您补充材料的最后一天", en="The last day to send what is missing"),
            "intake": Text(zh="告诉您是否受理的最后一天", en="The last day to tell you whether it is accepted"),
            "promised": Text(zh="承诺办好的最后一天", en="The day by which we promise a result"),
            "statutory": Text(zh="法律规定的最后一天", en="The last day the law allows")}[clock]
    return (Text(zh=f"日期变了：{item.zh}", en=f"New date: {item.in_('en')}"),
            Text(zh=f"国家调整了工作日，日期要重新算。{what.zh}原来是 {before.zh}，现在是 {after.zh}。您不用做什么。"
                 if clock != "correction" else f"国家调整了工作日，日期要重新算。{what.zh}原来是 {before.zh}，现在是 {after.zh}。",
                 en=f"The official working days changed, so the dates were counted anew. {what.en} was {before.en}; "
                    f"it is now {after.en}." + ("" if clock == "correction" else " You need not do anything.")))


def _concluded(payload: Mapping[str, Any], item: Text, case: Told) -> tuple[Text, Text]:
    if case.outcome == "REFUSED":
        return (Text(zh=f"没有批准：{item.zh}", en=f"Refused: {item.in_('en')}"),
                Text(zh="理由和申请复议、提起诉讼的办法，都写在办件页面里。",
                     en="The case page gives the reasons and how to ask for a review or go to court."))
    if not case.licence:
        return (Text(zh=f"办好了：{item.zh}", en=f"Done: {item.in_('en')}"),
                Text(zh="办好了。结果在办件页面里。", en="It is done. The case page shows the result."))
    return (Text(zh=f"办好了：{item.zh}", en=f"Done: {item.in_('en')}"),
            Text(zh="办好了。证照在“我的证照”里，可以下载，也可以出示二维码。",
                 en="It is done. You will find the licence under “My licences”, to download or to show as a code."))


def _closed(payload: Mapping[str, Any], item: Text, case: Told) -> tuple[Text, Text]:
    return (Text(zh=f"已结束：{item.zh}", en=f"Closed: {item.in_('en')}"),
            Text(zh="到期没有收到补充的材料，这次申请结束了。您可以随时重新申请。",
                 en="What was missing did not arrive in time, so this application is closed. You may apply again."))


def _voided(payload: Mapping[str, Any], item: Text, case: Told) -> tuple[Text, Text]:
    reason = payload["reason"]
    return (Text(zh=f"已作废：{item.zh}", en=f"Voided: {item.in_('en')}"),
            Text(zh=f"这次申请被作废了。理由：{reason}", en=f"This application was voided. The reason given: {reason}"))


def day(moment: datetime | None) -> Text:
    """The last day of a limit that ends at `moment`."""
    if moment is None:
        return Text(zh="（日期待定）", en="(date to come)")
    last = local(moment - timedelta(microseconds=1)).date()
    weekday = "一二三四五六日"[last.weekday()]
    return Text(zh=f"{last.month}月{last.day}日（周{weekday}）", en=f"{last:%A} {last.day} {last:%B}")


WRITERS = {
    "CaseSubmitted": _submitted, "CaseAccepted": _accepted, "CaseDeclined": _declined,
    "CorrectionsRequested": _corrections, "CaseSuspended": _suspended, "CaseResumed": _resumed,
    "CaseExtended": _extended, "CaseDueChanged": _due_changed, "CaseConcluded": _concluded, "CaseClosed": _closed,
    "CaseVoided": _voided,
}
