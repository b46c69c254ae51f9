import time
from tests.counter import given
from django.db import connections
from django.test.utils import CaptureQueriesContext
def test_speed(db):
    t=time.process_time(); number = given.received(given.SITE); print("received cpu", time.process_time()-t)
    t=time.process_time(); clerk = given.clerk(given.SITE); print("clerk cpu", time.process_time()-t)
    for _ in range(3):
        t=time.process_time(); w=time.time()
        connections["officer"].force_debug_cursor=True
        with CaptureQueriesContext(connections["officer"]) as q:
            clerk.browser.get(f"/desk/{number}/")
        print("case cpu", time.process_time()-t, "wall", time.time()-w, len(q))
    for each in q.captured_queries: print(each["time"], each["sql"][:110].replace("\n"," "))
    t=time.process_time(); clerk.browser.get("/desk/"); print("queue cpu", time.process_time()-t)
    import cProfile, pstats
    p=cProfile.Profile(); p.enable(); clerk.browser.get(f"/desk/{number}/"); p.disable()
    pstats.Stats(p).sort_stats("cumtime").print_stats(30)
