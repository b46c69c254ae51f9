"""Scratch: pictures."""
import os
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tests import journeys
from tests.counter import given
from tests.counter.browsing import browser_page, served
from tongban.identity.types import Role

SH = ZoneInfo("Asia/Shanghai")
OUT = Path("/tmp/cshots"); OUT.mkdir(exist_ok=True)

def test_pictures(db, at, catch_up, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    place = journeys.authority_of(given.SITE)
    names = ["示例宾馆有限公司", "示例理发店", "示例泳池有限公司", "示例影院有限公司", "示例书店有限公司", "示例浴室有限公司"]
    numbers = []
    days = [(2026,2,24),(2026,2,25),(2026,2,26),(2026,3,2),(2026,3,3),(2026,3,4)]
    for n, d in zip(names, days):
        at(datetime(*d, 9, 31, tzinfo=SH))
        person = journeys.with_firm(journeys.citizen("李建国"), n)
        numbers.append(journeys.submitted(person, given.SITE))
    at(datetime(2026,3,2,14,5,tzinfo=SH))
    all_posts = given.officer(place, Role.RECEPTIONIST, Role.REVIEWER, Role.DECIDER)
    clerk = given.clerk(given.SITE)
    for n in (0, 1, 2, 3):
        clerk.post(f"/desk/{numbers[n]}/accept/")
    at(datetime(2026,3,4,16,40,tzinfo=SH))
    r = given.reviewer(given.SITE)
    assert r.post(f"/desk/{numbers[1]}/examine/", **{"pass": "examine"}).status == 303
    assert r.post(f"/desk/{numbers[2]}/examine/", **{"pass": "examine", "opinion":"平面图和现场一致，消毒间、布草间齐全。"}).status == 303
    p = r.post(f"/desk/{numbers[1]}/suspend/", procedure="testing", ends="2026-03-20"); assert p.status == 303, p.text
    assert r.post(f"/desk/{numbers[2]}/examine/", **{"pass": "inspect"}).status == 303
    at(datetime(2026,3,9,10,12,tzinfo=SH))
    for o in (all_posts, clerk, r):
        from tongban.identity import actions as identity
        from tongban.kernel.types import Channel
        o.token = identity.open_session(account=o.actor.account, channel=Channel.WEB)
    d = given.decider(given.SITE)
    shots = [
        (all_posts, "queue", ""), (all_posts, "overdue", "?view=overdue"),
        (clerk, "case-submitted", f"{numbers[5]}/"), (clerk, "accept", f"{numbers[5]}/accept/"), (clerk, "corrections", f"{numbers[5]}/corrections/"),
        (clerk, "decline", f"{numbers[5]}/decline/"), (r, "case-review", f"{numbers[0]}/"), (r, "examine", f"{numbers[0]}/examine/"),
        (all_posts, "case-suspended", f"{numbers[1]}/"), (d, "case-decide", f"{numbers[2]}/"), (all_posts, "case-all", f"{numbers[2]}/"), (d, "decide", f"{numbers[2]}/decide/"),
        (r, "suspend", f"{numbers[2]}/suspend/"), (d, "extend", f"{numbers[2]}/extend/"), (clerk, "applicant", f"{numbers[5]}/applicant/"), (clerk, "search", "search/?q=示例 公共"), (clerk, "search-none", "search/?q=王五"), (clerk, "empty-rect", "rectifications/"),
    ]
    only = os.environ.get("ONLY", "").split(",") if os.environ.get("ONLY") else None
    with served() as home:
        for width, height, tag in ((1280, 820, "w"), (360, 740, "n")):
            for who in (all_posts, clerk, r, d):
                mine = [s for s in shots if s[0] is who and (not only or s[1] in only)]
                if not mine: continue
                with browser_page(home, who.token, width=width, height=height) as page:
                    for _, name, path in mine:
                        for lang in ([""] if tag == "n" or name not in ("case-all", "queue") else ["", "/en"]):
                            page.goto(f"{home}{lang}/desk/{path}")
                            page.wait_for_timeout(150)
                            page.screenshot(path=str(OUT / f"{name}{lang.replace('/','-')}-{tag}.png"), full_page=tag == "n")
                            wide = page.evaluate("document.documentElement.scrollWidth")
                            if wide > width: print("WIDE", name, wide, page.evaluate("[...document.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth).slice(0,8).map(e => e.outerHTML.slice(0,160) + Math.round(e.getBoundingClientRect().right))"))
