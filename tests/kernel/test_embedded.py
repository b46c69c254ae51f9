"""The embedded PostgreSQL: never root, never a changed mode outside its folder, started again as it was."""

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from tongban.config import embedded

ROOT = Path(__file__).resolve().parents[2]


def modes(folder):
    """The modes of a folder and everything above it."""
    return {parent: stat.S_IMODE(parent.stat().st_mode) for parent in [folder, *folder.parents]}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
def test_as_root_inside_a_private_folder_no_mode_outside_var_changes_and_the_server_is_not_root(tmp_path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    before = modes(private)
    cluster = embedded.start(private / "var" / "postgres", durable=False)
    try:
        with psycopg.connect(cluster.url("postgres")) as connection:
            process = connection.execute("select pg_backend_pid()").fetchone()[0]
            assert Path(f"/proc/{process}").stat().st_uid != 0
        again = embedded.start(private / "var" / "postgres", durable=False)
        assert again == cluster
    finally:
        embedded.stop(private / "var" / "postgres", mode="immediate")
    assert modes(private) == before
    assert stat.S_IMODE((private / "var" / "postgres" / "connection.json").stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become someone else")
def test_an_ordinary_user_starts_it_too():
    base = Path(tempfile.mkdtemp())
    base.chmod(0o711)
    home = base / "home"
    home.mkdir()
    if not embedded._reachable(Path(sys.executable).resolve()) or not embedded._reachable(Path(sys.executable)):
        pytest.skip("this Python is closed to ordinary users")
    os.chown(home, 65534, 65534)
    code = ("from pathlib import Path; from tongban.config import embedded; import psycopg\n"
            f"folder = Path({str(home)!r}) / 'postgres'\n"
            "cluster = embedded.start(folder, durable=False)\n"
            "print(psycopg.connect(cluster.url('postgres')).execute('select 1').fetchone()[0])\n"
            "embedded.stop(folder, mode='immediate')\n")
    done = subprocess.run(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", sys.executable, "-c", code],
                          cwd=ROOT, capture_output=True, text=True, check=False,
                          env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.stdout.strip() == "1", done.stderr[-2000:]


def test_a_wrong_password_is_refused(tmp_path):
    cluster = embedded.start(tmp_path / "postgres", durable=False)
    try:
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(cluster.url("postgres").replace(cluster.password, "guessed"))
    finally:
        embedded.stop(tmp_path / "postgres", mode="immediate")
