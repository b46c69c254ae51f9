"""The written vouchers of a case: receipt, acceptance, non-acceptance, corrections, decision; dated and sealed."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from tongban.cases import queries
from tongban.cases.access import LockedCase
from tongban.cases.queries import CaseRow
from tongban.cases.types import DeclineGround
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import Guide
from tongban.identity import queries as identity
from tongban.kernel import clock, vault
from tongban.kernel.errors import NotFound
from tongban.kernel.types import Text
from tongban.licences.rendering.pdf import render_notice
from tongban.licences.rendering.types import NoticeSheet, SheetField
from tongban.seals.rules import seal_picture

GROUNDS = {
    DeclineGround.NO_PERMIT_NEEDED: "该事项依法不需要取得行政许可。",
    DeclineGround.NOT_OUR_POWER: "该事项依法不属于本机关职权范围。",
    DeclineGround.BARRED: "申请人依法不得提出该项申请。",
}
REMEDY = "如不服本决定，可以自收到本决定之日起六十日内申请行政复议，或者自收到之日起六个月内提起行政诉讼。"


class VoucherUnknown(NotFound):
    """There is no such voucher for this case."""


def render(kind: str, case: LockedCase, row: CaseRow) -> bytes:
    """The voucher as PDF; `VoucherUnknown` where the case has none of this kind."""
    writer = WRITERS.get(kind)
    written = writer(case, row) if writer else None
    if written is None:
        raise VoucherUnknown
    heading, day, paragraphs = written
    guide = catalogue.guide(case.item_code, case.item_version)
    applicant = identity.party(case.applicant_id)
    return render_notice(NoticeSheet(
        heading=heading, authority=guide.authority_name, case_number=case.number,
        addressee=applicant.name if applicant else case.applicant_name, paragraphs=tuple(paragraphs), dated_on=day,
        seal=seal_picture(guide.authority_name.zh, purpose="行政许可专用章"), facts=_facts(guide, case, row)))


def _facts(guide: Guide, case: LockedCase, row: CaseRow) -> tuple[SheetField, ...]:
    agent = identity.acting_name(case.agent_id, case.applicant_id)
    return (*((SheetField(label=Text(zh="代办人", en="Sent by"), value=agent),) if agent else ()),
            SheetField(label=Text(zh="事项", en="Service"), value=guide.name.zh),
            SheetField(label=Text(zh="收件时间", en="Received"), value=f"{clock.local(row.submitted_at):%Y-%m-%d %H:%M}"),
            SheetField(label=Text(zh="查询码", en="Query code"), value=vault.query_code(row.number)))


Written = tuple[Text, date, list[str]]


def _receipt(case: LockedCase, row: CaseRow) -> Written | None:
    return (Text(zh="收件凭证", en="Receipt"), clock.local(row.submitted_at).date(),
            ["已收到您提交的申请和材料。", f"最迟{_day(row.intake_due_at)}答复是否受理；逾期不答复的，自收到申请之日起即为受理。"])


def _acceptance(case: LockedCase, row: CaseRow) -> Written | None:
    if row.accepted_at is None or row.promised_due_at is None or row.statutory_due_at is None:
        return None
    how = "逾期未告知，依法视为受理。" if row.deemed else "申请材料齐全、符合法定形式，决定予以受理。"
    return (Text(zh="受理通知书", en="Notice of acceptance"), clock.local(row.accepted_at).date(),
            [how, f"承诺{_day(row.promised_due_at)}前办结；法定期限至{_day(row.statutory_due_at)}。"])


def _corrections(case: LockedCase, row: CaseRow) -> Written | None:
    found = queries.corrections_of(case.id)
    if not found:
        return None
    notice = found[-1]
    lines = [f"{number}. {item['name']['zh']}：{item['what']}" for number, item in enumerate(notice.items, 1)]
    return (Text(zh="一次性补正告知书", en="Notice of corrections"), clock.local(notice.requested_at).date(),
            ["经审查，下列内容需要补正，现一次性告知全部内容：" if notice.notice == 1 else
             "经监督人员同意，再次告知下列需要补正的内容：", *lines, f"请于{_day(notice.due_at)}前补正。"])


def _decision(case: LockedCase, row: CaseRow) -> Written | None:
    found = queries.decision_of(case.id)
    if found is None:
        return None
    day = clock.local(found.at).date()
    if found.kind == "GRANTED":
        return (Text(zh="准予行政许可决定书", en="Decision: granted"), day, ["经审查，申请符合法定条件，决定准予。"])
    if found.kind == "REFUSED":
        return (Text(zh="不予行政许可决定书", en="Decision: refused"), day,
                ["经审查，决定不予准许。", f"理由：{found.reason}", REMEDY])
    organ = f"请向{found.right_organ}申请。" if found.right_organ else ""
    return (Text(zh="不予受理通知书", en="Notice of non-acceptance"), day,
            [GROUNDS[DeclineGround(found.ground)] + organ, f"说明：{found.reason}", REMEDY])


def _day(moment: datetime) -> str:
    last = clock.local(moment - timedelta(microseconds=1)).date()
    return f"{last.year}年{last.month}月{last.day}日"


WRITERS: dict[str, Callable[[LockedCase, CaseRow], Written | None]] = {
    "receipt": _receipt, "acceptance": _acceptance, "corrections": _corrections, "decision": _decision,
}
