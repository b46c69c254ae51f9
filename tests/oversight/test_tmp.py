from pathlib import Path
from tests.oversight.given import *
from tests.oversight import given
def test_all(own_town, catch_up, at):
    town = own_town
    supervisor = given.officer({town.desk.authority: Role.SUPERVISOR, town.desk.other: Role.SUPERVISOR})
    out = Path("/tmp/over"); out.mkdir(exist_ok=True)
    from tongban.kernel import database
    at(day(9, 10))
    desk = given.desk_elsewhere(town)
    for _ in range(5): desks.decided(desk)
    at(day(10)); catch_up()
    for _ in range(21): desks.submitted(desk)
    from tongban.supervision import actions as sup
    sig0 = database.rows("select number from supervision_signal where rule='LAW_EXCEEDED' order by id desc limit 8")[0][0]
    with desks.as_(town.desk.reviewer): sup.explain_signal(town.desk.reviewer, number=sig0, explanation="经办人出差，材料压了三天，已补办")
    with desks.as_(town.desk.supervisor): sup.send_order(town.desk.supervisor, signal=sig0, content="两个工作日内办结并报告原因", due_on=day(12).date())
    from tongban.identity.types import Actor
    at(day(10, 11)); supervisor.client = given.browser_of(supervisor.actor.account)
    rec = database.rows("select id, state from reviews_rectification order by id desc limit 8")
    for name, path in {"home": "/oversight/", "cases": "/oversight/cases/?show=figure-received", "all": "/oversight/cases/", "case": f"/oversight/cases/{town.numbers['late']}/",
                 "case2": f"/oversight/cases/{town.numbers['overdue']}/", "signals": "/oversight/signals/", "signal": f"/oversight/signals/{sig0}/", "reviews": "/oversight/reviews/",
                 "empty": "/oversight/reviews/?show=good&authority=" + str(town.desk.other), "recs": "/oversight/rectifications/", "rec": f"/oversight/rectifications/{rec[0][0]}/"}.items():
        for lang in ("", "/en"):
            p = supervisor.get(lang + path)
            (out / f"{name}{lang.replace('/', '-')}.html").write_text(p.source)
            assert p.status == 200, p.words[-300:]
    p = supervisor.post(f"/oversight/signals/{sig0}/", act="cancel", reason="短")
    assert p.status == 422
    (out / "refused.html").write_text(p.source)
