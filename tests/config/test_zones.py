"""Two zones as one role table tells them: which folders a process opens, what its unit lets it reach, where the doors lead."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.test_deploy_files import Door
from tests.config.test_roles import environment
from tests.requirements import requirement
from tongban.config import roles
from tongban.config.folders import STORES
from tongban.kernel.schema import role_name

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "deploy" / "systemd"
DOORS = ROOT / "deploy" / "nginx" / "doors"
INNER_LOGINS = {"officer", "worker", "auditor"}
RUNNING = sorted(set(roles.ROLES) - {"all", "signer"})
TRY = """
import django, json
django.setup()
from tongban.documents import clients
from tongban.documents.types import Folder
told = {}
for folder in Folder:
    lies = clients.FolderStore(clients.store(folder).folder).put(b"sealed before")
    for act, does in (("reads", lambda: clients.store(folder).get(lies)), ("writes", lambda: clients.store(folder).put(b"sealed now"))):
        try:
            does()
            told.setdefault(act, []).append(folder)
        except clients.FolderNotOurs:
            pass
print(json.dumps(told))
"""


@requirement("SEC-13")
@pytest.mark.parametrize("role", sorted(roles.ROLES))
def test_a_process_opens_the_folders_of_its_role_and_no_other(house, role, tmp_path):
    given = environment(house, role) if role != "all" else dict(os.environ)
    done = subprocess.run([sys.executable, "-c", TRY], env={**given, "TONGBAN_VAR": str(tmp_path)}, capture_output=True, text=True,
                          check=True)
    told = json.loads(done.stdout)
    assert (set(told.get("reads", ())), set(told.get("writes", ()))) == (roles.ROLES[role].reads, roles.ROLES[role].writes)
    written = {path.parent.parent.name for path in tmp_path.rglob("*") if path.is_file() and path.read_bytes() == b"sealed now"}
    assert written == roles.ROLES[role].writes


@requirement("SEC-13")
def test_each_folder_is_written_in_one_zone_only_and_the_inner_one_is_no_affair_of_the_outer():
    for folder in STORES:
        writing = {name in roles.OUTSIDE for name in RUNNING if folder in roles.ROLES[name].writes}
        assert writing == {folder == "files"}, folder
    for name in roles.OUTSIDE:
        assert "inside" not in roles.ROLES[name].reads | roles.ROLES[name].writes
    assert {"files", "made", "inside"} == set(STORES)


def unit_of(role):
    """What the unit of a role says of paths, with what is dropped into it."""
    if role == "worker":
        return (UNITS / "tongban-worker.service").read_text()
    return (UNITS / "tongban-web@.service").read_text() + (UNITS / f"tongban-web@{role}.service.d" / "folders.conf").read_text()


def folders_named(text, word):
    return {path.removeprefix("-/var/lib/tongban/") if path.startswith("-") else path.removeprefix("/var/lib/tongban/")
            for line in re.findall(f"^{word}=(.*)$", text, re.MULTILINE) for path in line.split()} & set(STORES)


@requirement("SEC-13")
@pytest.mark.parametrize("role", RUNNING)
def test_the_unit_of_a_role_lets_it_reach_the_folders_of_the_role_table_and_no_other(role):
    text, asked = unit_of(role), roles.ROLES[role]
    assert folders_named(text, "ReadWritePaths") == asked.writes
    assert folders_named(text, "ReadOnlyPaths") == asked.reads - asked.writes
    assert folders_named(text, "InaccessiblePaths") == set(STORES) - asked.reads - asked.writes


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("role", sorted(set(RUNNING) - {"worker"}))
def test_systemd_accepts_what_is_dropped_into_the_units(role, tmp_path):
    unit = tmp_path / f"tongban-web@{role}.service"
    unit.write_text((UNITS / "tongban-web@.service").read_text().replace("/opt/tongban/.venv/bin/python", sys.executable))
    shutil.copytree(UNITS / f"{unit.name}.d", tmp_path / f"{unit.name}.d")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "tongban" in line or "folders" in line] == []


def leading(doors):
    return set(re.findall(r"proxy_pass http://tongban_(\w+);", (DOORS / f"{doors}.conf").read_text()))


@requirement("SEC-13")
def test_the_doors_of_the_outer_zone_lead_to_its_own_roles_and_the_shared_file_leads_nowhere():
    assert leading("outside") == set(roles.OUTSIDE)
    assert leading("inside").isdisjoint(roles.OUTSIDE)
    assert leading("both") == leading("outside") | leading("inside")
    assert "proxy_pass " not in (ROOT / "deploy" / "nginx" / "tongban.conf").read_text()


@pytest.mark.parametrize("doors", ["outside", "inside", "both"])
def test_nginx_accepts_the_doors_of_each_zone(doors, tmp_path):
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    made = Door(tmp_path, "nobody", doors)
    subprocess.run([*made.command[:5], "-t"], check=True, capture_output=True)


GATEWAY = re.compile(r"^\| (?P<thing>[^|]+) \| (?P<roles>[^|]+) \| (?P<by>[^|]+) \| (?P<how>[^|]+) \|$", re.MULTILINE)


def gateways():
    """The table of docs/operations.md, row by row, without its head."""
    text = (ROOT / "docs" / "operations.md").read_text()
    part = text.split("### What the outer zone reaches of the inner one\n")[1].split("\n#")[0]
    return [each.groupdict() for each in GATEWAY.finditer(part)][1:]


def named(kind, role):
    return {word for row in gateways() if role in row["roles"].split(", ")
            for word in re.findall(rf"{kind} `([^`]+)`", row["by"])}


@requirement("SEC-13")
@pytest.mark.parametrize("role", roles.OUTSIDE)
def test_an_outer_role_reaches_of_the_inner_zone_what_the_declared_gateways_name_and_nothing_else(role):
    asked = roles.ROLES[role]
    assert named("login", role) == {role_name(each) for each in asked.logins}
    assert INNER_LOGINS.isdisjoint(asked.logins)
    assert not asked.owner
    assert named("folder", role) & set(STORES) == asked.reads | asked.writes
    assert all(row["how"].strip() for row in gateways())


@requirement("SEC-13")
@pytest.mark.parametrize("role", roles.OUTSIDE)
def test_an_outer_role_answers_no_inner_route(role):
    from django.urls import get_resolver

    inner = {name for each, asked in roles.ROLES.items() if each not in (*roles.OUTSIDE, "all") for name in asked.surfaces}
    assert inner == {"counter", "oversight", "scim", "gateway"}
    found = [f"{namespace}:{name}" for namespace, (_, resolver) in get_resolver().namespace_dict.items() if namespace in inner
             for name in {key for key in resolver.reverse_dict if isinstance(key, str)}]
    assert len(found) > 20
    assert [each for each in found if roles.ROLES[role].answers(each.partition(":")[0], each)] == []
