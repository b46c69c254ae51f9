"""The living page of the design system."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from tongban.forms.types import Field, FieldKind, FieldProblem, OnlyIf, Option, Prefill, Question
from tongban.kernel.errors import NotFound
from tongban.kernel.types import Text
from tongban.web import failures
from tongban.web.gate import anyone
from tongban.web.pages import page


def _ask(name: str, kind: FieldKind, zh: str, en: str, *, value: object = None, problem: str = "", **layout: Any) -> Question:
    label = Text(zh=zh, en=en)
    field = Field(name=name, kind=kind, label=label, required=layout.pop("required", True), **layout)
    wrong = FieldProblem(field=name, code="", message=problem, label=label) if problem else None
    return Question(field=field, value=value, problem=wrong, problems={}, prefill=None)


def _options(**labels: tuple[str, str]) -> tuple[Option, ...]:
    return tuple(Option(code=code, label=Text(zh=zh, en=en)) for code, (zh, en) in labels.items())


def _known(asked: Question, zh: str, en: str) -> Question:
    return Question(field=asked.field, value=asked.value, problem=None, problems={},
                    prefill=Prefill(value=asked.value, source=Text(zh=zh, en=en)))


PREMISES = _options(hair=("理发店或美容店", "Hairdresser or beauty salon"), hotel=("旅馆或民宿", "Hotel or guest house"),
                    pool=("游泳场所", "Swimming pool"))
ASKED = (
    _ask("area", FieldKind.NUMBER, "经营面积", "Area of the premises", value="forty", width="short",
         hint=Text(zh="和租赁合同一致，顾客能进的房间都算。", en="As in the lease. Count all rooms that guests enter."),
         unit=Text(zh="平方米", en="square metres"), problem="Enter a number in figures, for example 120 or 120.5."),
    _ask("kind", FieldKind.CHOICE, "是哪一类场所？", "What kind of premises is it?", options=PREMISES,
         problem="Choose one of the answers shown."),
    _known(_ask("address", FieldKind.TEXT, "地址", "Address", value="广安区示例路 8 号", autocomplete="street-address"),
           "营业执照", "your business licence"),
)
"""What a page of a form asks: two answers that cannot be taken, and one that we know."""

FIELDS = (
    *ASKED,
    _ask("phone", FieldKind.PHONE, "电话", "Phone", required=False, autocomplete="tel", width="medium"),
    _ask("deposit", FieldKind.MONEY, "押金", "Deposit", value=120000, width="short"),
    _ask("opening", FieldKind.DATE, "开业日期", "Opening day", value="2026-03-16"),
    _ask("staff", FieldKind.INTEGER, "从业人数", "Number of staff", value=3, width="short"),
    _ask("water", FieldKind.YES_NO, "有没有二次供水？", "Is water stored on the premises?",
         options=_options(true=("是", "Yes"), false=("否", "No")), value=True),
    Question(field=Field(name="tank", kind=FieldKind.TEXT, label=Text(zh="水箱位置", en="Where the tank is"), required=True),
             value=None, problem=None, problems={}, prefill=None,
             only_if=OnlyIf(field="water", question=Text(zh="有没有二次供水？", en="Is water stored on the premises?"),
                            answer=Text(zh="是", en="Yes"), posted="true")),
    _ask("by", FieldKind.CHOICES, "怎么通知您？", "How should we write to you?", value=["sms"],
         options=_options(sms=("短信", "Text message"), post=("邮寄", "Post"))),
    _ask("town", FieldKind.REGION, "乡镇街道", "Township", options=_options(**{
        "511602001000": ("浓洄街道", "Nonghui Subdistrict"), "511602002000": ("北辰街道", "Beichen Subdistrict")})),
    _ask("id", FieldKind.ID_NUMBER, "身份证号", "ID number", width="medium"),
    _ask("uscc", FieldKind.USCC, "统一社会信用代码", "Unified social credit code", width="medium"),
    _ask("postcode", FieldKind.POSTCODE, "邮政编码", "Postcode", required=False, width="short"),
    _ask("rooms", FieldKind.LINES, "房间", "Rooms", value=["前厅", "洗发间"]),
    _ask("notes", FieldKind.LONG_TEXT, "还有什么要告诉我们？", "Anything else we should know?", required=False),
    _ask("keeper", FieldKind.GROUP, "卫生负责人", "Who looks after hygiene", value={"name": "张示例"}, parts=(
        Field(name="name", kind=FieldKind.TEXT, label=Text(zh="姓名", en="Name"), required=True),
        Field(name="tel", kind=FieldKind.PHONE, label=Text(zh="电话", en="Phone"), required=False))),
    _ask("people", FieldKind.ROWS, "从业人员", "Staff", value=[{"name": "李示例"}], most=3, parts=(
        Field(name="name", kind=FieldKind.TEXT, label=Text(zh="姓名", en="Name"), required=True),)),
)
"""Every kind of question a form can ask."""

PROBLEMS = tuple({"href": f"#{each.problem.input_id}", "message": _(each.problem.message)} for each in ASKED if each.problem)
LONG = Text(
    zh="公共场所（含理发店、美容店、游泳场所、商场、旅馆、候车室）卫生许可（新办、变更、延续、补办）及其卫生检测报告备案",
    en="Hygiene permit for public premises (hairdressers, beauty salons, swimming pools, shopping centres, hotels, "
       "waiting rooms), first application, change, renewal or replacement, with the filing of its test report")
OWN: Mapping[str, Mapping[str, Any]] = {
    **{name: {} for name in ("start", "check", "confirmation", "tasks", "guide", "results", "matter", "desk", "worklist",
                             "oversight", "sheet")},
    "index": {"asked": FIELDS},
    "question": {"asked": ASKED, "problems": PROBLEMS},
    "states": {"long": LONG},
}
"""Pages made of sample words, with what they show."""

REAL: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "error": ("portal/failure.html", {
        "title": _("We could not find what you asked for."), "next_step": failures.NEXT_STEPS[404], "code": "not_found",
        "elsewhere": ""}),
    "waiting": ("portal/not_now.html", {
        "code": "read_only", "typed": ["42"], "files": [], "posted": [("area", "42")]}),
    "signed-out": ("portal/sign_in.html", {
        "next": "/", "carried": "", "login": "", "problems": (), "kept": True, "files": True}),
}
"""Pages that people meet, drawn by their own templates."""


@anyone
def design(request: HttpRequest, name: str = "index") -> HttpResponse:
    """Every part and every kind of page, drawn by the templates in use."""
    if name in OWN:
        return page(request, f"design/{name}.html", **OWN[name])
    if name not in REAL:
        raise NotFound
    template, names = REAL[name]
    return page(request, template, **names)
