"""Key files: born in place, readable by one, never shown."""

import stat
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest

from tongban.kernel.crypto import keys
from tongban.kernel.crypto.keys import KeyExposed, KeyMissing, KeyPurpose


def test_a_key_is_made_once_with_mode_0600_and_found_again(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    ring = keys.ensure_ring(folder, KeyPurpose.FIELD)
    (file,) = folder.iterdir()
    assert file.name == "field-0001.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert keys.ensure_ring(folder, KeyPurpose.FIELD) == ring
    assert len(ring.current.secret) == 32


def test_many_who_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPool(8) as pool:
        rings = pool.map(lambda _: keys.ensure_ring(tmp_path, KeyPurpose.INDEX), range(32))
    assert len({ring.current.secret for ring in rings}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["index-0001.key"]


def test_purposes_do_not_share_keys(tmp_path: Path) -> None:
    secrets = {keys.ensure_ring(tmp_path, purpose).current.secret for purpose in KeyPurpose}
    assert len(secrets) == len(KeyPurpose)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_others_can_read_is_not_used(tmp_path: Path, mode: int) -> None:
    keys.ensure_ring(tmp_path, KeyPurpose.FIELD)
    (tmp_path / "field-0001.key").chmod(mode)
    with pytest.raises(KeyExposed, match=r"field-0001\.key"):
        keys.load_ring(tmp_path, KeyPurpose.FIELD)


@pytest.mark.parametrize("content", [b"", b"not base64!", b"AAAA"])
def test_a_file_that_is_no_key_is_not_used(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "field-0001.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyExposed):
        keys.ensure_ring(tmp_path, KeyPurpose.FIELD)


def test_a_link_to_a_key_is_not_followed(tmp_path: Path) -> None:
    keys.ensure_ring(tmp_path / "elsewhere", KeyPurpose.FIELD)
    (tmp_path / "field-0001.key").symlink_to(tmp_path / "elsewhere" / "field-0001.key")
    with pytest.raises(KeyExposed):
        keys.load_ring(tmp_path, KeyPurpose.FIELD)


def test_the_text_of_a_key_never_shows_it(tmp_path: Path) -> None:
    key = keys.ensure_ring(tmp_path, KeyPurpose.FIELD).current
    assert repr(key.secret)[2:10] not in repr(key)
    assert "secret" not in repr(key)


def test_an_empty_folder_has_no_current_key(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing, match="field"):
        _ = keys.load_ring(tmp_path, KeyPurpose.FIELD).current
