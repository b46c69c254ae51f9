"""A service of one's own: from the template to the public page, with every fault said at once."""

import contextlib
import itertools
import os
import re
from argparse import Namespace

import pytest
import yaml

from tests.portal.public import client
from tests.requirements import requirement
from tongban.authorities.queries import authority_by_uscc
from tongban.catalogue import queries
from tongban.config import own_services
from tongban.identity.actions import sign_in
from tongban.kernel import clock, database, events
from tongban.kernel.codes import make_uscc
from tongban.licences.queries import licence_type

_numbers = itertools.count(os.getpid() % 1000 * 100)

pytestmark = pytest.mark.usefixtures("db")


class Undone(Exception):
    """Nothing of a test stays."""


@pytest.fixture
def file(tmp_path):
    slug = f"own-service-{next(_numbers)}"
    path = tmp_path / f"{slug}.yaml"
    assert own_services.new(Namespace(slug=slug, file=str(path), authority="")) == 0
    return path


def check(*files):
    return own_services.check(Namespace(files=[str(each) for each in files]))


def publish(*files, account="", trial=True):
    return own_services.publish(Namespace(files=[str(each) for each in files], account=account, trial=trial))


def change(file, *pairs):
    text = file.read_text()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    file.write_text(text)


def test_the_template_is_sound_as_it_stands_and_checking_leaves_nothing(file, capsys):
    before = database.row("select count(*) from kernel_event")
    assert check(file) == 0
    assert "nothing is wrong" in capsys.readouterr().out
    assert database.row("select count(*) from kernel_event") == before


@requirement("GUI-02")
def test_the_elements_a_guide_leaves_out_are_named_and_hold_up_nothing(file, capsys):
    assert check(file) == 0
    said = capsys.readouterr().out
    assert "of the six further elements" in said and "courier" in said and "appointment" not in said
    text = file.read_text()
    file.write_text("".join(line for line in text.splitlines(keepends=True) if not line.startswith(("  appointment:", "  intermediary:"))))
    assert check(file) == 0
    said = capsys.readouterr().out
    assert "appointment" in said and "intermediary" in said and "of the fourteen" not in said


def test_publishing_makes_a_page_one_can_apply_from_and_says_where(file, capsys):
    assert publish(file) == 0
    code = queries.code_of(file.stem)
    assert f"version 1, from {clock.today()}, at /services/{code}/" in capsys.readouterr().out
    assert f"/apply/{code}/" in client().get(f"/services/{code}/").content.decode()
    assert [(each.name, each.actor) for each in events.of_subject(f"item:{code}")] == [
        ("ItemPublished", "system:publisher")]


def test_the_same_file_is_no_new_version_and_a_changed_one_is(file):
    publish(file)
    publish(file)
    assert queries.guide(queries.code_of(file.stem)).version == 1
    change(file, ("示例服务，请改成", "改过的服务，请改成"))
    publish(file)
    queries.forget()
    assert queries.guide(queries.code_of(file.stem)).version == 2
    assert queries.guide(queries.code_of(file.stem), 1).summary.zh.startswith("这是一个示例服务")


def test_every_fault_is_said_at_once_with_its_line_and_how_to_mend_it(file, capsys):
    change(file, ('level: "4"', "level: 4"), ("  faq: []", "  fag: []"), ("pace: TERM", "pace: INSTANT"),
           ("示例服务，请改成", "示例"), ('zh: "住在本地。"', 'zh: "其他材料"'), ("type: string, format: cn-phone", "type: text"))
    lines = dict(enumerate(file.read_text().splitlines(), 1))
    assert check(file) == 1
    said = [each for each in capsys.readouterr().err.splitlines() if "warning" not in each]
    found = {}
    for each in said[:-1]:
        number, _, text = each.removeprefix(f"{file}:").partition(": ")
        found[text] = lines[int(number)].strip()
    assert found["item.level: Choose one of 1, 2, 3, 4, 5, 6; put figures in quotation marks."].startswith("level: 4")
    assert found["item: fag is not known here. Take it out, or mend its spelling."].startswith("fag:")
    assert "item: “faq” is missing. Add it." in found
    assert found["item.pace: An instant item is promised for the same day, every other one for later."].startswith("pace")
    assert found["item.conditions: “其他材料” leaves open what is needed. Name it."].startswith("conditions:")
    assert any(text.startswith("form.schema.properties.phone") for text in found)
    assert said[-1] == f"{len(said) - 1} to mend"


def test_faults_between_the_parts_of_a_form_are_said_beside_those_of_its_shape(file, capsys):
    change(file, ('level: "4"', "level: 4"), ("fields: [wish, phone]", "fields: [wish, dogz]"),
           ("required: [wish, phone]", "required: [wish, phon]"), ('      label: {zh: "联系电话"', '      lable: {zh: "联系电话"'))
    lines = file.read_text().splitlines()
    assert check(file) == 1
    said = [each for each in capsys.readouterr().err.splitlines() if "warning" not in each]
    found = {text: lines[int(number) - 1] for number, _, text in
             (each.removeprefix(f"{file}:").partition(": ") for each in said[:-1])}
    assert "level: 4" in found["item.level: Choose one of 1, 2, 3, 4, 5, 6; put figures in quotation marks."]
    assert "dogz" in found["form.pages.1.fields.2: the schema has no field “dogz”. Add it under properties, or mend its name."]
    assert "phon]" in found["form.schema.required.2: the schema has no field “phon”. Add it under properties, or mend its name."]
    assert "phone: {" in found["form.pages: “phone” stands on 0 pages. Let it stand on exactly one."]
    assert any(text.startswith("form.fields.phone: lable") for text in found)


def test_a_form_that_cannot_be_asked_is_told_beside_a_fault_of_the_item_at_the_line_of_its_field(file, capsys):
    change(file, ('level: "4"', "level: 4"), ('      prefill: "person.phone"', "      show_if: {field: wish, equals: true}"))
    lines = file.read_text().splitlines()
    assert check(file) == 1
    said = capsys.readouterr().err.splitlines()
    waiting = next(each for each in said if "waits for an answer that can never come" in each)
    assert lines[int(waiting.removeprefix(f"{file}:").partition(":")[0]) - 1].strip() == "phone:"
    assert any("item.level" in each for each in said)


def test_more_than_four_questions_on_a_page_are_told_to_begin_another(file, capsys):
    change(file, ("fields: [wish, phone]", "fields: [wish, phone, a, b, c]"))
    assert check(file) == 1
    assert "A page carries at most 4 questions. Begin another page for the rest." in capsys.readouterr().err


def test_every_kind_of_question_the_template_names_can_be_asked(file):
    kinds = [yaml.safe_load(each) for each in re.findall(r"^#   \w[\w ]*?  +(\{type: .*?\}+)(?=;| |$)", file.read_text(), re.MULTILINE)
             if "..." not in each]
    assert len(kinds) >= 8
    options = {"new": "新办", "changed": "变更", "dog": "狗", "cat": "猫"}
    written = yaml.safe_load(file.read_text())
    for number, kind in enumerate(kinds):
        chosen = kind.get("enum") or kind.get("items", {}).get("enum")
        written["form"]["schema"]["properties"][f"kind{number}"] = kind
        written["form"]["fields"][f"kind{number}"] = {"label": {"zh": "问题", "en": "Question"}} | (
            {"options": {each: {"zh": options[each], "en": each} for each in chosen}} if chosen else {})
        written["form"]["pages"].append({"code": f"page{number}", "title": {"zh": "一页", "en": "A page"},
                                         "fields": [f"kind{number}"]})
    file.write_text(yaml.safe_dump(written, allow_unicode=True))
    assert check(file) == 0


def test_what_is_left_of_the_template_is_named_and_not_published_but_for_a_trial(file, capsys):
    assert check(file) == 0
    said = capsys.readouterr()
    lines = file.read_text().splitlines()
    left = [lines[int(each.removeprefix(f"{file}:").partition(":")[0]) - 1] for each in said.err.splitlines()]
    assert all("warning: “" in each for each in said.err.splitlines())
    for word in ('name: {zh: "示例服务"', "summary:", "aliases:", "029-12345", "029-12346", "自己编写", "示例服务申请"):
        assert any(word in each for each in left), word
    assert f"but {len(left)} lines are still the template's" in said.out
    assert publish(file, trial=False) == 1
    assert "say --trial" in capsys.readouterr().err
    assert database.row("select count(*) from catalogue_item where slug = %s", [file.stem]) == (0,)


PAPER = """    - {code: photo, name: {zh: "照片", en: "Photo"}, kind: OTHER, medium: BOTH, necessity: DEFERRABLE, source: APPLICANT,
       originals: 1, copies: 0, hint: {zh: "近期的。", en: "A recent one."}}
"""


@requirement("MAT-06")
@pytest.mark.parametrize(("promised", "warned"), [(5, True), (9, True), (10, False), (20, False)])
def test_a_paper_that_may_come_after_the_promised_day_is_warned_of_and_holds_up_nothing(file, capsys, promised, warned):
    change(file, ("      from_form: true\n", f"      from_form: true\n{PAPER}"),
           ("promised_limit: {count: 5,", f"promised_limit: {{count: {promised},"))
    lines = file.read_text().splitlines()
    assert check(file) == 0
    said = [each for each in capsys.readouterr().err.splitlines() if "item.materials" in each]
    assert bool(said) is warned
    if warned:
        number, _, text = said[0].removeprefix(f"{file}:").partition(": ")
        assert lines[int(number) - 1].startswith("  materials:") and text.startswith("warning: item.materials: The paper photo ")
        assert "10 working days" in text and f"promised within {promised}" in text
    assert publish(file) == 0


def test_a_file_filled_in_is_published_without_more(file, capsys):
    change(file, ('zh: "示例服务", en: "Sample service"', 'zh: "养犬登记", en: "Dog registration"'),
           ("这是一个示例服务，请改成一句话说明。", "给狗登记。"),
           ("A sample service; say in one sentence what it is for.", "Register a dog."),
           ('["示例", "sample"]', '["狗证", "dog"]'), ("029-12345", "029-86912345"), ("029-12346", "029-86912346"),
           ('title: "自己编写", url: "https://example.org/", date: "undated"',
            'title: "公告", url: "https://www.xa.gov.cn/", date: 2026-01-05'),
           ('zh: "政务服务中心一楼", en: "Service centre, first floor"', 'zh: "南街一号", en: "1 South Street"'),
           ('zh: "示例服务申请", en: "Application for the sample service"', 'zh: "养犬登记申请", en: "Dog registration"'))
    assert publish(file, trial=False) == 0
    assert capsys.readouterr().err == ""


def test_a_day_needs_no_quotation_marks(file, capsys):
    change(file, (f'effective_from: "{clock.today()}"', "effective_from: 2026-02-01"), ('date: "undated"', "date: 2026-01-05"))
    assert publish(file) == 0
    assert "version 1, from 2026-" in capsys.readouterr().out


def test_what_stands_twice_is_told_with_both_lines(file, capsys):
    change(file, ("  visits: 0", "  pace: TERM\n  visits: 0"))
    lines = file.read_text().splitlines()
    first, second = (number for number, line in enumerate(lines, 1) if line.strip().startswith("pace:"))
    assert check(file) == 1
    assert f"{file}:{second}: “pace” stands on line {first} already." in capsys.readouterr().err


def test_the_code_of_another_authority_is_not_taken_for_a_new_one(file, capsys):
    uscc, _ = with_authority(file)
    change(file, (f'  uscc: "{uscc}"', f'  uscc: "{own_services.FIRST_SAMPLE}"'))
    assert publish(file) == 1
    assert "authority.uscc: This is the code of 西安市高陵区市场监督管理局." in capsys.readouterr().err


def with_licence(file):
    """Let the service give a licence of its own kind."""
    text = file.read_text()
    text = re.sub(r"\n  result: \{kind: DOCUMENT[^\n]*", "", text).replace("  # result:", "  result:").replace(
        "  #          field_map", "           field_map")
    start, end = text.index("# licence_type:"), text.index("# A new authority?")
    file.write_text(text[:start] + "\n".join(line.removeprefix("# ") for line in text[start:end].splitlines()) + "\n\n" + text[end:])


def test_a_licence_of_its_own_kind_comes_with_the_service(file, capsys):
    with_licence(file)
    assert check(file) == 0
    assert publish(file) == 0
    result = queries.guide(queries.code_of(file.stem)).result
    assert licence_type(result.licence_type).definition.name.zh == result.name.zh == "示例证"


def test_all_words_of_the_template_on_a_line_are_named_at_once(file, capsys):
    with_licence(file)
    assert check(file) == 0
    said = [each.removeprefix(f"{file}:").split(": ", 1) for each in capsys.readouterr().err.splitlines()]
    lines = file.read_text().splitlines()
    for number, text in said:
        line = lines[int(number) - 1]
        quoted = [each for each in re.findall('"([^"]*)"', line) if own_services.LEFT.search(each)]
        assert all(f"“{each}”" in text for each in quoted), line
    licence = [text for number, text in said if lines[int(number) - 1].startswith(("  result:", '  name: {zh: "示例证'))]
    assert licence == ["warning: “示例证”, “Sample permit”: this stands as in the template. Write your own."] * 2


@pytest.mark.parametrize(("change_of", "said"), [
    ((", subject: wish}", "}"), "the licence shows “subject”. Say what fills it"),
    (("subject: wish}", "subject: wish, hives: wish}"), "the licence has no field “hives”. It has holder_name, subject."),
])
def test_every_field_of_the_licence_is_filled_and_no_other(file, capsys, change_of, said):
    with_licence(file)
    change(file, change_of)
    assert check(file) == 1
    assert said in capsys.readouterr().err


def test_a_question_no_answer_of_which_can_be_right_is_refused(file, capsys):
    change(file, ("wish: {type: string, minLength: 2, maxLength: 200}", "wish: {type: string, minLength: 9, maxLength: 4}"))
    assert check(file) == 1
    assert "No answer to wish can be right" in capsys.readouterr().err


def test_a_next_version_holds_from_the_day_it_is_published_and_none_is_said_to_be_none(file, capsys):
    change(file, (f'effective_from: "{clock.today()}"', 'effective_from: "2026-01-01"'))
    publish(file)
    assert "version 1, from" in capsys.readouterr().out
    publish(file)
    assert "nothing has changed, version 1 stays" in capsys.readouterr().out
    change(file, ("示例服务，请改成", "改过的服务，请改成"))
    publish(file)
    assert f"version 2, from {clock.today()}" in capsys.readouterr().out
    queries.forget()
    assert queries.guide(queries.code_of(file.stem)).effective_from == clock.today()


@pytest.mark.parametrize(("before", "after", "said"), [
    ("fee: {charged: false}", "fee: {charged: true}", "item.fee: This is not written as it has to be. docs/own-service.md shows"),
    ('name: {zh: "示例服务", en: "Sample service"}', "name: Bees", "item.name: Write it in Chinese and English: {zh: ..., en: ...}."),
    ('consultation_phone: "029-12345"', 'consultation_phone: "12"', "Write it like the template does."),
])
def test_a_part_of_another_shape_is_told_in_words_without_the_schemas(file, capsys, before, after, said):
    change(file, (before, after))
    assert check(file) == 1
    told = capsys.readouterr().err
    assert said in told and "oneOf" not in told and "(^" not in told


def test_a_file_that_is_not_there_or_not_utf8_is_told_in_words(tmp_path, capsys):
    assert check(tmp_path / "none.yaml") == 1
    assert "There is no such file." in capsys.readouterr().err
    path = tmp_path / "gbk.yaml"
    path.write_bytes("item: 养蜂".encode("gbk"))
    assert check(path) == 1
    assert "Save it as UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize(("written", "said"), [
    ("item: [", "This is no YAML"), ("", "Write the parts item: and form:"), ("- 1", "Write the parts item: and form:"),
    ("item: {}\nform: {}", "“slug” is missing"), ("item: 3", "The part item: is missing"), ("a: \x01", "This is no YAML"),
    ("item: {slug: [1]}\nform: {pages: 3}\nstaff: 1\nauthority: 2\nx: 1", "“x” is no part of a service"),
])
def test_what_is_no_service_is_refused_in_words(tmp_path, capsys, written, said):
    path = tmp_path / "x.yaml"
    path.write_text(written)
    assert check(path) == 1
    assert said in capsys.readouterr().err


def test_if_one_file_has_a_fault_none_is_published(file, tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text(file.read_text().replace("pace: TERM", "pace: SLOW"))
    assert publish(file, broken) == 1
    assert database.row("select count(*) from catalogue_item where slug = %s", [file.stem]) == (0,)


def test_what_the_database_knows_is_checked_too(file, capsys):
    publish(file)
    taken = yaml.safe_load(file.read_text())["item"]["basic_code"]
    change(file, (taken, taken[:-3] + ("001" if taken[-3:] != "001" else "002")))
    assert check(file) == 1
    assert "item.slug: Another service has this name in addresses." in capsys.readouterr().err


def with_authority(file):
    """Give the file an authority of its own with staff; returns the credit code and a number that is in their names."""
    number = next(_numbers)
    uscc = make_uscc("1", "1", "610117", f"M{number:07}")
    text = file.read_text().replace(own_services.FIRST_SAMPLE, uscc)
    start = text.index("# authority:")
    text = text[:start] + "\n".join(line.removeprefix("# ") for line in text[start:].splitlines())
    file.write_text(re.sub('  uscc: "[^"]*"', f'  uscc: "{uscc}"', text.replace("login: my-", f"login: my-{number}-")))
    return uscc, number


def test_a_new_authority_comes_with_staff_who_can_sign_in(file, capsys):
    uscc, number = with_authority(file)
    assert check(file) == 0
    assert publish(file) == 0
    logins = dict(line.split()[:2] for line in capsys.readouterr().out.splitlines() if "shown only now" in line)
    assert set(logins) == {f"my-{number}-{post}" for post in ("reception", "review", "decision")}
    for login, password in logins.items():
        assert sign_in(login=login, password=password, address="127.0.0.1")
    office = authority_by_uscc(uscc)
    assert queries.guide(queries.code_of(file.stem)).authority_id == office.id
    assert publish(file) == 0
    assert "shown only now" not in capsys.readouterr().out


@requirement("CAT-39")
def test_what_differs_from_the_same_service_elsewhere_is_said_at_its_publication(file, tmp_path, capsys):
    assert publish(file) == 0
    basic = yaml.safe_load(file.read_text())["item"]["basic_code"]
    elsewhere = tmp_path / f"{file.stem}-elsewhere.yaml"
    uscc = make_uscc("1", "1", "610117", f"N{next(_numbers):07}")
    text = file.read_text().replace(own_services.FIRST_SAMPLE, uscc).replace(file.stem, elsewhere.stem)
    start = text.index("# authority:")
    text = text[:start] + "\n".join(line.removeprefix("# ") for line in text[start:].splitlines())
    elsewhere.write_text(re.sub('  uscc: "[^"]*"', f'  uscc: "{uscc}"', text.replace("login: my-", f"login: my-{uscc[8:].lower()}-")))
    capsys.readouterr()
    assert publish(elsewhere) == 0
    assert "the same service elsewhere" not in capsys.readouterr().out and queries.deviations(basic) == []
    change(elsewhere, ("示例服务", "另一种服务"))
    assert publish(elsewhere) == 0
    assert "the same service elsewhere has another name: 另一种服务 here, 示例服务" in capsys.readouterr().out
    codes = {queries.code_of(each.stem) for each in (file, elsewhere)}
    found, = queries.deviations(basic)
    assert (found.field, {code for code, _ in found.values}) == ("name", codes)
    assert found in queries.deviations()


@pytest.mark.parametrize("node", ["has administrators", "has no samples"])
def test_outside_a_trial_publishing_gives_no_posts_and_says_how_two_people_do(file, capsys, node):
    uscc, number = with_authority(file)
    before = database.row("select count(*) from identity_post"), database.row("select count(*) from identity_account")
    with contextlib.suppress(Undone), database.atomic():
        if node == "has administrators":
            database.execute("insert into identity_administrator (account_id, duty) select min(id), 'SYSTEM' from identity_account")
        else:
            database.execute("update identity_account set sample = false where sample")
        assert publish(file) == 0
        said = capsys.readouterr().out
        assert authority_by_uscc(uscc)
        assert (database.row("select count(*) from identity_post"), database.row("select count(*) from identity_account")) == before
        for name, post in (("王接件", "RECEPTIONIST"), ("王接件", "ISSUER"), ("李审查", "REVIEWER"), ("张决定", "DECIDER")):
            assert re.search(rf"tongban staff add my-{number}-\w+ {name} {uscc} {post}$", said, re.MULTILINE), said
        assert "tongban staff confirm" in said
        assert "shown only now" not in said
        raise Undone


def test_publishing_on_behalf_of_staff_names_them_and_a_stranger_may_not(file, capsys):
    assert publish(file, account="nobody-here") == 1
    assert "no member of staff" in capsys.readouterr().err
    assert publish(file, account="guangan-approval-catalogue") == 0
    happened = events.of_subject(f"item:{queries.code_of(file.stem)}")
    assert [each.actor for each in happened] == ["system:publisher:guangan-approval-catalogue"]


def test_a_template_never_overwrites_and_needs_a_plain_name(file, capsys):
    assert own_services.new(Namespace(slug="other", file=str(file), authority="")) == 1
    assert own_services.new(Namespace(slug="Grüße", file="", authority="")) == 1
    assert "small letters" in capsys.readouterr().err
    assert own_services.new(Namespace(slug="x", file=str(file.with_name("x.yaml")), authority="123")) == 1
    assert "this is no unified social credit code" in capsys.readouterr().err
