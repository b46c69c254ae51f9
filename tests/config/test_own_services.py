"""A service of one's own: from the template to the public page, with every fault said at once."""

import itertools
import os
from argparse import Namespace

import pytest
import yaml

from tests.portal.public import client
from tests.requirements import requirement
from tongban.authorities.queries import authority_by_uscc
from tongban.catalogue import queries
from tongban.config import own_services
from tongban.identity.actions import sign_in
from tongban.kernel import database, events
from tongban.kernel.codes import make_uscc

_numbers = itertools.count(os.getpid() % 1000 * 100)

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def file(tmp_path):
    slug = f"own-service-{next(_numbers)}"
    path = tmp_path / f"{slug}.yaml"
    assert own_services.new(Namespace(slug=slug, file=str(path), authority="")) == 0
    return path


def check(*files):
    return own_services.check(Namespace(files=[str(each) for each in files]))


def publish(*files, account=""):
    return own_services.publish(Namespace(files=[str(each) for each in files], account=account))


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


def test_publishing_makes_a_page_one_can_apply_from_and_says_where(file, capsys):
    assert publish(file) == 0
    code = queries.code_of(file.stem)
    assert f"version 1, from 2026-01-01, at /services/{code}/" in capsys.readouterr().out
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
    said = capsys.readouterr().err.splitlines()
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


def test_a_new_authority_comes_with_staff_who_can_sign_in(file, capsys):
    number = next(_numbers)
    uscc = make_uscc("1", "1", "610117", f"M{number:07}")
    text = file.read_text().replace(own_services.FIRST_SAMPLE, uscc)
    start = text.index("# authority:")
    text = text[:start] + "\n".join(line.removeprefix("# ") for line in text[start:].splitlines())
    file.write_text(text.replace("login: my-", f"login: my-{number}-"))
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
    elsewhere.write_text(text.replace("login: my-", f"login: my-{uscc[8:].lower()}-"))
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
