"""Another system that people sign in to: let in by two administrators, and what it says and is answered."""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.test import Client

from tongban.identity import actions as identity
from tongban.identity import queries
from tongban.identity.types import Actor, Assessment, Duty, Founder, Registration, Scope
from tongban.kernel import database
from tongban.kernel.types import System, Text

TESTER = System(name="tester")
PASSWORD = "three people, three secrets"
FOUNDERS = {duty: Founder(login=f"relying-{duty.lower()}", name=f"{duty}示例") for duty in Duty}
BACK = "https://bus.example.gov.cn/back"
AUTHORISE = "/oidc/authorise/"
ASSESSED = Assessment(
    purpose="为发放优惠卡核对年龄和学籍，合法、正当，且只取必要的几项。", effect="对方会知道姓名和证件末尾；泄露的风险低，不影响其他权益。",
    measures="本人同意后才给，随时可以收回；全程加密并留痕，与风险相适应。", assessor="评估员示例",
    assessed_on=date(2026, 2, 27), next_look=date(2026, 8, 31))
BUS = Registration(
    name=Text(zh="公交一卡通", en="Bus card"), purpose=Text(zh="给您办学生、老年优惠卡", en="To give you a discount card"),
    basis="《城市公共汽车和电车客运管理规定》", assessment=ASSESSED, redirects=(BACK, "https://bus.example.gov.cn/other?from=us"),
    returns=("https://bus.example.gov.cn/bye",), scopes=tuple(Scope), sector="bus.example.gov.cn")


class Undone(Exception):
    """Ends a transaction without a trace."""


@contextmanager
def nothing_stays() -> Iterator[None]:
    """What is written by the login in use is undone at the end, as a node is founded once and what was agreed on stays."""
    block = database.atomic()
    block.__enter__()
    yield
    block.__exit__(Undone, Undone(), None)


def administrators() -> dict[Duty, Actor]:
    """The three, made at the first call in a house and signed in at each."""
    with database.serving("worker"):
        if queries.kind_of(FOUNDERS[Duty.SYSTEM].login) is None:
            made = identity.begin_administrators(TESTER, founders=FOUNDERS)
            for duty in Duty:
                identity.confirm_administrator(TESTER, login=FOUNDERS[duty].login, secret=made[duty], password=PASSWORD)
        found = {duty: queries.actor_by_session(identity.sign_in(login=FOUNDERS[duty].login, password=PASSWORD, address="here"))
                 for duty in Duty}
    return {duty: actor for duty, actor in found.items() if actor}


@dataclass(slots=True, kw_only=True)
class Relying:
    """A system that was let in, and what it keeps while someone is away signing in."""

    key: str
    secret: str
    redirect: str = BACK
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    def query(self, **changes) -> dict[str, str]:
        """What it sends along; None leaves something out."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {"client_id": self.key, "redirect_uri": self.redirect, "response_type": "code", "scope": "openid profile",
                 "state": self.state, "nonce": "n-1", "code_challenge": challenge, "code_challenge_method": "S256", **changes}
        return {name: value for name, value in asked.items() if value is not None}

    def address(self, **changes) -> str:
        """Where it sends people."""
        return f"{AUTHORISE}?{urlencode(self.query(**changes), doseq=True)}"

    def ask(self, path: str, **told):
        """A call of its own server, with its secret; None leaves something out."""
        given = {"client_id": self.key, **({"client_secret": self.secret} if self.secret else {}), **told}
        return Client().post(f"/oidc/{path}", urlencode({name: value for name, value in given.items() if value is not None}),
                             content_type="application/x-www-form-urlencoded")

    def redeem(self, code: str, **changes):
        """Change a code for tokens."""
        return self.ask("token", **{"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect,
                                    "code_verifier": self.verifier, **changes})

    def renew(self, refresh: str, **changes):
        return self.ask("token", **{"grant_type": "refresh_token", "refresh_token": refresh, **changes})

    def sign_in(self, browser: Client, **changes) -> dict:
        """The whole way; returns the tokens."""
        return self.redeem(allowed(browser, self, **changes)["code"]).json()


def read(key: str) -> int:
    """The assessment that waits with a proposal, as whoever agrees reads it."""
    waiting = queries.proposed_assessment(key)
    return waiting.id if waiting else 0


def settle(execute, table: str, key: str) -> None:
    """Let in what was put there past the verbs, with an assessment."""
    kind, released = ("client", "t.scopes || t.authorities") if table == "identity_client" else ("source", "'{}'")
    execute(f"insert into identity_assessment ({kind}_id, released, purpose, effect, measures, assessor, assessed_on, next_look, "
            f"proposed_by_id, expires_at, confirmed_by_id, confirmed_at) select t.key, {released}, 'x', 'x', 'x', 'x', kernel_today(), "
            f"'2999-01-01', min(a.id), now(), max(a.id), now() from identity_account a, {table} t where t.key = %s "
            "and t.confirmed_at is null group by t.key", [key])
    execute(f"update {table} t set assessment_id = s.id, confirmed_at = now(), confirmed_by_id = s.confirmed_by_id "
            f"from identity_assessment s where t.key = %s and s.{kind}_id = t.key and t.confirmed_at is null", [key])


def let_in(**changes) -> Relying:
    """A new system that two administrators let in."""
    three = administrators()
    with database.serving("worker"):
        key = identity.propose_client(three[Duty.SYSTEM], registration=replace(BUS, **changes))
        return Relying(key=key, secret=identity.confirm_client(three[Duty.SECURITY], key=key, assessment=read(key)))


def allowed(browser: Client, system: Relying, **changes) -> dict[str, str]:
    """Go where the system sends, agree if asked, and return what goes back to it."""
    answer = browser.get(system.address(**changes))
    if answer.status_code == 200:
        answer = browser.post(system.address(**changes), {"allow": "1"})
    assert answer.status_code == 303, answer.content.decode()[:2000]
    return sent_back(answer)


def sent_back(answer) -> dict[str, str]:
    """What an answer sends back to a system."""
    return dict(parse_qsl(urlsplit(answer["Location"]).query))


def userinfo(access: str):
    return Client(headers={"authorization": f"Bearer {access}"}).get("/oidc/userinfo")


def heading(answer) -> str:
    found = re.search("<h1[^>]*>(.*?)</h1>", answer.content.decode(), re.DOTALL)
    return unescape(re.sub("<[^>]+>", "", found[1])).strip() if found else ""


def session_of(browser: Client) -> str:
    return browser.cookies[settings.SESSION_COOKIE_NAME].value
