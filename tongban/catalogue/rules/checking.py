"""What keeps a definition from being published, every rule a function of its own (CAT-30 to CAT-40)."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping

import msgspec

from tongban.calendars.types import CORRECTIONS, SpecialProcedure
from tongban.catalogue.rules.deriving import is_same_day, working_days
from tongban.catalogue.types import (
    HandlingForm,
    ItemDefinition,
    MaterialSource,
    Necessity,
    Pace,
    PowerType,
    ResultKind,
    ServiceObject,
    Themes,
)
from tongban.kernel.codes import CodeNotValid, implementation_code, parse_basic_code
from tongban.kernel.errors import Problem
from tongban.kernel.secrecy import mark_inside

AREA_CODE = re.compile(r"0[0-9]{2,3}-[0-9]{5,8}(-[0-9]{1,6})?")
LICENCE_NAME = re.compile(r"(证|证书|执照)$")
CATCH_ALL = re.compile(
    r"其[他它]((有关|相关|所需|必要|需要|应当|应)的?)?(材料|资料|文件|证明|条件)|(法律|法规|规章)[^，。；]{0,12}其[他它]"
    r"|(有关|相关)(材料|资料|文件|证明)|等(有关|相关)?(材料|资料|文件|证明|条件)|等等|等(?=[，。；、）)]|$)"
    r"|\betc\b|\band so on\b"
    r"|\bother (required |necessary |relevant |related )?(materials?|documents?|papers|conditions?)\b"
    r"|\b(relevant|related) (materials?|documents?|papers)\b", re.IGNORECASE)
"""Wording that leaves open what is asked for (CAT-38)."""

Problems = Iterator[Problem]


def check_item(item: ItemDefinition, *, licence_types: Mapping[str, str]) -> tuple[Problem, ...]:
    """Everything that keeps an item from being published. `licence_types`: code -> Chinese name in the library."""
    return (*(problem for rule in RULES for problem in rule(item)), *check_exemptions(item, licence_types))


def code_of(item: ItemDefinition) -> str:
    """The implementation code an item has by its authority, level and basic code (CAT-03)."""
    return implementation_code(item.authority, int(item.level), item.basic_code)


def check_references(item: ItemDefinition, themes: Themes) -> tuple[Problem, ...]:
    """Themes and life stage must be those of the navigation (POR-04)."""
    known = {"themes_person": {theme.code for theme in themes.person},
             "themes_entity": {theme.code for theme in themes.entity},
             "life_stage": {stage.code for stage in themes.life_stages}}
    named = {"themes_person": item.themes_person, "themes_entity": item.themes_entity, "life_stage": (item.life_stage,)}
    return tuple(_problem("theme_unknown", field, "There is no theme with the code {theme}.", theme=code)
                 for field, codes in named.items() for code in codes if code not in known[field])


def check_field_map(item: ItemDefinition, answers: Collection[str]) -> tuple[Problem, ...]:
    """Every field of the licence is filled by a question the form asks, or by a fact about the applicant."""
    return tuple(_problem("answer_unknown", "result", "The form has no answer {path} for the licence.", path=path)
                 for path in item.result.field_map.values()
                 if not path.startswith("applicant.") and path.split(".")[0] not in answers)


def check_code(item: ItemDefinition) -> Problems:
    """Basic and implementation code are well formed and name the type of the item (CAT-02, CAT-03)."""
    try:
        parts = parse_basic_code(item.basic_code)
        code_of(item)
    except (CodeNotValid, ValueError):
        yield _problem("code_not_valid", "basic_code", "The basic code or the code of the authority is not valid.")
        return
    if parts.item_type != item.power_type:
        yield _problem("code_of_other_type", "basic_code", "The basic code names another type of item.")


def check_pace(item: ItemDefinition) -> Problems:
    """Instant if and only if it is promised on the spot or for the same day (CAT-30)."""
    if (item.pace is Pace.INSTANT) is not is_same_day(item.promised_limit):
        yield _problem("pace_contradicts_promise", "pace",
                       "An instant item is promised for the same day, every other one for later.")


def check_promise(item: ItemDefinition) -> Problems:
    """The promise is not longer than the law allows (CAT-31)."""
    if working_days(item.promised_limit) > working_days(item.statutory_limit):
        yield _problem("promise_beyond_law", "promised_limit", "The promise is longer than the statutory time limit.")


def check_visits(item: ItemDefinition) -> Problems:
    """Whoever must come is told why; whoever need not is not (CAT-32)."""
    if item.visits > 0 and item.must_come_reason is None:
        yield _problem("must_come_reason_missing", "must_come_reason", "Say why people must come in person.")
    if item.visits == 0 and item.must_come_reason is not None:
        yield _problem("must_come_reason_idle", "must_come_reason", "Nobody must come, so there is no reason to give.")


def check_channels(item: ItemDefinition) -> Problems:
    """Without a visit and without the web there must be the courier (CAT-33)."""
    if item.visits == 0 and not item.is_online and HandlingForm.COURIER not in item.handling_forms:
        yield _problem("no_way_to_apply", "handling_forms",
                       "Nobody must come, yet one can apply neither online nor by courier.")


def check_offline(item: ItemDefinition) -> Problems:
    """What cannot be handled online says why and by which law; what can does not (ARC-09)."""
    if not item.is_online and (item.offline is None or not item.offline.basis.zh.strip()):
        yield _problem("offline_reason_missing", "offline", "Say why this cannot be handled online and name the law.")
    if item.is_online and item.offline is not None:
        yield _problem("offline_reason_idle", "offline", "This is handled online, so there is no reason to give.")


def check_procedures(item: ItemDefinition) -> Problems:
    """What stops the clock besides the eight procedures of the law names its article, and is none of the eight (TIM-R2)."""
    names = [*SpecialProcedure, CORRECTIONS, *(each.code for each in item.procedures)]
    if len(names) != len(set(names)):
        yield _problem("procedure_twice", "procedures", "The law names this procedure already, or it stands here twice.")
    if any(not each.article.strip() for each in item.procedures):
        yield _problem("procedure_without_article", "procedures", "Name the article of law that stops the clock for it.")


def check_fee(item: ItemDefinition) -> Problems:
    """A charge names project, standard, basis and whether it can be paid online; no charge, no payment (CAT-34)."""
    fee = item.fee
    if not fee.charged:
        if fee.online_payment or fee.projects:
            yield _problem("fee_without_charge", "fee", "Nothing is charged, so there is nothing to pay.")
        return
    if not fee.projects or fee.online_payment is None:
        yield _problem("fee_incomplete", "fee", "Name every charge and say whether it can be paid online.")
    if any(not each.basis.strip() or not each.standard.zh.strip() for each in fee.projects):
        yield _problem("fee_incomplete", "fee", "Every charge needs its legal basis and its standard.")


def check_phones(item: ItemDefinition) -> Problems:
    """Advice and complaints have different numbers, both with area code (CAT-35)."""
    if item.consultation_phone == item.complaint_phone:
        yield _problem("phones_equal", "complaint_phone", "Complaints need another number than advice.")
    for field, number in (("consultation_phone", item.consultation_phone), ("complaint_phone", item.complaint_phone)):
        if not AREA_CODE.fullmatch(number):
            yield _problem("phone_without_area_code", field, "Write the number with its area code, like 0826-12345.")


def check_themes(item: ItemDefinition) -> Problems:
    """A theme for people if and only if people are served, one for entities if and only if entities are (CAT-36)."""
    if (ServiceObject.PERSON in item.objects) is not bool(item.themes_person):
        yield _problem("person_theme_mismatch", "themes_person",
                       "Personal themes belong to items that serve natural persons, and to no others.")
    if any(each.is_legal for each in item.objects) is not bool(item.themes_entity):
        yield _problem("entity_theme_mismatch", "themes_entity",
                       "Themes for legal entities belong to items that serve legal entities, and to no others.")


def check_result(item: ItemDefinition) -> Problems:
    """What is called a licence is one, and a licence names its type, whose specimen is the sample (CAT-37)."""
    if LICENCE_NAME.search(item.result.name.zh) and item.result.kind is not ResultKind.LICENCE:
        yield _problem("result_is_a_licence", "result", "What the result is called makes it a licence.")
    if item.result.kind is ResultKind.LICENCE and not item.result.licence_type:
        yield _problem("result_without_type", "result", "A licence needs its type, from which the sample is made.")


def check_wording(item: ItemDefinition) -> Problems:
    """No catch-all wording in conditions and materials (CAT-38)."""
    texts = [("conditions", each) for each in item.conditions]
    texts += [("materials", text) for each in item.materials for text in (each.name, each.hint)]
    for field, text in texts:
        found = CATCH_ALL.search(text.zh) or CATCH_ALL.search(text.en)
        if found:
            yield _problem("catch_all", field, "“{words}” leaves open what is needed. Name it.", words=found.group())


def check_secrecy(item: ItemDefinition) -> Problems:
    """What everyone may read bears no mark of secrecy (SEC-14)."""
    for field, value in msgspec.to_builtins(item).items():
        if mark := mark_inside(value):
            yield _problem("secret", field, "This bears a mark of secrecy ({mark}). Nothing secret is published.", mark=mark)


def check_materials(item: ItemDefinition) -> Problems:
    """Codes are unique, one material is the form, and situations exist (CAT-22, CAT-26)."""
    repeated = [code for code, count in Counter(each.code for each in item.materials).items() if count > 1]
    for code in repeated:
        yield _problem("material_repeated", "materials", "The material {material} is listed twice.", material=code)
    if sum(each.from_form for each in item.materials) != 1:
        yield _problem("one_form_needed", "materials", "Exactly one material is the application form.")
    offered = {option.code for option in item.situation.options} if item.situation else set()
    for each in item.materials:
        if not offered.issuperset(each.situations):
            yield _problem("situation_unknown", "materials", "The material {material} names a situation that is not "
                           "offered.", material=each.code)


def check_deferrals(item: ItemDefinition, *, deferral_days: int) -> Problems:
    """What keeps nothing from being published: a paper that may come after the promised day, before which nothing is granted."""
    if deferral_days <= working_days(item.promised_limit):
        return
    unit, count = item.promised_limit.unit, item.promised_limit.count
    for each in item.materials:
        if each.necessity is Necessity.DEFERRABLE:
            yield _problem("follows_after_promise", "materials", "The paper {material} may follow up to {days} working days after "
                           "applying, but the decision is promised within {count} {unit}: it may come too late for it. Ask for it "
                           "at once, or promise a later day.", material=each.code, days=str(deferral_days), count=str(count),
                           unit=str(unit))


def check_faq(item: ItemDefinition) -> Problems:
    """Every licence item answers at least one question (CAT-24)."""
    if item.power_type is PowerType.PERMIT and not item.faq:
        yield _problem("faq_missing", "faq", "Answer at least one question people ask.")


def check_exemptions(item: ItemDefinition, licence_types: Mapping[str, str]) -> Problems:
    """What an authority issued and the library holds is not asked for (State Council order 716, art. 7; CAT-40)."""
    by_name = {name: code for code, name in licence_types.items()}
    for each in item.materials:
        if each.exempt_by is not None and each.exempt_by.licence_type not in licence_types:
            yield _problem("exempt_by_unknown_type", "materials", "The library holds no licence of the type that "
                           "exempts {material}.", material=each.code)
        if each.exempt_by is not None and each.source is not MaterialSource.GOVERNMENT:
            yield _problem("exempt_but_not_issued", "materials", "The material {material} is exempt although no "
                           "authority issues it.", material=each.code)
        if each.exempt_by is None and each.source is MaterialSource.GOVERNMENT and _held(each.name.zh, by_name):
            yield _problem("must_be_exempt", "materials", "The library holds {material}: nobody may be asked for it.",
                           material=each.code)
    if item.result.licence_type and item.result.licence_type not in licence_types:
        yield _problem("result_type_unknown", "result", "The library does not know the type of the result.")


def _held(name: str, by_name: Mapping[str, str]) -> bool:
    return any(known in name for known in by_name)


def _problem(code: str, field: str, message: str, **facts: str) -> Problem:
    return Problem(code=code, field=field, message=message, facts=facts)


RULES: tuple[Callable[[ItemDefinition], Problems], ...] = (
    check_code, check_pace, check_promise, check_visits, check_channels, check_offline, check_procedures, check_fee, check_phones,
    check_themes, check_result, check_wording, check_secrecy, check_materials, check_faq)
