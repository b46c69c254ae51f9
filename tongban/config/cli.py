"""The command line: `tongban run`, `prepare`, `worker`, `signer`, `stop`, `after-restore`, `maintain`, `retry-parked`,
`retry-jobs`.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tongban.config import (
    administering,
    admitting,
    answering,
    auditing,
    bootstrap,
    bringing,
    capacity,
    changing_keys,
    deployment,
    federating,
    folders,
    keeping,
    opening,
    retaining,
    roles,
    signer,
    signing_desk,
    targets,
    witnessing,
)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.config.settings")
ROOT = Path(__file__).resolve().parents[2]
YEAR_SECONDS = "31536000"
STOPS = (signal.SIGTERM, signal.SIGINT)
"""How long browsers may keep built files: their names hold their content."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="tongban", description="Integrated online government services.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="database, sample data, web and worker, until stopped")
    run.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    run.add_argument("--host", default="127.0.0.1")
    run.add_argument("--workers", type=int, default=2)
    run.add_argument("--no-samples", action="store_true", help="begin with reference data only: nobody can sign in yet")
    run.add_argument("--no-sample-cases", action="store_true", help="begin without an invented history of cases")
    bootstrap.may_take_over(run)
    make = commands.add_parser("prepare", help=(prepare.__doc__ or "").split("\n")[0])
    make.add_argument("--no-samples", action="store_true", help="reference data only, for a node that real people will use")
    bootstrap.may_take_over(make)
    make.set_defaults(act=lambda options: prepare(samples_too=not options.no_samples, take_over=options.take_over))
    mode = commands.add_parser("mode", help="say or set how far the house is open: normal, read-only, accept-only")
    opening.arguments(mode)
    mode.set_defaults(act=change_mode)
    for name, text in COMMANDS_HELP.items():
        commands.add_parser(name, help=text)
    for module in (administering, admitting, answering, auditing, bringing, keeping, deployment, federating, roles, signer, targets,
                   witnessing, changing_keys, retaining):
        module.register(commands)
    options = parser.parse_args(arguments)
    if "act" in options:
        return int(options.act(options))
    if options.command == "run":
        return run_all(options.host, options.port, options.workers, samples_too=not options.no_samples,
                       sample_cases=not options.no_sample_cases, take_over=options.take_over)
    return COMMANDS[options.command]()


def prepare(*, samples_too: bool = True, take_over: bool = False) -> int:
    """Start the database, migrate, load reference data and samples; safe to repeat.

    A node begun without samples stays without them, so that an upgrade brings none.
    """
    try:
        bootstrap.start_database(folders.var(), take_over=take_over)
    except bootstrap.LoginsTaken as taken:
        sys.stderr.write(f"{taken}\n")
        return 1
    import django

    django.setup()
    from django.core.management import call_command

    from tongban.config import samples
    from tongban.kernel import database
    from tongban.search import actions as search

    call_command("migrate", database="owner", verbosity=0)
    with database.serving("worker"):
        if samples_too and samples.are_wanted():
            try:
                samples.load(say=_say)
            except samples.RealCases as real:
                _say(str(real))
                samples.load_reference(say=_say)
        elif not samples_too and samples.are_there():
            _say("This database holds samples already. Begin with a fresh one.")
            return 1
        else:
            samples.load_reference(say=_say)
        search.rebuild_index()
    with database.serving(database.OWNER):
        database.execute("analyze")
    return 0


def run_all(host: str, port: int, workers: int, *, samples_too: bool = True, sample_cases: bool = True,
            take_over: bool = False) -> int:
    """Everything a trial needs in one go; ends all processes when stopped. One house at a time runs in a folder."""
    held = folders.hold(folders.var(), "running")
    if held is None:
        sys.stderr.write(f"Tongban runs in {folders.var()} already, or is still being stopped. Stop it with Ctrl-C where it runs and "
                         "wait until it has ended; TONGBAN_VAR names another folder for a second one.\n")
        return 1
    with held:
        if _answers(host, port):
            sys.stderr.write(f"Something else answers at port {port}. Give another: bin/tongban run --port {port + 11}\n")
            return 1
        return _run_house(host, port, workers, samples_too=samples_too, sample_cases=sample_cases, take_over=take_over)


def _run_house(host: str, port: int, workers: int, *, samples_too: bool, sample_cases: bool, take_over: bool) -> int:
    os.environ["TONGBAN_SITE"] = _site(host, port)
    _say("Starting the database")
    if prepare(samples_too=samples_too, take_over=take_over):
        return stop() or 1
    if not os.environ.get("DATABASE_URL"):
        _load_sample_cases(wanted=sample_cases)
    _see_to_figures()
    signers = _start_signer()
    worker = subprocess.Popen([sys.executable, "-m", "tongban.config.cli", "worker"], env=os.environ, cwd=ROOT)
    web = subprocess.Popen(granian_command(host, port, workers), env=os.environ, cwd=ROOT)
    processes = [*signers, worker, web]
    for number in STOPS:
        signal.signal(number, _leave)
    ended: list[str] = []
    try:
        while not _answers(host, port) and all(process.poll() is None for process in processes):
            time.sleep(0.2)
        _print_welcome(host, port)
        while all(process.poll() is None for process in processes):
            time.sleep(0.5)
        names = {worker.pid: "worker", web.pid: "web"}
        ended = [f"{names.get(each.pid, 'signer')} ({each.returncode})" for each in processes if each.poll() is not None]
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        _end(processes[len(signers):])
        _end(signers)
        stop()
    if ended:
        sys.stderr.write(f"Stopped, because a process ended by itself: {', '.join(ended)}. Nothing acknowledged is lost; start again.\n")
    return 1 if ended else 0


def _leave(*_: object) -> None:
    """Begin to stop, and let no further signal break that off: a group of processes is often told more than once."""
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()


def _start_signer() -> list[subprocess.Popen[bytes]]:
    """The process that signs, before those that ask it; none where one is named already.

    A database that holds less than what was signed last was restored, and is signed from where it stands: whoever runs a trial
    holds its keys as well.
    """
    if os.environ.get("TONGBAN_SIGNER"):
        return []
    from tongban.kernel import database
    from tongban.ledger import queries as ledger

    with database.serving("worker"):
        record = ledger.standing()
    var, origin = folders.var(), record.origin or signer.origin_of(os.environ)
    held = folders.hold(var / "signer")
    if held is not None:
        with held:
            if signing_desk.is_behind(var / "signer", origin, record.entered):
                signing_desk.begin_anew(var / "signer", origin)
                _say("The public record is older than what was signed last: it is signed from where it stands now")
    started = signer.start_child(var, origin=origin, command=lambda name: [sys.executable, "-m", "tongban.config.cli", name])
    if started is None:
        _say(f"The path of {var} is too long for a socket, so every process signs with the keys itself")
    return [started] if started else []


def _answers(host: str, port: int) -> bool:
    """Does a web server answer there?"""
    try:
        with socket.create_connection((host, port), timeout=30) as line:
            line.sendall(b"HEAD /api/v1/health HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return line.recv(4) != b""
    except OSError:
        return False


def _load_sample_cases(*, wanted: bool) -> None:
    """Give a trial that has no case yet an invented history, before anybody is served: its clock is played with."""
    from tongban.config import sample_cases, samples
    from tongban.kernel import database

    sample_cases.put_clock_right()
    with database.serving("worker"):
        if wanted and samples.are_there() and sample_cases.is_wanted():
            _say("Inventing a history of sixty days, so that there is something to see; once, less than a minute")
            try:
                sample_cases.load(_say)
            except sample_cases.Served as served:
                _say(str(served))


def _see_to_figures() -> None:
    """Say in a sentence, before anything starts, that something else holds the port of the figures; then do without."""
    from django.conf import settings

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", settings.METRICS_PORT))
        except OSError:
            os.environ["TONGBAN_METRICS_PORT"] = "0"
            _say(f"Port {settings.METRICS_PORT} is taken, so there are no figures for monitoring; TONGBAN_METRICS_PORT names "
                 "another.")


def _site(host: str, port: int) -> str:
    """The address people are told: passkeys belong to a name and cannot be made at a number."""
    return f"http://{'localhost' if host == '127.0.0.1' else host}:{port}"


def granian_command(host: str, port: int, workers: int) -> list[str]:
    """How the web process is started: WSGI, threads for those served and those waiting, static files served beside the application."""
    return [
        str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(workers), "--blocking-threads", str(capacity.SERVER_THREADS), "--no-ws", "--backlog", "1024",
        "--workers-kill-timeout", "10",
        "--static-path-route", "/static", "--static-path-mount", str(folders.built() / "static"),
        "--static-path-expires", YEAR_SECONDS,
        "--log-level", "warning", "--log-config", str(capacity.SERVER_LOG), "tongban.config.wsgi:application",
    ]


def worker() -> int:
    """Sequencer, followers, tick and jobs in one process."""
    import django

    django.setup()
    from tongban.config import worker as work

    told: list[int] = []
    for number in STOPS:
        signal.signal(number, lambda number, _: told.append(number))
    work.run(lambda: bool(told))
    return 0


def change_mode(options: argparse.Namespace) -> int:
    """Say or set how far the house is open."""
    import django

    django.setup()
    code, told = opening.change(options)
    _say(told)
    return code


def stop() -> int:
    """Stop the embedded database, if it is ours."""
    from tongban.config import embedded

    var = folders.var()
    if not os.environ.get("DATABASE_URL") and (var / "postgres" / "data").exists():
        embedded.stop(var / "postgres")
    return 0


def after_restore() -> int:
    """Give positions to what a restored database holds without one, before anything else starts."""
    _start_server()
    import django

    django.setup()
    from tongban.kernel import database, sequencing
    from tongban.ledger.actions import note_restored

    with database.serving("worker"):
        changed = sequencing.after_restore()
        if changed:
            note_restored()
    _say("Events placed anew after a restore" if changed else "This database was not restored from elsewhere")
    return 0


def retry_parked() -> int:
    """Let followers try the events again that they had to park."""
    _start_server()
    import django

    django.setup()
    from tongban.kernel import database, following

    with database.serving("worker"):
        done = sum(following.retry_parked(follower) for follower in following.FOLLOWERS.values())
    _say(f"{done} events took effect")
    return 0


def retry_jobs() -> int:
    """Queue the jobs anew that were given up: licences, messages and the like."""
    _start_server()
    import django

    django.setup()
    from tongban.kernel import database, jobs

    with database.serving("worker"):
        queued = jobs.retry_failed()
    for name, count in queued.items():
        _say(f"{name}: {count} queued anew")
    if not queued:
        _say("No job was given up")
    return 0


def maintain() -> int:
    """Keep thirteen months of partitions ahead."""
    _start_server()
    import django

    django.setup()
    from tongban.kernel import database, partitions

    with database.serving("worker"):
        made = partitions.keep()
    _say(f"{made} partitions made")
    return 0


def _start_server() -> None:
    bootstrap.start_server(folders.var())


def _print_welcome(host: str, port: int) -> None:
    from tongban.config import samples

    _say("")
    site = _site(host, port)
    _say(f"Tongban runs at {site}/  (English: {site}/en/)")
    _say("The embedded database is for trial, tests and small offices. Outside systems are simulated (docs/simulated.md).")
    if samples.are_there():
        _say("People and firms are samples:")
        for line in samples.sign_ins():
            _say(f"  {line}")
    else:
        _say("There are no samples. Make the first accounts with: tongban administrators begin")
    _say("Stop with Ctrl-C.")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


COMMANDS: dict[str, Callable[[], int]] = {
    "worker": worker, "stop": stop, "after-restore": after_restore, "maintain": maintain,
    "retry-parked": retry_parked, "retry-jobs": retry_jobs,
}
COMMANDS_HELP = {name: (command.__doc__ or "").split("\n")[0] for name, command in COMMANDS.items()}

if __name__ == "__main__":
    sys.exit(main())
