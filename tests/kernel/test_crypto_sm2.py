"""SM2 through libcrypto against the standard's example, a second implementation and the command line."""

import secrets
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from tests.kernel import sm2_oracle
from tests.requirements import requirement
from tongban.kernel.crypto import sm2

if not sm2.is_available():
    pytest.skip("libcrypto 3 with SM2 is not on this machine", allow_module_level=True)

SECRET = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
PUBLIC = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA


def test_the_example_of_the_standard_verifies_and_its_public_key_comes_out() -> None:
    assert sm2.PrivateKey(SECRET).public_point == PUBLIC
    assert sm2.PublicKey(PUBLIC).verify(b"message digest", encode_dss_signature(R, S))
    assert not sm2.PublicKey(PUBLIC).verify(b"message digesu", encode_dss_signature(R, S))


def test_our_signatures_hold_in_a_second_implementation_and_its_signatures_in_ours() -> None:
    for size in (0, 1, 31, 64, 1000):
        scalar, message = sm2.new_scalar(), secrets.token_bytes(size)
        key, number = sm2.PrivateKey(scalar), int.from_bytes(scalar, "big")
        public = sm2_oracle.times(number, sm2_oracle.G)
        assert public
        assert key.public_point == b"\x04" + b"".join(n.to_bytes(32, "big") for n in public)
        assert sm2_oracle.verify(public, message, *decode_dss_signature(key.sign(message)))
        r, s = sm2_oracle.sign(number, message, secrets.randbelow(sm2_oracle.N - 1) + 1)
        assert sm2.PublicKey(key.public_point).verify(message, encode_dss_signature(r, s))


def test_the_command_line_of_openssl_accepts_our_signature(tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        pytest.skip("the openssl command is not on this machine")
    key = sm2.PrivateKey(SECRET)
    (tmp_path / "key.der").write_bytes(sm2._PUBLIC + key.public_point)
    (tmp_path / "message").write_bytes(b"a licence")
    (tmp_path / "signature").write_bytes(key.sign(b"a licence"))
    command = [
        *("openssl", "pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{sm2.SIGNER_ID.decode()}"),
        *("-pubin", "-keyform", "DER", "-inkey", "key.der", "-in", "message", "-sigfile", "signature"),
    ]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Signature Verified Successfully" in ran.stdout, ran.stderr


def test_every_byte_of_a_signature_matters() -> None:
    key = sm2.PrivateKey(SECRET)
    signature, public = key.sign(b"receipt"), sm2.PublicKey(key.public_point)
    assert public.verify(b"receipt", signature)
    for i in range(len(signature)):
        changed = bytearray(signature)
        changed[i] ^= 1 << (i % 8)
        assert not public.verify(b"receipt", bytes(changed))
    assert not public.verify(b"receipt", signature + b"\x00")
    assert not public.verify(b"receipt", b"")


@pytest.mark.parametrize("scalar", [b"", bytes(32), b"\xff" * 32, (sm2.ORDER - 1).to_bytes(32, "big"), b"\x01" * 33])
def test_a_scalar_outside_the_group_is_refused(scalar: bytes) -> None:
    with pytest.raises(sm2.Sm2KeyNotValid):
        sm2.PrivateKey(scalar)


@pytest.mark.parametrize("point", [b"", bytes(65), b"\x04" + bytes(64), PUBLIC[:-1] + b"\x14", b"\x02" + PUBLIC[1:33]])
def test_a_point_off_the_curve_is_refused(point: bytes) -> None:
    with pytest.raises(sm2.Sm2KeyNotValid):
        sm2.PublicKey(point)


@requirement("SEAL-09")
def test_a_machine_without_the_library_says_so_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sm2, "_LIBRARIES", ("libnothing.so.3",))
    sm2._library.cache_clear()
    try:
        assert not sm2.is_available()
        with pytest.raises(sm2.Sm2Unavailable, match="OpenSSL 3"):
            sm2.PublicKey(PUBLIC)
    finally:
        monkeypatch.undo()
        sm2._library.cache_clear()
    assert sm2.is_available()
