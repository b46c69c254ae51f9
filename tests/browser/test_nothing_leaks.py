"""A canary's numbers, words and secrets go through the whole house, and are found nowhere but where they belong (T31)."""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

import psycopg
import pytest
from PIL import Image, PngImagePlugin

from tests import database as test_database
from tests.browser.hands import Hands, answers_to
from tests.browser.test_journey import examine_all
from tests.requirements import requirement
from tongban.config import backup, embedded
from tongban.kernel.codes import id_check_character, make_uscc

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
VAR = Path(os.environ["TONGBAN_VAR"])
ROOT = Path(__file__).resolve().parents[2]
ID = "51160219631107271" + id_check_character("51160219631107271")
PHONE, TYPED_PHONE = "19837462511", "19827364508"
USCC = make_uscc("9", "2", "511602", "MCANARY7")
ADDRESS, TYPED = "金丝雀巷七号院三单元", "金丝雀亲手写的话"
PASSWORD, WRONG = "canary-sings-at-dawn", "canary-sings-wrong"
PICTURE = "canary-in-the-picture"
REGISTER = f"""
import django
django.setup()
from tongban.identity.actions import open_account, register_entity, register_person
from tongban.identity.types import ActorKind, Proofing
from tongban.kernel import database
from tongban.kernel.types import System

who = System(name="tester")
with database.serving("worker"):
    party = register_person(who, name="鸣示例", id_number={ID!r}, phone={PHONE!r}, region="511602000000", address={ADDRESS!r},
                            proofing=Proofing.L3, sample=True)
    open_account(who, kind=ActorKind.CITIZEN, login="canary-bird", password={PASSWORD!r}, name="鸣示例", party=party,
                 proofing=Proofing.L3, sample=True)
    register_entity(who, name="鸣示例小吃店", uscc={USCC!r}, representative=party, phone={PHONE!r}, address={ADDRESS!r},
                    region="511602000000", sample=True)
    try:
        register_person(who, name="鸣示例", id_number={ID!r}, phone={PHONE!r}, region="511602000000", sample=True)
    except Exception as error:
        print("refused", error)
    try:
        database.execute("insert into identity_person (party_id, phone) values (0, " + repr({PHONE!r}) + ")")
    except Exception as error:
        print("failed", type(error).__name__)
"""


@dataclass
class Sung:
    """What the canary left behind: addresses asked for by pages, pages with secrets on them, the browser's store, secrets."""

    urls: list[str] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)
    stored: str = ""
    secrets: dict[str, str] = field(default_factory=dict)
    printed: str = ""


class Bird(Hands):
    """Someone who only wants to get on."""

    def look(self) -> None:
        pass


def register(running) -> str:
    """What a process of its own says while it makes the canary known, and while it fails to do so again."""
    done = subprocess.run([sys.executable, "-c", REGISTER], env={**os.environ, "DATABASE_URL": running.database}, cwd=ROOT,
                          capture_output=True, text=True, check=False)
    assert "refused" in done.stdout and "failed" in done.stdout, done.stderr[-3000:]
    return done.stdout + done.stderr


def ask(address: str, body: object = None, token: str = "") -> str:
    """The body of an answer, whatever its status."""
    sent = urllib.request.Request(address, data=None if body is None else json.dumps(body).encode(), headers={
        "Content-Type": "application/json", "Idempotency-Key": "canary", **({"Authorization": f"Bearer {token}"} if token else {})})
    try:
        with urllib.request.urlopen(sent) as answer:
            return answer.read().decode(errors="replace")
    except urllib.error.HTTPError as refused:
        return refused.read().decode(errors="replace")


def knock_wrongly(bird: Bird, running, sung: Sung) -> None:
    """Everything a person may type where it does not belong."""
    bird.page.goto(f"{running.address}/sign-in/")
    for password in (WRONG, PASSWORD):
        bird.fill("#login", ID)
        bird.fill("#password", password)
        bird.click("main form button[type=submit]")
    for path in (f"/services/{ID}/", f"/cases/{PHONE}/", f"/verify/{USCC}/", f"/{quote(ADDRESS)}/", f"/search/?q={ID}",
                 f"/search/?q={PHONE}", f"/services/?region={ID}", f"/api/v1/cases/{ID}", f"/api/v1/services/{USCC}"):
        ask(running.address + path)
    ask(f"{running.address}/api/v1/cases", {"applicant": ID, ID: PHONE, "answers": {"x": ADDRESS}}, token=WRONG)
    bird.page.goto(f"{running.address}/status/")
    bird.fill("#number", ID)
    bird.fill("#code", PHONE)
    bird.click("main form:has(#number) button[type=submit]")


def apply_for(bird: Bird, running, picture: Path) -> str:
    """Every question answered with the canary's own words, every paper called by its number; returns the case number."""
    code = running.one("select code from catalogue_item where slug = 'food-operation-gaoling'")
    bird.page.goto(f"{running.address}/apply/{code}/")
    bird.choose(bird.page.locator("input[name=applicant]").last)
    bird.click("main form button[type=submit]")
    bird.click("main .btns a")
    while "/questions/" in bird.page.url:
        for act, control, text in answers_to(bird.page):
            if act == "select":
                control.select_option(index=1)
            elif act == "choose":
                bird.choose(control)
            else:
                bird.fill(control, {"示例内容": TYPED, "13800000000": TYPED_PHONE}.get(text, text))
        bird.page.wait_for_function("document.querySelector('[data-saved]')?.dataset.state !== 'saving'")
        bird.click("main form .btns button[type=submit]")
    for each in bird.page.locator("main form input[type=file]").all():
        bird.attach(each, picture)
    bird.click("button[name=continue]")
    bird.choose("#true")
    bird.click("main form button[type=submit]")
    assert "/receipt/" in bird.page.url, bird.page.locator("main").inner_text()
    return bird.page.url.rstrip("/").split("/")[-2]


def correct(officer: Bird, bird: Bird, number: str, picture: Path) -> None:
    """The officer asks once, the canary writes again."""
    officer.page.goto(f"{officer.address}/desk/{number}/corrections/")
    line = officer.page.locator("input[name^='on-']").first
    line.check()
    officer.fill(f"#{(line.get_attribute('id') or '').replace('on-', 'what-')}", "请写完整。")
    officer.click("button[name=preview]")
    officer.click("button[name=send]")
    bird.page.goto(f"{bird.address}/cases/{number}/corrections/")
    for each in bird.page.locator("main form input[type=text], main form textarea").all():
        if each.input_value() == TYPED:
            each.fill(f"{TYPED}，又写了一遍")
    for each in bird.page.locator("main form input[type=file]").all():
        bird.attach(each, picture)
    bird.click("main form .btns button")
    assert "/corrections/" not in bird.page.url, bird.page.locator("main").inner_text()


def forget_the_token(bird: Bird, running, sung: Sung) -> None:
    """A form with secrets in it is sent when its page is too old, and when the session is over."""
    bird.page.goto(f"{running.address}/me/security/")
    for name in ("present", "new", "again"):
        bird.fill(f"#password-{name}", PASSWORD)
    bird.page.evaluate("document.querySelector('form:has(#password-present) input[name=csrfmiddlewaretoken]').value = 'old'")
    with bird.page.expect_navigation():
        bird.page.locator("form:has(#password-present) button").last.click()
    sung.pages["too old"] = bird.page.content()
    context = bird.page.context
    session = [each for each in context.cookies() if each["name"] == "session"]
    bird.page.goto(f"{running.address}/me/security/")
    for name in ("present", "new", "again"):
        bird.fill(f"#password-{name}", PASSWORD)
    context.clear_cookies(name="session")
    with bird.page.expect_navigation():
        bird.page.locator("form:has(#password-present) button").last.click()
    sung.pages["signed out"] = bird.page.content()
    context.add_cookies(session)


def key_of(bird: Bird, running) -> str:
    """A key for a program, as the page shows it once."""
    bird.page.goto(f"{running.address}/me/programs/")
    bird.choose("#days-1")
    bird.click("main form:has(#days-1) button[type=submit]")
    return next(word for word in re.findall(r"[\w-]{40,}", bird.page.locator("main").inner_text()))


@pytest.fixture(scope="module")
def sung(chromium, running, tmp_path_factory) -> Sung:
    """One whole life of the canary."""
    found = Sung()
    found.printed = register(running)
    picture = tmp_path_factory.mktemp("papers") / f"{ID}_{PHONE}的证.png"
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", PICTURE)
    Image.new("RGB", (200, 150), (200, 220, 240)).save(picture, pnginfo=told)
    people = {name: Bird(chromium.new_context(locale="zh-CN"), running.address) for name in ("bird", "clerk", "reviewer", "decider")}
    bird = people["bird"]
    knock_wrongly(bird, running, found)
    bird.page.on("request", lambda request: found.urls.append(unquote(request.url)))
    bird.page.goto(f"{running.address}/sign-in/")
    bird.fill("#login", "canary-bird")
    bird.fill("#password", PASSWORD)
    bird.click("main form button[type=submit]")
    bird.prove()
    found.secrets["session"] = next(each["value"] for each in bird.page.context.cookies() if each["name"] == "session")
    number = apply_for(bird, running, picture)
    for name, login in (("clerk", "reception"), ("reviewer", "review"), ("decider", "decision")):
        people[name].page.goto(f"{running.address}/sign-in/")
        people[name].fill("#login", f"gaoling-market-{login}")
        people[name].fill("#password", "tongban-2026")
        people[name].click("main form button[type=submit]")
        people[name].prove()
    correct(people["clerk"], bird, number, picture)
    people["clerk"].page.goto(f"{running.address}/desk/{number}/accept/")
    people["clerk"].click("main form .btns button[type=submit]")
    examine_all(people["reviewer"], number)
    people["decider"].page.goto(f"{running.address}/desk/{number}/decide/")
    people["decider"].click("button[name=outcome][value=GRANTED]")
    running.wait_for("select 1 from cases_case where number = %s and state in ('COMPLETED', 'DELIVERED')", number)
    bird.page.goto(f"{running.address}/cases/{number}/")
    link = running.wait_for("select link from messages_message where about = %s and link like '/reviews/%%' limit 1", number)
    bird.page.goto(f"{running.address}{link}")
    bird.choose("input[name=grade][value='5']")
    bird.fill("#text", f"请打我的电话{PHONE}，身份证{ID}。")
    bird.click("main form button[type=submit]")
    found.secrets["key"] = key_of(bird, running)
    ask(f"{running.address}/api/v1/cases", {"applicant": ID, ID: PHONE, "answers": {"x": ADDRESS}}, token=found.secrets["key"])
    assert bird.page.evaluate("fetch('/me/data/').then(answer => answer.text()).then(text => text.length)") > 100
    forget_the_token(bird, running, found)
    bird.page.goto(f"{running.address}/me/")
    found.stored = json.dumps(bird.page.evaluate("[{...localStorage}, {...sessionStorage}]"), ensure_ascii=False) + str(
        bird.page.context.cookies())
    for each in people.values():
        each.page.context.close()
    running.wait_for("select not exists (select from procrastinate_jobs where status in ('todo', 'doing'))")
    return found


PUBLISHED = "licences_verifiable"
"""What whoever holds a licence's code is told; a dump is asked about everything else."""
WORDS = {"id": ID, "phone": PHONE, "typed phone": TYPED_PHONE, "uscc": USCC, "address": ADDRESS, "typed": TYPED,
         "password": PASSWORD, "wrong password": WRONG, "picture": PICTURE}


def heard(content: bytes, words: dict[str, str]) -> set[str]:
    """Which of the words stand in it, as they are, escaped or in hexadecimal."""
    return {name for name, word in words.items() for spelt in (
        word.encode(), quote(word).encode(), word.encode("unicode-escape"), word.encode().hex().encode()) if spelt in content}


def files_under(folder: Path, since: float = 0) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.stat().st_mtime >= since}


@requirement("SEC-04")
def test_no_process_printed_a_word_of_it(sung, running):
    words = {**WORDS, **sung.secrets}
    printed = (VAR / f"{running.name}.log").read_bytes() + sung.printed.encode()
    assert heard(printed, words) == set()
    assert b"Not Found" in printed, "the log is not where the processes write"


@requirement("SEC-05")
def test_a_dump_of_the_database_holds_numbers_words_and_secrets_only_as_ciphertext(sung, running, tmp_path):
    words = {**WORDS, **sung.secrets}
    with psycopg.connect(running.database) as connection:
        major = connection.info.server_version // 10000
    target = tmp_path / "dump.sql"
    backup._run(running.database, backup.program("pg_dump", major), f"--exclude-table-data={PUBLISHED}", f"--file={target}")
    dump = target.read_bytes()
    assert "鸣".encode() in dump
    assert heard(dump, words) == set()
    published = b"".join(bytes(each) for each in running.one(f"select array_agg(payload) from {PUBLISHED}"))
    assert heard(published, words) <= {"uscc", "typed"}, "a licence says in public who trades under which code and where"


@requirement("SEC-05")
def test_neither_the_files_of_the_cluster_nor_its_log_hold_them(sung, running):
    if test_database.GIVEN:
        pytest.skip("the files of a given server are not ours to read")
    words = {name: word for name, word in {**WORDS, **sung.secrets}.items() if name not in {"uscc", "typed"}}
    with psycopg.connect(running.database, autocommit=True) as connection:
        connection.execute("checkpoint")
        oid = connection.execute("select oid from pg_database where datname = current_database()").fetchone()[0]
    data = VAR / "postgres" / "data"
    found = {name: words_in for part in (data / "base" / str(oid), data / "pg_wal", data / "server.log")
             for name, content in (files_under(part) if part.is_dir() else {str(part): part.read_bytes()}).items()
             if (words_in := heard(content, words))}
    assert found == {}
    assert any("鸣".encode() in content for content in files_under(data / "base" / str(oid)).values()), "these are not the rows"
    assert embedded.is_running(VAR / "postgres")


@requirement("SEC-05")
def test_neither_a_backup_nor_the_papers_nor_the_record_hold_them(sung, running, tmp_path):
    words = {**WORDS, **sung.secrets}
    backup.back_up(VAR, running.database, tmp_path / "backups", with_keys=False, version="0.1.0", say=str)
    folders = [tmp_path / "backups", Path(os.environ["TONGBAN_LEDGER"] + "_browser"), Path(os.environ["TONGBAN_SEARCH"] + "_browser")]
    contents = {name: content for folder in folders for name, content in files_under(folder).items()}
    assert len(contents) > 5
    assert {name: found for name, content in contents.items() if (found := heard(content, words))} == {}


@requirement("SEC-04")
def test_addresses_pages_and_the_browsers_own_store_carry_no_secret_on(sung, running):
    words = {**WORDS, **sung.secrets}
    asked = "\n".join(each for each in sung.urls if each.startswith(running.address))
    assert "/me/data/" in asked
    assert heard(asked.encode(), words) == set()
    secret = {name: words[name] for name in ("password", "session", "key")}
    assert {name: found for name, page in sung.pages.items() if (found := heard(page.encode(), secret))} == {}
    kept = {name: word for name, word in words.items() if name != "session"}
    assert heard(sung.stored.encode(), kept) == set()
