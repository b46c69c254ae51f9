"""What a trial says when it starts: sentences, and nothing that a new operator must guess at."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from logging import config as logging_config
from pathlib import Path

import pytest
from django.conf import settings
from granian.log import LOGGING_CONFIG

from tests import database as test_database
from tongban.config import capacity, cli, folders, metrics, worker
from tongban.kernel import ticking

REMARK = "Configuration allows spawning up to 40 Python threads, which seems quite high compared to the number of CPU cores"


@pytest.fixture
def held(monkeypatch):
    """A port that something else holds, as the one for figures."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setattr(settings, "METRICS_PORT", other.getsockname()[1])
        monkeypatch.setenv("TONGBAN_METRICS_PORT", str(other.getsockname()[1]))
        yield other.getsockname()[1]


def test_a_taken_port_for_figures_is_said_in_a_sentence_that_names_the_setting(held, capsys):
    cli._see_to_figures()
    said = capsys.readouterr().out
    assert f"Port {held} is taken" in said
    assert "TONGBAN_METRICS_PORT" in said
    assert os.environ["TONGBAN_METRICS_PORT"] == "0"


def test_a_worker_told_to_serve_no_figures_serves_none(monkeypatch):
    monkeypatch.setattr(settings, "METRICS_PORT", 0)
    monkeypatch.setattr(metrics, "serve", lambda port: pytest.fail(f"figures at port {port}"))
    monkeypatch.setattr(worker, "_guard", lambda *_: None)
    try:
        worker.run(lambda: True)
    finally:
        ticking.STOPPING.clear()


def test_a_worker_that_is_told_many_times_to_stop_stops(house, tmp_path):
    """One signal breaks in on the hearing of another: nobody may wait there for what the first one holds."""
    environment = {**os.environ, "DATABASE_URL": test_database.owner_url(house), "TONGBAN_LEDGER": str(tmp_path),
                   "TONGBAN_METRICS_PORT": "0"}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "tongban.config.cli", "worker"], env=environment, stdout=log, stderr=log)
    try:
        while not listens(process.pid):
            assert process.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.05)
        time.sleep(2)
        for _ in range(3000):
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()


def listens(process):
    """Does a process hear that it should stop, instead of ending at once?"""
    caught, = [line.split()[1] for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("SigCgt")]
    return int(caught, 16) >> (signal.SIGTERM - 1) & 1


def test_whoever_stops_the_house_twice_does_not_break_off_its_stopping(monkeypatch):
    heard = {}
    monkeypatch.setattr(cli.signal, "signal", heard.__setitem__)
    with pytest.raises(SystemExit):
        cli._leave()
    assert heard == dict.fromkeys((signal.SIGTERM, signal.SIGINT), signal.SIG_IGN)


def test_a_free_port_for_figures_is_left_alone(held, monkeypatch, capsys):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    monkeypatch.setattr(settings, "METRICS_PORT", free)
    cli._see_to_figures()
    assert capsys.readouterr().out == ""
    assert os.environ["TONGBAN_METRICS_PORT"] == str(held)


def test_the_server_says_everything_but_its_remark_on_our_threads(capsys):
    command = cli.granian_command("127.0.0.1", 1, 1)
    written = json.loads(Path(command[command.index("--log-config") + 1]).read_text())
    assert capacity.SERVER_THREADS > 16
    logging_config.dictConfig({**LOGGING_CONFIG, **written})
    log = logging.getLogger("_granian")
    try:
        log.warning(REMARK)
        log.warning("A worker has gone")
    finally:
        log.handlers.clear()
    (said,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (said["event"], said["level"]) == ("A worker has gone", "warning")


@pytest.fixture
def nothing_starts(tmp_path, monkeypatch):
    """A folder of one's own; starting anything, or stopping the database of whoever runs, is a fault."""
    monkeypatch.setenv("TONGBAN_VAR", str(tmp_path))
    for name in ("prepare", "stop"):
        monkeypatch.setattr(cli, name, lambda *_, **__: pytest.fail("started or stopped"))


def test_a_second_house_in_the_same_folder_is_refused_and_the_first_left_alone(nothing_starts, tmp_path, capsys):
    with folders.hold(folders.var(), "running"):
        assert cli.main(["run"]) == 1
    said = capsys.readouterr().err
    assert f"Tongban runs in {tmp_path} already" in said and "TONGBAN_VAR" in said
    again = folders.hold(folders.var(), "running")
    assert again is not None
    again.close()


def answer_once(listening):
    with listening.accept()[0] as line:
        line.recv(1000)
        line.sendall(b"HTTP/1.0 200 OK\r\n\r\n")


def test_a_port_at_which_something_answers_is_refused_before_anything_starts(nothing_starts, capsys):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        answering = threading.Thread(target=answer_once, args=[other])
        answering.start()
        assert cli.main(["run", "--port", str(port)]) == 1
        answering.join()
    assert f"Something else answers at port {port}. Give another: bin/tongban run --port" in capsys.readouterr().err


def test_a_house_in_which_a_process_ends_by_itself_stops_and_says_which(monkeypatch, capsys):
    started, real = [], subprocess.Popen
    signer = real(["true"])
    signer.wait()
    for name, does in {"prepare": lambda **_: 0, "stop": lambda: 0, "_load_sample_cases": lambda **_: None, "_see_to_figures": lambda: None,
                       "_start_signer": lambda: [signer], "_print_welcome": lambda *_: None}.items():
        monkeypatch.setattr(cli, name, does)
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    monkeypatch.setattr(cli.subprocess, "Popen", lambda *_, **__: started.append(real(["sleep", "60"])) or started[-1])
    monkeypatch.setenv("TONGBAN_SITE", "")
    assert cli._run_house("127.0.0.1", 1, 1, samples_too=False, sample_cases=False, take_over=False) == 1
    assert "a process ended by itself: signer (0)" in capsys.readouterr().err
    assert all(each.poll() is not None for each in started)
