from tests.counter import given

def test_everything_opens(db):
    number = given.received(given.SITE)
    clerk = given.clerk(given.SITE)
    for lang in ("", "/en"):
        for path in ("", "search/", "search/?q=示例", f"{number}/", f"{number}/accept/", f"{number}/corrections/", f"{number}/decline/", f"{number}/applicant/", "rectifications/"):
            p = clerk.get(f"{lang}/desk/{path}")
            print(path, p.status, p.text[:3000])
            assert p.status == 200, (path, p.text)
    assert clerk.post(f"/desk/{number}/accept/").status == 303
    r = given.reviewer(given.SITE)
    for path in (f"{number}/", f"{number}/examine/", f"{number}/suspend/"):
        p = r.get(f"/desk/{path}"); print(path, p.text); assert p.status == 200
    for node in ("examine", "inspect"):
        p = r.post(f"/desk/{number}/examine/", **{"pass": node}); assert p.status == 303, p.text
    d = given.decider(given.SITE)
    for path in (f"{number}/", f"{number}/decide/", f"{number}/extend/"):
        p = d.get(f"/desk/{path}"); print(path, p.text); assert p.status == 200
    p = d.post(f"/desk/{number}/decide/", outcome="GRANTED"); assert p.status == 303, p.text
    p = d.get(p.where); print(p.text); assert p.status == 200
