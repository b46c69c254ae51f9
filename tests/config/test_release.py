"""A release: the same bytes each time, from a clean tree and nothing known against it, and signed; what was changed is refused."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.requirements import requirement

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("release")


def git(tree, *words):
    who = ("-c", "user.name=Release", "-c", "user.email=release@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(tree), *who, *words], check=True, capture_output=True)


def bin_release(tree, *words, **more):
    return subprocess.run([sys.executable, str(tree / "bin" / "release"), *map(str, words)], capture_output=True, text=True, check=False,
                          **more)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A tree of its own with these programs, committed."""
    made = tmp_path_factory.mktemp("tree")
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=True,
                            capture_output=True).stdout.decode().split("\0")
    for name in filter(None, listed):
        place = made / name
        if (ROOT / name).is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place)
    git(made, "init", "-q")
    for each in (".venv", "node_modules"):
        (made / each).symlink_to((ROOT / each).resolve())
    (made / ".git" / "info" / "exclude").write_text(".venv\nnode_modules\n")
    git(made, "add", "-A")
    git(made, "commit", "-q", "-m", "All of it")
    return made


@pytest.fixture(scope="module")
def keys(tree, tmp_path_factory):
    made = tmp_path_factory.mktemp("keys")
    assert bin_release(tree, "key", made).returncode == 0
    return made


@pytest.fixture(scope="module")
def advisories(tmp_path_factory):
    made = tmp_path_factory.mktemp("advisories")
    advise(made, "of-no-concern")
    return made


def advise(folder, package):
    (folder / f"{package}.json").write_text(json.dumps({
        "id": f"OSV-{package}", "modified": datetime.now(UTC).isoformat(), "summary": "A planted hole.",
        "affected": [{"package": {"name": package, "ecosystem": "PyPI"},
                      "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}))


@pytest.fixture(scope="module")
def made(tree, keys, advisories, tmp_path_factory):
    """Two releases of the same tree, the second by somebody with other habits."""
    found, other = [], {"TZ": "America/New_York", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    for number, more in enumerate(({}, {"umask": 0o077, "env": {**os.environ, **other}})):
        folder = tmp_path_factory.mktemp("out") / f"release-{number}"
        done = bin_release(tree, folder, "--key", keys / "release.key", "--advisories", advisories, **more)
        assert done.returncode == 0, done.stderr
        found.append(folder)
    return found


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def verified(folder, key, tree=ROOT):
    done = bin_release(tree, "verify", folder, "--key", key)
    assert (done.returncode == 0) is done.stdout.startswith("Good. ")
    return done.stderr.strip() if done.returncode else "Good."


@requirement("SEC-10")
def test_two_builds_are_the_same_to_the_byte(made):
    first, second = map(bytes_of, made)
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []


@requirement("SEC-10")
def test_a_release_holds_programs_what_is_built_of_them_materials_list_and_signature(made, keys, tree):
    assert verified(made[0], keys / "release.pub") == "Good."
    packed, = made[0].glob("*.tar.gz")
    assert sorted(path.name for path in made[0].iterdir()) == sorted([packed.name, "SHA256SUMS", "SHA256SUMS.sig", "sbom.json"])
    with tarfile.open(packed) as held:
        names = {each.name.partition("/")[2]: each for each in held}
        top = {each.partition("/")[0] for each in held.getnames()}
    assert top == {packed.name.removesuffix(".tar.gz")}
    tracked = subprocess.run(["git", "-C", str(tree), "ls-files", "-z"], check=True, capture_output=True).stdout.decode().split("\0")
    assert {*filter(None, tracked)} < set(names)
    assert {"var/build/static/tongban.css", "var/build/static/tongban.js", "var/build/locale/zh_Hans/LC_MESSAGES/django.mo"} <= set(names)
    assert (names["bin/tongban"].mode, names["README.md"].mode, names["README.md"].uid) == (0o755, 0o644, 0)
    assert json.loads((made[0] / "sbom.json").read_text())["metadata"]["component"]["name"] == "tongban"


@requirement("SEC-10")
def test_a_good_release_is_told_by_its_archive_and_commit(made, keys, tree):
    packed, = made[0].glob("*.tar.gz")
    commit = subprocess.run(["git", "-C", str(tree), "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout[:12]
    said = bin_release(ROOT, "verify", made[0], "--key", keys / "release.pub").stdout
    assert said == f"Good. {packed.name}, commit {commit}\n"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_it_can_be_checked_where_there_is_no_tongban_yet(made, keys):
    subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(keys / "release.pub"), "-rawin", "-in", "SHA256SUMS",
                    "-sigfile", "SHA256SUMS.sig"], cwd=made[0], check=True, capture_output=True)
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=made[0], check=True, capture_output=True)


def one_byte(folder, name):
    path = next(folder.glob(name))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def another_name(folder):
    packed = next(folder.glob("*.tar.gz"))
    packed.rename(packed.with_name("tongban-9.9.9.tar.gz"))


def linked(folder):
    packed = next(folder.glob("*.tar.gz"))
    packed.rename(folder.parent / "elsewhere")
    packed.symlink_to(folder.parent / "elsewhere")


TAMPERED = {
    "a byte of the programs": (lambda folder: one_byte(folder, "*.tar.gz"), "is not what was signed"),
    "a byte of the materials": (lambda folder: one_byte(folder, "sbom.json"), "is not what was signed"),
    "a byte of the list": (lambda folder: one_byte(folder, "SHA256SUMS"), "was not signed with this key"),
    "a byte of the signature": (lambda folder: one_byte(folder, "SHA256SUMS.sig"), "was not signed with this key"),
    "a line off the list": (lambda folder: (folder / "SHA256SUMS").write_bytes(
        (folder / "SHA256SUMS").read_bytes().split(b"\n", 1)[1]), "was not signed with this key"),
    "another name": (another_name, "is not on the list"),
    "a file more": (lambda folder: (folder / "install.sh").write_text("true"), "install.sh is not on the list"),
    "a file less": (lambda folder: (folder / "sbom.json").unlink(), "sbom.json is missing"),
    "a link": (linked, "is not what was signed"),
    "no signature": (lambda folder: (folder / "SHA256SUMS.sig").unlink(), "is not there"),
}


@requirement("SEC-10")
@pytest.mark.parametrize("how", TAMPERED)
def test_a_release_that_was_tampered_with_is_refused(made, keys, tmp_path, how):
    folder = shutil.copytree(made[0], tmp_path / "release")
    assert verified(folder, keys / "release.pub") == "Good."
    tamper, told = TAMPERED[how]
    tamper(folder)
    assert told in verified(folder, keys / "release.pub")


@requirement("SEC-10")
def test_a_release_signed_with_another_key_is_refused(made, keys, tree, tmp_path):
    assert bin_release(tree, "key", tmp_path).returncode == 0
    assert "was not signed with this key" in verified(made[0], tmp_path / "release.pub")
    (tmp_path / "release.pub").write_text("nothing")
    assert "is no public key" in verified(made[0], tmp_path / "release.pub")


def test_it_is_verified_by_one_file_with_nothing_around_it(made, keys, tmp_path):
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "bin" / "release", tmp_path / "bin" / "release")
    assert verified(made[0], keys / "release.pub", tree=tmp_path) == "Good."


def refused(tree, keys, advisories, tmp_path):
    folder = tmp_path / "release"
    done = bin_release(tree, folder, "--key", keys / "release.key", "--advisories", advisories)
    assert done.returncode == 1
    assert list(tmp_path.glob("release*")) == []
    return done.stderr


@requirement("SEC-10")
@pytest.mark.parametrize("left", ["README.md", "left-behind.txt"])
def test_a_tree_that_is_not_clean_is_not_released(tree, keys, advisories, tmp_path, left):
    before = (tree / left).read_text() if (tree / left).exists() else None
    (tree / left).write_text("unfinished")
    try:
        told = refused(tree, keys, advisories, tmp_path)
    finally:
        (tree / left).unlink() if before is None else (tree / left).write_text(before)
    assert "The tree is not clean" in told
    assert left in told


@requirement("SEC-10")
def test_what_an_advisory_is_about_is_not_released(tree, keys, tmp_path):
    folder = tmp_path / "advisories"
    folder.mkdir()
    advise(folder, "django")
    assert "OSV-django A planted hole." in refused(tree, keys, folder, tmp_path)
    assert "Nothing was audited" in refused(tree, keys, tmp_path / "absent", tmp_path)


def test_the_key_is_made_once_and_read_by_its_owner_alone(tree, keys, advisories, tmp_path):
    before = (keys / "release.key").read_bytes()
    assert "is there already" in bin_release(tree, "key", keys).stderr
    assert (keys / "release.key").read_bytes() == before
    assert (keys / "release.key").stat().st_mode & 0o777 == 0o600
    shutil.copy(keys / "release.key", tmp_path / "release.key")
    (tmp_path / "release.key").chmod(0o640)
    done = bin_release(tree, tmp_path / "out", "--key", tmp_path / "release.key", "--advisories", advisories)
    assert (done.returncode, "can be read by others" in done.stderr, (tmp_path / "out").exists()) == (1, True, False)
