"""What the house does with a signer in another process: issue and seal without reading a key, and wait while it is away."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections

from tests import journeys
from tests.conftest import MONDAY
from tests.ledger.elsewhere import OtherLog, bring, leaves
from tests.ledger.test_tree import literal_root
from tests.licences.conftest import TESTER, given, order, publish  # noqa: F401 - fixtures
from tests.signing import ORIGIN, Process
from tongban.config import worker
from tongban.identity.actions import telling
from tongban.kernel import database, events, parameters, sequencing, simulations, vault
from tongban.kernel.crypto import keys, remote
from tongban.kernel.crypto import signing as software
from tongban.kernel.crypto.remote import SignerAway, SignerBusy, SignerRefuses
from tongban.kernel.crypto.signing import PayloadKind
from tongban.kernel.jobs import RETRIES, Patience
from tongban.ledger import actions, queries, rules
from tongban.ledger.errors import NotSealing
from tongban.ledger.types import StoppedAct
from tongban.licences import actions as licences
from tongban.licences import queries as verifying
from tongban.licences.types import LicenceState, Verdict

NUMBERS = itertools.count(1)
pytestmark = pytest.mark.xdist_group("signer")


@pytest.fixture(scope="module")
def process(house, tmp_path_factory):
    vault.signers()
    vault.token_keys()
    with database.serving("worker"):
        found = database.row("select origin from ledger_state")
    made = Process(tmp_path_factory.mktemp("s"), keys=settings.KEYS, TONGBAN_ORIGIN=found[0] or ORIGIN)
    made.origin = found[0] or ORIGIN
    made.start()
    yield made
    made.stop()


@pytest.fixture
def elsewhere(process, db, monkeypatch):
    """This process asks the signer and cannot read a key for signing; the record seals as it did before afterwards."""
    def unreadable(folder, purpose, *_):
        if purpose in (keys.KeyPurpose.ED25519, keys.KeyPurpose.SM2, keys.KeyPurpose.TOKEN):
            raise AssertionError(f"{purpose} was read")
        return ensure_ring(folder, purpose)

    ensure_ring = keys.ensure_ring
    if process.running.poll() is not None:
        process.start()
    vault.forget_signers()
    vault._token_keys.cache_clear()
    monkeypatch.setattr(settings, "SIGNER", process.path)
    for module in (software, vault):
        monkeypatch.setattr(module, "ensure_ring", unreadable)
    monkeypatch.setattr(software, "load_ring", unreadable)
    yield process
    monkeypatch.undo()
    vault.forget_signers()
    database.execute("update ledger_state set sealed_at = '9999-01-01'")


def entered():
    sequencing.take_turn()
    while actions.enter():
        pass


def published_kinds(code):
    return database.row("select count(*) from licences_verifiable where code = %s", [code])[0]


def test_a_licence_is_issued_and_verified_by_processes_that_read_no_key(elsewhere, order):  # noqa: F811
    before = len(elsewhere.noted())
    code = order()
    assert licences.issue_licence(TESTER, code=code).state is LicenceState.ISSUED
    answer = verifying.verifiable(code)
    assert answer.verdict is Verdict.VALID
    assert [check.holds for check in answer.signatures] == [True] * len(vault.signers())
    assert [line["kind"] for line in elsewhere.noted()[before:]] == ["licence"] * len(vault.signers())


def test_a_checkpoint_is_sealed_and_a_token_signed_by_processes_that_read_no_key(elsewhere):
    entered()
    assert actions.seal(elsewhere.origin)
    sealed = queries.newest().size
    assert not [each for each in queries.faults_of_the_record() if each.position == sealed and "signed" in each.what]
    now = int(time.time())
    claims = {"iss": settings.SITE_URL, "aud": "x", "iat": now, "exp": now + 100}
    made = vault.sign_token(telling.LOGOUT_TOKEN, claims)
    assert vault.read_token(telling.LOGOUT_TOKEN, made) == claims
    assert vault.read_token("JWT", made) is None


def test_a_checkpoint_that_was_signed_and_never_kept_stops_nothing(elsewhere, monkeypatch):
    """As after a crash between the signature and the row: the signer is further than the record knows."""
    def crash(*_):
        raise RuntimeError

    for _ in range(2):
        journeys.citizen()
        entered()
        assert actions.seal(elsewhere.origin)
    journeys.citizen()
    entered()
    with monkeypatch.context() as patched:
        patched.setattr(actions.rules, "written_note", crash)
        with pytest.raises(RuntimeError):
            actions.seal(elsewhere.origin)
    kept = queries.newest().size
    journeys.citizen()
    entered()
    assert actions.seal(elsewhere.origin)
    assert queries.newest().size == database.row("select entered from ledger_state")[0] > kept + 1
    assert not [each for each in queries.faults_of_the_record() if each.position == queries.newest().size and "signed" in each.what]


def sealing_while(monkeypatch, happen):
    """Seal, and let something happen in a thread of its own while the signer is asked; what came of both."""
    def meanwhile(head, old):
        monkeypatch.setattr(actions, "signed", signed)
        came.append(in_its_own_thread())
        return signed(head, old)

    def in_its_own_thread():
        with ThreadPoolExecutor(max_workers=1) as pool:
            return pool.submit(in_a_thread).result(timeout=60)

    def in_a_thread():
        try:
            with database.serving("worker"):
                return happen()
        finally:
            connections.close_all()

    came, signed = [], actions.signed
    monkeypatch.setattr(actions, "signed", meanwhile)
    return actions.seal(queries.newest().note.partition("\n")[0]), came


def test_the_record_goes_on_while_the_signer_is_asked(elsewhere, monkeypatch):
    entered()
    actions.seal(elsewhere.origin)
    journeys.citizen()
    entered()
    journeys.citizen()
    sequencing.take_turn()
    before = database.row("select entered from ledger_state")[0]
    sealed, (more,) = sealing_while(monkeypatch, actions.enter)
    assert (sealed, queries.newest().size) == (True, before)
    assert more > 0
    assert database.row("select entered from ledger_state")[0] == before + more


def test_of_two_who_seal_at_once_one_does(elsewhere, monkeypatch):
    entered()
    actions.seal(elsewhere.origin)
    journeys.citizen()
    entered()
    count = database.row("select count(*) from ledger_checkpoint")[0]
    assert sealing_while(monkeypatch, lambda: actions.seal(elsewhere.origin)) == (False, [True])
    assert database.row("select count(*) from ledger_checkpoint")[0] == count + 1


@pytest.fixture
def witnessed(elsewhere):
    """A record elsewhere of which nine entries were cosigned here, by the signer."""
    log, tree = OtherLog(origin=f"elsewhere.example/signed-{next(NUMBERS)}"), leaves(20)
    actions.witness_for(TESTER, origin=log.origin, key=rules.written_key(log.key))
    for old, size in ((0, 5), (5, 9)):
        assert bring(log.submission(tree[:size], old=old)).status_code == 200
    return log, tree


def seen(log):
    return database.row("select size, note from ledger_log where origin = %s", [log.origin])


def go_back(log, tree):
    """As after a restore, or a crash before the row moved: this database remembers less than was cosigned."""
    database.execute("update ledger_log set size = %s, root = %s, note = %s where origin = %s",
                     [len(tree), literal_root(tree), log.note(tree), log.origin])


def test_a_witness_that_remembers_less_than_it_cosigned_goes_on_from_what_its_signer_remembers(witnessed):
    log, tree = witnessed
    go_back(log, tree[:5])
    answer = bring(log.submission(tree[:12], old=5))
    assert (answer.status_code, answer.content, seen(log)) == (409, b"9\n", (9, ""))
    assert bring(log.submission(tree[:12], old=9)).status_code == 200
    assert seen(log) == (12, log.note(tree[:12]))


@pytest.mark.parametrize("size", [8, 9, 12])
def test_no_second_branch_is_cosigned_even_where_the_first_was_forgotten_here(witnessed, size):
    log, tree = witnessed
    go_back(log, tree[:5])
    other = [*tree[:5], *leaves(size - 5, of="b")]
    answers = [bring(log.submission(other, old=min(old, size))) for old in (5, 9)]
    assert [(each.status_code, each.content) for each in answers] == [(409, b"9\n"), (422, b"") if size > 9 else (409, b"9\n")]
    assert seen(log) == (9, "")
    assert bring(log.submission(tree[:12], old=9)).status_code == 200


def test_what_cannot_be_signed_now_stays_a_draft_and_is_issued_once_later(elsewhere, order):  # noqa: F811
    code = order()
    vault.signers()
    elsewhere.kill()
    for _ in range(2):
        with pytest.raises(SignerAway):
            licences.issue_licence(TESTER, code=code)
    assert verifying.licence(code).state is LicenceState.DRAFT
    assert published_kinds(code) == 0
    assert not [each for each in events.of_subject(f"licence:{code}") if each.name == "LicenceIssued"]
    elsewhere.start()
    for _ in range(2):
        assert licences.issue_licence(TESTER, code=code).state is LicenceState.ISSUED
    assert len([each for each in events.of_subject(f"licence:{code}") if each.name == "LicenceIssued"]) == 1


@pytest.mark.parametrize("refusal", [SignerBusy(), SignerRefuses(reason="wrong_shape")])
def test_a_licence_beyond_the_budget_waits_as_its_job_does(elsewhere, order, monkeypatch, refusal):  # noqa: F811
    def refuse(*_):
        raise refusal

    code = order()
    with monkeypatch.context() as patched:
        patched.setattr(remote, "ask", refuse)
        with pytest.raises(type(refusal)) as raised:
            licences.issue_licence(TESTER, code=code)
    late = type("Job", (), {"attempts": RETRIES * 10})
    assert Patience().get_retry_decision(exception=raised.value, job=late) is not None
    assert licences.issue_licence(TESTER, code=code).state is LicenceState.ISSUED


def test_a_change_of_keys_is_noticed_by_whoever_signs_next(elsewhere):
    before = vault.signers()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(remote, "ask", lambda *_: (_ for _ in ()).throw(SignerRefuses(reason="key_replaced")))
        with pytest.raises(SignerRefuses):
            before[0].sign(PayloadKind.RECEIPT, b"{}")
    assert vault.signers() is not before


class Turns:
    """Stands for the event that stops a thread: so many rounds, and what happens at each of them."""

    def __init__(self, *rounds):
        self.rounds = list(rounds)

    def wait(self, seconds):
        if not self.rounds:
            return True
        self.rounds.pop(0)()
        return False


def test_without_a_signer_nothing_is_sealed_deciding_stops_and_all_goes_on_when_it_is_back(elsewhere, at, monkeypatch):
    def happen():
        journeys.citizen()
        sequencing.take_turn()

    figures = parameters.value
    monkeypatch.setattr(parameters, "value", lambda name, on: 0 if name == "ledger.seal_seconds" else figures(name, on))
    entered()
    actions.seal(elsewhere.origin)
    assert queries.is_sealing()
    last, count = queries.newest().size, database.row("select entered from ledger_state")[0]
    elsewhere.kill()
    worker.enter_and_seal(Turns(happen, lambda: None, happen, lambda: None))
    assert queries.newest().size == last, "nothing is sealed"
    assert database.row("select entered from ledger_state")[0] > count, "and everything is entered"
    at(MONDAY + timedelta(minutes=16))
    with pytest.raises(NotSealing):
        queries.require_sealing(subject="x", act=StoppedAct.DECIDE)
    elsewhere.start()
    worker.enter_and_seal(Turns(lambda: None, lambda: None))
    assert queries.newest().size == database.row("select entered from ledger_state")[0] > last
    assert not queries.require_sealing(subject="x", act=StoppedAct.DECIDE)


def test_what_stands_in_is_told_even_while_the_signer_is_away(elsewhere, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "SIGNER", str(tmp_path / "nobody"))
    vault.forget_signers()
    assert "tongban.kernel.crypto.signing.software_signers" in {each.name for each in simulations.in_use()}
    with pytest.raises(SignerAway):
        vault.signers()
