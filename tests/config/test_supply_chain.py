"""What Tongban is made of: pinned, allowed, listed, and looked up in data that is there and not too old (T32)."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

from tests.requirements import requirement

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 2, tzinfo=UTC)
YAML = """
id: PYSEC-2026-1
modified: 2026-03-01T00:00:00Z
aliases: [CVE-2026-1]
details: A planted hole.
affected:
- package: {name: Lib.One, ecosystem: PyPI}
  ranges: [{type: ECOSYSTEM, events: [{introduced: '1.0'}, {fixed: '1.5'}]}]
"""


@pytest.fixture(scope="module")
def chain():
    loader = SourceFileLoader("supply_chain", str(ROOT / "bin" / "supply-chain"))
    module = module_from_spec(spec_from_loader("supply_chain", loader))
    import sys

    sys.modules["supply_chain"] = module
    loader.exec_module(module)
    yield module
    del sys.modules["supply_chain"]


def part(chain, name="lib-one", version="1.4", **changes):
    return chain.Part(**{"system": "PyPI", "name": name, "version": version, "runs": True, "direct": True, "licence": "MIT", **changes})


def told(chain, folder, version="1.4", now=NOW, **more):
    return chain.audit([part(chain, version=version)], folder, now, **more)


@pytest.fixture
def database(tmp_path):
    (tmp_path / "vulns" / "lib-one").mkdir(parents=True)
    (tmp_path / "vulns" / "lib-one" / "PYSEC-2026-1.yaml").write_text(YAML)
    return tmp_path


@requirement("SEC-10")
@pytest.mark.parametrize(("version", "struck"), [("1.0", True), ("1.4", True), ("1.4.99", True), ("1.5rc1", True), ("1.5", False),
                                                 ("0.9", False), ("2.0", False)])
def test_a_planted_advisory_is_found_in_the_versions_it_names_and_in_no_other(chain, database, version, struck):
    done, wrong = told(chain, database, version)
    assert [line for line in wrong if "PYSEC-2026-1" in line] == wrong
    assert bool(wrong) is struck
    assert any("1 packages looked up in 1 advisories" in line and "; 1 are about" in line for line in done)
    assert any("1 days ago, on 2026-03-01" in line for line in done)


@pytest.mark.parametrize(("affected", "struck"), [
    ({"versions": ["1.4"]}, True), ({"versions": ["1.3"]}, False),
    ({"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"last_affected": "1.4"}]}]}, True),
    ({"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"last_affected": "1.3"}]}]}, False),
    ({"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}, True),
    ({"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2"}, {"introduced": "1.4"}, {"fixed": "1.6"}]}]}, True),
    ({"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2"}, {"introduced": "1.5"}]}]}, False),
    ({"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "no version"}]}]}, True),
    ({"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}, False)])
def test_ranges_are_read_as_their_format_says(chain, affected, struck):
    assert chain.strikes(affected, "1.4") is struck


@requirement("SEC-10")
def test_an_audit_of_nothing_fails(chain, tmp_path, database):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "README.json").write_text("{}")
    assert "Nothing was audited" in chain.audit([part(chain)], tmp_path / "empty", NOW)[1][0]
    assert "Nothing was audited" in chain.audit([], database, NOW)[1][0]
    for words in (["audit"], ["audit", str(tmp_path / "absent")]):
        with pytest.raises(SystemExit, match="Nothing was audited"):
            chain.main(words)


@requirement("SEC-10")
def test_old_data_fails_unless_somebody_says_why(chain, database):
    _, wrong = told(chain, database, "2.0", now=NOW + timedelta(days=29))
    assert wrong == []
    _, wrong = told(chain, database, "2.0", now=NOW + timedelta(days=30))
    assert len(wrong) == 1 and "31 days old" in wrong[0]
    done, wrong = told(chain, database, "2.0", now=NOW + timedelta(days=30), old_because="no way out of this room")
    assert wrong == [] and "no way out of this room" in done[-1]


def test_a_withdrawn_advisory_and_one_of_another_index_say_nothing(chain, database):
    file = database / "vulns" / "lib-one" / "PYSEC-2026-1.yaml"
    for text in (YAML + "withdrawn: 2026-03-01T00:00:00Z\n", YAML.replace("PyPI", "npm"), YAML.replace("Lib.One", "lib-one-more")):
        file.write_text(text)
        assert told(chain, database)[1] == []


@pytest.mark.parametrize(("named", "until", "waits"), [("PYSEC-2026-1", date(2026, 3, 2), True),
                                                       ("CVE-2026-1", date(2026, 4, 1), True),
                                                       ("PYSEC-2026-1", date(2026, 3, 1), False),
                                                       ("PYSEC-2026-2", date(2026, 4, 1), False)])
def test_a_finding_may_wait_for_a_time_and_a_reason(chain, database, tmp_path, named, until, waits):
    waived = tmp_path / "waived.yaml"
    waived.write_text(f"- {{advisory: {named}, until: {until}, because: not reachable from outside}}\n")
    done, wrong = told(chain, database, waived=waived)
    assert (wrong == []) is waits
    assert any("not reachable" in line for line in done) is waits


@requirement("SEC-10")
def test_everything_is_pinned_with_hashes_and_installed_as_pinned(chain):
    assert chain.check_pins() == []


@pytest.fixture
def tree(tmp_path):
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.mark.parametrize(("file", "old", "new", "said"), [
    ("requirements/run.in", "segno\n", "segno\nleft-pad\n", "does not pin left-pad"),
    ("requirements/run.txt", "segno==", "segno>=", "segno"),
    ("requirements/dev.txt", "segno==", "segno==0.", "segno is"),
    ("package.json", '"axe-core": "', '"axe-core": "^', "axe-core"),
    ("package-lock.json", '"integrity"', '"was"', "has no hash")])
def test_what_is_not_pinned_is_named(chain, tree, file, old, new, said):
    path = tree / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    assert any(said in line for line in chain.check_pins(tree))


def test_a_pin_without_its_hash_is_named(chain, tree):
    path = tree / "requirements" / "run.txt"
    lines = path.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("segno=="))
    end = next(number for number in range(start + 1, len(lines)) if not lines[number].startswith(" "))
    path.write_text("\n".join([*lines[:start], lines[start].rstrip(" \\"), *lines[end:]]))
    assert "requirements/run.txt pins segno without a hash" in chain.check_pins(tree)


@pytest.mark.parametrize(("licence", "runs", "fine"), [
    ("MIT", True, True), ("AGPL-3.0-only", True, False), ("", True, False), ("GPL-2.0-only OR MIT", True, True),
    ("MIT AND AGPL-3.0-only", True, False),
    ("LGPL-3.0-or-later", True, False), ("LGPL-3.0-or-later", False, True), ("Proprietary", False, False)])
def test_a_licence_that_nobody_allowed_is_named(chain, licence, runs, fine):
    assert (chain.check_licences([part(chain, licence=licence, runs=runs)]) == []) is fine


def test_every_licence_of_ours_is_allowed_and_the_page_is_fresh(chain):
    every = chain.parts()
    assert chain.check_licences(every) == []
    assert (ROOT / "docs" / "security" / "licences.md").read_text() == chain.licences(every)


@requirement("SEC-10")
def test_the_bill_of_materials_names_everything_once_and_is_the_same_each_time(chain):
    every = chain.parts()
    written = chain.sbom(every)
    told = json.loads(written)
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.5")
    names = [each["purl"] for each in told["components"]]
    assert len(names) == len(set(names)) == len(every) > 100
    assert {"pkg:pypi/django@" + next(each.version for each in every if each.name == "django")} <= set(names)
    assert any(name.startswith("pkg:npm/%40esbuild/") for name in names) and any(name.startswith("pkg:npm/htmx.org@") for name in names)
    assert all(each["licenses"] for each in told["components"])
    assert all(each["hashes"] for each in told["components"] if each["purl"].startswith("pkg:pypi/"))
    assert written == chain.sbom(chain.parts())
