import time
from tests.oversight import given
from tongban.identity.types import Role
from tongban.kernel import database
def test_t(town):
    every = [k for (k,) in database.rows("select id from authorities_authority")]
    b = given.officer({k: Role.SUPERVISOR for k in every})
    for path in ("/oversight/", "/oversight/cases/?show=figure-received", "/oversight/reviews/", f"/oversight/cases/{town.numbers['late']}/"):
        b.get(path); t = time.perf_counter(); p = b.get(path); print("TIME", len(every), path[:40], round((time.perf_counter()-t)*1000), "ms", len(p.source)//1000, "kB")
