"""Keys for signing in a cryptographic module: born there, never outside it, and missed where it is away (T15, softhsm2)."""

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pkcs11
import pytest
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import AttributeSensitive, KeyUnextractable

from tests import signing
from tests.requirements import requirement
from tests.signing import ORIGIN, PAYLOADS, PLENTY, SITE, Process, asked, checkpoint, grown, licence, noted, token
from tongban.config import cli, deployment, folders, signer
from tongban.config.key_module import CURVES, Module
from tongban.config.signing_desk import Desk
from tongban.config.signing_keys import ModuleAway, PinRefused, SigningKeys, signing_keys
from tongban.kernel.crypto import remote, tokens
from tongban.kernel.crypto.keys import KeyPurpose
from tongban.kernel.crypto.remote import SignerAway, SignerRefuses
from tongban.kernel.crypto.signing import PayloadKind, verify_signature, verify_signatures

pytestmark = pytest.mark.xdist_group("signer")
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "47110815"


class Token:
    """A token of softhsm2 in a folder of its own, as the environment of a signer names it."""

    def __init__(self, folder: Path) -> None:
        assert SOFTHSM.exists(), "softhsm2 is not installed, and nothing is passed over without it: apt-get install softhsm2"
        self.folder, self.pin_file = folder / "tokens", folder / "pin"
        folder.mkdir()
        self.folder.mkdir()
        self.write_pin(PIN)
        conf = folder / "softhsm2.conf"
        conf.write_text(f"directories.tokendir = {self.folder}\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.environment = {"SOFTHSM2_CONF": str(conf), "TONGBAN_PKCS11_MODULE": str(SOFTHSM), "TONGBAN_PKCS11_TOKEN": "house",
                            "TONGBAN_PKCS11_PIN_FILE": str(self.pin_file)}
        self.begin()

    def begin(self) -> None:
        """A token with nothing in it."""
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "house", "--so-pin", "12345678", "--pin", PIN],
                       env={**os.environ, **self.environment}, check=True, capture_output=True)

    def write_pin(self, pin: str, mode: int = 0o600) -> None:
        self.pin_file.write_text(pin + "\n")
        self.pin_file.chmod(mode)

    def go(self) -> None:
        self.folder.rename(self.folder.with_name("away"))

    def come(self) -> None:
        self.folder.with_name("away").rename(self.folder)

    def session(self):
        """Straight at the module, past the signer."""
        library = pkcs11.lib(str(SOFTHSM))
        library.reinitialize()
        return library.get_token(token_label="house").open(rw=True, user_pin=PIN)


@pytest.fixture
def hsm(tmp_path, monkeypatch):
    made = Token(tmp_path / "hsm")
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def module(hsm):
    return Module(str(SOFTHSM), "house", hsm.pin_file)


@pytest.fixture
def process(hsm, tmp_path):
    made = Process(tmp_path).start()
    yield made
    made.stop()


@pytest.fixture
def desk(hsm, tmp_path):
    """A desk whose keys lie in the module; called again, as after a restart."""
    def make():
        made = Desk(tmp_path, site=SITE, origin=ORIGIN, budgets=PLENTY, keys=signing_keys(tmp_path / "keys", os.environ))
        made.look(tmp_path)
        made.var, made.key = tmp_path, next(iter(made._signers))
        return made

    return make


def waited_for(met):
    for _ in range(500):
        if met():
            return True
        time.sleep(0.02)
    return False


def started(process):
    """A signer that should not start: how it ended and what it said."""
    done = subprocess.run([sys.executable, "-m", "tongban.config.cli", "signer"], env=process.environment, cwd=folders.ROOT,
                          capture_output=True, text=True, timeout=60, check=False)
    assert not Path(process.path).exists()
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def key_files(folder):
    return sorted(path.name for path in folder.rglob("*.key"))


def made_token(process):
    now = int(time.time())
    claims = signing.claims(iat=now, exp=now + 300)
    return claims, remote.remote_token(process.path, "JWT", claims)


@requirement("SEC-05", "SEAL-08")
def test_what_is_signed_in_the_module_holds_under_the_public_halves_and_no_key_lies_on_the_disk(process, tmp_path):
    signers, public = process.signers(), remote.published(process.path).keys
    for kind, payload in PAYLOADS.items():
        if kind is PayloadKind.RECEIPT:
            continue
        made = [each.sign(kind, payload) for each in signers]
        assert verify_signatures(public, kind, payload, made)
        assert all(each.is_software for each in made), "no module is taken for a certified one"
    claims, made = made_token(process)
    assert tokens.read(remote.published(process.path).tokens, "JWT", made) == claims
    assert key_files(tmp_path) == ["sm2-0001.key"]
    assert deployment.signer(SimpleNamespace(signer=process.path, signing_keys=(), signer_answers=remote.answers(process.path))) == []


@requirement("SEC-05", "SEAL-08")
def test_a_private_key_cannot_be_taken_out_of_the_module(hsm, desk):
    desk()
    with hsm.session() as session:
        private = list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}))
        assert {each.label for each in private} == {"ed25519-0001", "token-0001"}
        wrapping = session.generate_key(KeyType.AES, 256, store=False)
        for each in private:
            assert [each[attribute] for attribute in (Attribute.SENSITIVE, Attribute.ALWAYS_SENSITIVE, Attribute.NEVER_EXTRACTABLE,
                                                      Attribute.LOCAL, Attribute.PRIVATE)] == [True] * 5
            assert not each[Attribute.EXTRACTABLE]
            assert each.id == each.label.encode()
            with pytest.raises(AttributeSensitive):
                _ = each[Attribute.VALUE]
            with pytest.raises(KeyUnextractable):
                wrapping.wrap_key(each, mechanism=Mechanism.AES_KEY_WRAP_PAD)


def test_a_signer_started_again_finds_its_keys_in_the_module(process):
    before, (_, made) = remote.published(process.path), made_token(process)
    first = process.signers()[0].sign(PayloadKind.LICENCE, licence())
    assert process.stop() == 0
    process.start()
    assert remote.published(process.path) == before
    assert process.signers()[0].sign(PayloadKind.LICENCE, licence()) == first
    assert tokens.read(remote.published(process.path).tokens, "JWT", made)


@pytest.mark.parametrize(("changed", "code", "said"), [
    ({"TONGBAN_PKCS11_MODULE": "/nowhere/module.so"}, 1, "The module /nowhere/module.so cannot be used"),
    ({"TONGBAN_PKCS11_TOKEN": "another"}, 1, "has no token, or more than one, that is called another. Connect it"),
    ({"TONGBAN_PKCS11_TOKEN": ""}, 1, "TONGBAN_PKCS11_TOKEN is not. Set both"),
    ({"TONGBAN_PKCS11_PIN_FILE": ""}, 1, "TONGBAN_PKCS11_PIN_FILE is not. Set both"),
    ({"TONGBAN_PKCS11_PIN_FILE": "/nowhere/pin"}, 1, "cannot be read from /nowhere/pin"),
    ({"pin": ("00000000", 0o600)}, 78, "does not take the PIN in"), ({"pin": ("", 0o600)}, 1, "is empty"),
    ({"pin": (PIN, 0o640)}, 1, "chmod 600")],
    ids=["no module", "no token", "token not named", "pin not named", "no pin", "wrong pin", "empty pin", "open pin"])
def test_a_signer_without_its_module_does_not_start_and_says_what_to_do(hsm, tmp_path, changed, code, said):
    if "pin" in changed:
        hsm.write_pin(*changed.pop("pin"))
    process = Process(tmp_path, **changed)
    ended, text = started(process)
    assert (ended, text.count("\n")) == (code, 1)
    assert said in text
    assert PIN not in text
    assert key_files(tmp_path) == []
    with hsm.session() as session:
        assert list(session.get_objects()) == [], "no key is born anywhere"


def test_a_wrong_pin_is_tried_once(hsm, module, monkeypatch):
    hsm.write_pin("00000000")
    with pytest.raises(PinRefused):
        module.names()
    hsm.write_pin(PIN)
    with pytest.raises(PinRefused, match="start again by hand"):
        module.names()
    assert Module(str(SOFTHSM), "house", hsm.pin_file).names() == set()
    assert "RestartPreventExitStatus=78" in (folders.ROOT / "deploy" / "systemd" / "tongban-signer.service").read_text()
    assert signer.NOT_AGAIN == 78


def test_keys_that_are_gone_from_the_module_are_missed_and_never_replaced(process, hsm):
    process.signers()[0].sign(PayloadKind.LICENCE, licence())
    process.stop()
    shutil.rmtree(hsm.folder)
    hsm.folder.mkdir()
    hsm.begin()
    code, said = started(process)
    assert (code, "A key for ed25519 is missing" in said) == (1, True)
    with hsm.session() as session:
        assert list(session.get_objects()) == []


@requirement("SEC-05")
def test_while_the_module_is_away_nothing_is_signed_and_when_it_is_back_everything(process, hsm):
    first, second = process.signers()
    made, (_, issued) = first.sign(PayloadKind.LICENCE, licence()), made_token(process)

    def away():
        try:
            first.sign(PayloadKind.LICENCE, licence())
        except SignerAway:
            return True
        return False

    hsm.go()
    assert waited_for(away)
    before = process.noted()
    for attempt in (lambda: first.sign(PayloadKind.LICENCE, licence()), lambda: second.sign(PayloadKind.LICENCE, licence()),
                    lambda: first.sign(PayloadKind.CHECKPOINT, checkpoint()), lambda: made_token(process)):
        with pytest.raises(SignerAway):
            attempt()
    assert not remote.answers(process.path)
    assert process.noted() == before
    assert verify_signature(first.verifying_key, PayloadKind.LICENCE, licence(), made), "what was signed still verifies"
    assert tokens.read(remote.published(process.path).tokens, "JWT", issued)
    assert waited_for(lambda: '"error": "ModuleAway"' in process.log.read_text())
    hsm.come()
    assert waited_for(lambda: not away())
    assert first.sign(PayloadKind.LICENCE, licence()) == made
    assert second.sign(PayloadKind.CHECKPOINT, checkpoint())
    made_token(process)


def test_a_module_that_fails_amid_a_signature_gives_none_and_the_same_checkpoint_is_signed_later(desk, hsm):
    at = desk()
    assert "value" in asked(at, "checkpoint", grown(0, 7)[0])
    ninth, proof = grown(7, 9)
    hsm.go()
    assert asked(at, "checkpoint", ninth, proof=proof) == {"error": "module_away"}
    assert asked(at, "token", token()) == {"error": "module_away"}
    assert len(noted(at.var)) == 2, "one was noted and not made, then nothing is begun"
    with pytest.raises(ModuleAway):
        at.look(at.var)
    hsm.come()
    at.look(at.var)
    assert "value" in asked(at, "checkpoint", ninth, proof=proof)
    assert at.counts["signed checkpoint"] == 2


def test_the_next_key_is_born_in_the_module_and_what_the_old_one_signed_verifies_on(process, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TONGBAN_VAR", str(process.var))
    old, before = process.signers()[0], remote.published(process.path)
    made, (claims, issued) = old.sign(PayloadKind.LICENCE, licence()), made_token(process)
    for purpose in ("ed25519", "token"):
        assert cli.main(["keys", "rotate", purpose]) == 0
    assert capsys.readouterr().out.count("Key 2 signs from now on, in the module") == 2
    assert waited_for(lambda: len(remote.published(process.path).keys) == 3 and len(remote.published(process.path).tokens["keys"]) == 2)
    with pytest.raises(SignerRefuses) as refused:
        old.sign(PayloadKind.LICENCE, licence())
    assert refused.value.facts == {"reason": "key_replaced"}
    public, new = remote.published(process.path), process.signers()[0]
    assert verify_signature(new.verifying_key, PayloadKind.LICENCE, licence(), new.sign(PayloadKind.LICENCE, licence()))
    assert verify_signature(public.keys[0], PayloadKind.LICENCE, licence(), made)
    assert tokens.read(public.tokens, "JWT", issued) == claims
    claims, issued = made_token(process)
    assert public.tokens["keys"][1:] == before.tokens["keys"], "the newest comes first"
    assert tokens.read({"keys": public.tokens["keys"][:1]}, "JWT", issued) == claims, "and signs"
    assert cli.main(["keys", "list"]) == 0
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "ed25519: 1 (in the module), 2 (in the module)", "sm2: 1", "token: 1 (in the module), 2 (in the module)"]
    assert cli.main(["keys", "rotate", "sm2"]) == 0
    assert key_files(tmp_path) == ["sm2-0001.key", "sm2-0002.key"]


@pytest.mark.parametrize("words", [["list"], ["rotate", "ed25519"]])
def test_the_commands_say_that_the_module_is_away(hsm, tmp_path, monkeypatch, capsys, words):
    monkeypatch.setenv("TONGBAN_VAR", str(tmp_path / "var"))
    hsm.go()
    assert cli.main(["keys", *words]) == 1
    assert "See that it is installed and connected" in capsys.readouterr().out
    hsm.come()
    if words[0] == "rotate":
        assert cli.main(["keys", *words]) == 1
        assert "There is no such key" in capsys.readouterr().out, "none is born where there is none"


def test_a_node_moves_into_the_module_by_a_change_of_keys_and_does_not_slip_back(hsm, tmp_path, monkeypatch, capsys):
    process = Process(tmp_path)
    process.environment.pop("TONGBAN_PKCS11_MODULE")
    process.start()
    try:
        old = process.signers()[0]
        made, (claims, issued) = old.sign(PayloadKind.LICENCE, licence()), made_token(process)
        process.stop()
        process.environment |= hsm.environment
        process.start()
        assert process.signers()[0].sign(PayloadKind.LICENCE, licence()) == made, "the file signs until the key is changed"
        monkeypatch.setenv("TONGBAN_VAR", str(process.var))
        for purpose in ("ed25519", "token"):
            assert cli.main(["keys", "rotate", purpose]) == 0
        assert cli.main(["keys", "list"]) == 0
        assert {"ed25519: 1, 2 (in the module)", "token: 1, 2 (in the module)"} <= set(capsys.readouterr().out.splitlines())
        assert waited_for(lambda: len(remote.published(process.path).keys) == 3 and len(remote.published(process.path).tokens["keys"]) == 2)
        public, new = remote.published(process.path), process.signers()[0]
        signed = new.sign(PayloadKind.LICENCE, licence())
        assert [verify_signature(key, PayloadKind.LICENCE, licence(), each) for key, each in zip(public.keys, (made, signed), strict=False)
                ] == [True, True]
        assert tokens.read(public.tokens, "JWT", issued) == claims
        assert key_files(tmp_path) == ["ed25519-0001.key", "sm2-0001.key", "token-0001.key"]
    finally:
        process.stop()
    process.environment.pop("TONGBAN_PKCS11_MODULE")
    code, said = started(process)
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith(f"A key for {new.verifying_key.key_id} is missing on this machine. This signer signed before")


class Alone:
    """Something of a session, that tells how many were in it at once."""

    def __init__(self, of, inside, most) -> None:
        self.of, self.inside, self.most = of, inside, most

    def __getattr__(self, name):
        def called(*given, **named):
            self.inside.append(name)
            self.most.append(len(self.inside))
            time.sleep(0.0005)
            try:
                return getattr(self.of, name)(*given, **named)
            finally:
                self.inside.pop()

        return called


def test_many_threads_sign_and_look_at_once_and_one_at_a_time_is_let_in(module):
    module.names()
    module.make(KeyPurpose.ED25519, 1)
    module.make(KeyPurpose.TOKEN, 1)
    inside, most = [], []
    module._session = Alone(module._session, inside, most)
    module._keys = {name: (Alone(key, inside, most), public) for name, (key, public) in module._keys.items()}
    seal, tokened, wrong = module.signer("ed25519-0001"), module.token_key("token-0001"), []

    def work(number):
        try:
            for turn in range(40):
                text = licence(f"{number}-{turn}")
                if not seal.verify(PayloadKind.LICENCE, text, seal.sign(PayloadKind.LICENCE, text)):
                    wrong.append(text)
                claims = signing.claims(sub=f"{number}-{turn}")
                if tokens.read({"keys": [tokened.public]}, "JWT", tokened.sign("JWT", claims)) != claims:
                    wrong.append(claims)
                module.names()
        except ModuleAway as away:
            wrong.append(str(away))

    threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []
    assert max(most) == 1


def test_a_key_that_may_leave_the_module_never_signs_and_the_others_go_on(hsm, module):
    module.names()
    module.make(KeyPurpose.ED25519, 1)
    curve = CURVES[KeyPurpose.ED25519]
    parameters = module._session.create_domain_parameters(curve.kind, {Attribute.EC_PARAMS: curve.parameters}, local=True)
    parameters.generate_keypair(mechanism=curve.born_by, store=True, label="ed25519-0002", private_template={
        Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False})
    refused = r"ed25519-0002 in the module .* can be taken out"
    with pytest.raises(ModuleAway, match=refused):
        module.names()
    first = module.signer("ed25519-0001")
    assert first.verify(PayloadKind.LICENCE, licence(), first.sign(PayloadKind.LICENCE, licence()))
    with pytest.raises(ModuleAway, match=refused):
        Module(str(SOFTHSM), "house", hsm.pin_file).names()


def test_keys_of_others_in_the_same_token_are_left_alone(desk, hsm):
    curve = CURVES[KeyPurpose.TOKEN]
    with hsm.session() as session:
        session.create_domain_parameters(curve.kind, {Attribute.EC_PARAMS: curve.parameters}, local=True).generate_keypair(
            store=True, label="web server")
    assert "value" in asked(desk(), "licence", licence())


def test_two_signers_of_one_module_have_the_same_keys(hsm, tmp_path):
    held = [signing_keys(tmp_path / name, os.environ) for name in ("outside", "inside")]
    for each in held:
        each.make_first()
    ed25519 = [each.held().signers[0].verifying_key for each in held]
    assert ed25519[0] == ed25519[1]


def test_the_numbers_go_on_from_those_of_the_files(hsm, tmp_path):
    files = SigningKeys(tmp_path / "keys")
    files.make_first()
    files.add(KeyPurpose.ED25519)
    both = signing_keys(tmp_path / "keys", os.environ)
    assert [both.add(purpose) for purpose in (KeyPurpose.ED25519, KeyPurpose.TOKEN, KeyPurpose.SM2)] == [3, 2, 2]
    assert both.in_module(KeyPurpose.ED25519) == [3]
    assert both.in_module(KeyPurpose.SM2) == []
    newest = both.held()
    files.add(KeyPurpose.ED25519)
    again = both.held()
    assert again.signers[0].verifying_key == newest.signers[0].verifying_key, "of two with one number the one in the module signs"
    assert len(again.keys) == len(newest.keys) + 1


def test_what_speaks_to_modules_is_loaded_only_where_one_is_named(tmp_path):
    look = ("import sys\nfrom pathlib import Path\nfrom tongban.config import cli, signer, signing_desk\n"
            "from tongban.config.signing_keys import signing_keys\n"
            f"kept = signing_keys(Path({str(tmp_path)!r}), {{}})\nkept.make_first()\nkept.held()\n"
            "print([name for name in sys.modules if name.partition('.')[0] in ('pkcs11', 'asn1crypto')])")
    done = subprocess.run([sys.executable, "-c", look], cwd=folders.ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
