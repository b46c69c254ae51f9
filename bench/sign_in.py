"""Where the CPU of a sign-in goes: to the password's hash, which is meant to cost, or to us."""

import statistics
import time
from typing import Any

from bench.house import Bench
from bench.submission import cpu, postgres_processes

SIGN_INS, ROUNDS = 8, 5


def measure(bench: Bench, port: int) -> dict[str, dict[str, Any]]:
    """The share of Argon2 in the CPU of the sign-in page's post, PostgreSQL's included."""
    from django.contrib.auth import hashers
    from django.contrib.auth.hashers import Argon2PasswordHasher
    from django.test import Client, override_settings

    spent = [0.0]

    class Timed(Argon2PasswordHasher):
        """The hasher of a real house with a stop-watch."""

        def verify(self, password: str, encoded: str) -> bool:
            began = time.process_time()
            try:
                return super().verify(password, encoded)
            finally:
                spent[0] += time.process_time() - began

    shares, each_ms = [], []
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"], ALLOWED_HOSTS=["*"]):
        hashers.get_hashers.cache_clear()
        hashers.get_hashers_by_algorithm.cache_clear()
        login = _account(hashers.make_password("secret-word"))
        hashers.get_hashers_by_algorithm()["argon2"] = Timed()
        Client().post("/sign-in/", {"login": login, "password": "secret-word"})
        for _ in range(ROUNDS):
            spent[0] = 0.0
            ours, theirs = time.process_time(), cpu(postgres_processes(bench))
            for _ in range(SIGN_INS):
                response = Client().post("/sign-in/", {"login": login, "password": "secret-word"})
                if response.status_code not in (302, 303):
                    raise RuntimeError(f"sign-in answered {response.status_code}")
            total = time.process_time() - ours + cpu(postgres_processes(bench)) - theirs
            shares.append(spent[0] / total)
            each_ms.append(total * 1000 / SIGN_INS)
    return {"sign_in_argon_share": {
        "value": round(statistics.median(shares), 3), "unit": "ratio", "limit": "all CPU of a sign-in",
        "spread": [round(min(shares), 3), round(max(shares), 3)], "cpu_ms": round(statistics.median(each_ms), 1)}}


def _account(encoded: str) -> str:
    from tests import journeys
    from tongban.kernel import database

    with database.serving("worker"):
        person = journeys.citizen()
        found = database.row("update identity_account set password = %s where id = %s returning login",
                             [encoded, person.account])
    return str(found[0]) if found else ""
