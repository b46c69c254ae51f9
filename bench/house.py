"""A house to measure: durable database, sample catalogue, citizens with sessions, complete drafts of twenty items."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ITEMS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What the measurements need to know."""

    url: str
    var: Path


@contextmanager
def house() -> Iterator[Bench]:
    """A fresh durable cluster with the samples; gone afterwards."""
    var = Path(tempfile.mkdtemp(prefix="tongban-bench-"))
    var.chmod(0o755)
    os.environ.update(TONGBAN_VAR=str(var), TONGBAN_TESTING="1", DJANGO_SETTINGS_MODULE="tongban.config.settings")
    os.environ.pop("DATABASE_URL", None)
    shutil.copytree(ROOT / "var" / "build", var / "build")
    from tongban.config import bootstrap, embedded

    bootstrap.start_database(var)
    try:
        import django

        django.setup()
        from django.core.management import call_command

        from tongban.config import samples, secrets_store
        from tongban.kernel import database

        call_command("migrate", database="owner", verbosity=0)
        with database.serving("worker"):
            samples.load(say=str)
        with database.serving(database.OWNER):
            database.execute("analyze")
        yield Bench(url=secrets_store.database_url(var), var=var)
    finally:
        from django.db import connections

        connections.close_all()
        embedded.stop(var / "postgres", mode="immediate")
        shutil.rmtree(var, ignore_errors=True)


@contextmanager
def web(bench: Bench, port: int, workers: int, application: str = "", **environment: str) -> Iterator[list[int]]:
    """The web process, or the same server with another application; yields the process ids that serve."""
    from tongban.config.cli import granian_command

    command = granian_command("127.0.0.1", port, workers)
    with (bench.var / f"web-{port}.log").open("w") as log:
        process = subprocess.Popen([*command[:-1], application or command[-1]], stdout=log, stderr=log, cwd=ROOT,
                                   env={**os.environ, **environment})
        try:
            for _ in range(100):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in/", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.1)
            children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False)
            yield [process.pid, *(int(each) for each in children.stdout.split())]
        finally:
            process.terminate()
            process.wait(timeout=30)


def citizens(count: int) -> list[tuple[Any, str]]:
    """People with a firm and an open session: (actor, token)."""
    sys.path.insert(0, str(ROOT))
    from tests import journeys
    from tongban.identity.actions import open_session
    from tongban.kernel import database
    from tongban.kernel.types import Channel

    made = []
    with database.serving("worker"):
        for _ in range(count):
            person = journeys.with_firm(journeys.citizen())
            made.append((person, open_session(account=person.account, channel=Channel.WEB, days=1)))
    return made


def ready_items() -> list[Any]:
    """Guides of twenty items whose forms can be filled by machine, online and without a face, those for firms and for people alike."""
    from tests import journeys
    from tongban.catalogue import queries as catalogue
    from tongban.forms import rules as forms
    from tongban.identity.types import Strength
    from tongban.kernel import database

    with database.serving("worker"):
        guides = [catalogue.guide(row.code) for row in catalogue.items(limit=100).rows]
        return [guide for guide in guides
                if guide.is_online and guide.strength < Strength.S3
                and not forms.check(catalogue.form(guide.form_code, guide.form_version), journeys.sample_answers(guide))
                ][:ITEMS]


PAPERS: dict[tuple[int, str], list[Any]] = {}


def papers(actor: Any, guide: Any, party: int, situation: str) -> list[Any]:
    """The papers of an item as files of the applicant, uploaded once and used in every round."""
    from tests import journeys

    key = (actor.account, guide.code)
    if key not in PAPERS:
        PAPERS[key] = journeys.upload_all(actor, guide, party, situation)
    return PAPERS[key]


def applicant(actor: Any, guide: Any) -> int:
    """The firm where the item serves firms, else the person."""
    return int(actor.entities[0] if any(each.is_legal for each in guide.objects) else actor.party)


def make_drafts(actor: Any, guides: list[Any], count: int) -> list[str]:
    """Complete drafts of this actor, spread over the items, with one set of files each; returns their keys."""
    import msgspec
    from psycopg.types.json import Jsonb

    from tests import journeys
    from tongban.kernel import database, ids, vault

    keys = []
    prepared = []
    with journeys.as_actor(actor):
        for guide in guides:
            situation = guide.situation.options[0].code if guide.situation else ""
            party = applicant(actor, guide)
            given = papers(actor, guide, party, situation)
            prepared.append((guide, situation, journeys.sample_answers(guide), Jsonb(msgspec.to_builtins(given)), party))
        for number in range(count):
            guide, situation, answers, given, party = prepared[number % len(prepared)]
            key = ids.public_id()
            sealed = vault.seal("cases_draft", "answers", key, msgspec.json.encode(answers).decode(), party=party)
            database.execute(
                "insert into cases_draft (key, applicant_id, account_id, item_code, item_version, situation, answers, "
                "materials, revision, created_at, updated_at, submitted_as) "
                "values (%s, %s, %s, %s, %s, %s, %s, %s, 0, kernel_now(), kernel_now(), '')",
                [key, party, actor.account, guide.code, guide.version, situation, sealed, given])
            keys.append(key)
    return keys
