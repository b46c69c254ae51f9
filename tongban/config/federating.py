"""`tongban nodes` and `tongban incidents`: other nodes, let in by two administrators, and what is reported to the superior one."""

import argparse
import sys
from functools import partial
from typing import TYPE_CHECKING

from tongban.config import administering, registrations
from tongban.config.bringing import perform

if TYPE_CHECKING:
    from datetime import datetime

    from tongban.federation.types import Incident, Peer
    from tongban.identity.types import Actor


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    nodes = commands.add_parser("nodes", help="other nodes, let in by two administrators").add_subparsers(required=True)
    add = nodes.add_parser("propose", help="the system administrator proposes what a file describes (.yaml)")
    add.add_argument("file")
    add.set_defaults(act=partial(perform, "tongban.config.federating:propose"))
    for name, text in (("confirm", "the security administrator reads it and agrees"), ("close", "either of the two ends it, at once")):
        command = nodes.add_parser(name, help=text)
        command.add_argument("key")
        command.set_defaults(act=partial(perform, f"tongban.config.federating:{name}"))
    own = nodes.add_parser("own", help="what other nodes need to know of this one")
    own.set_defaults(act=partial(perform, "tongban.config.federating:show_own"))
    shown = nodes.add_parser("list", help="every node that was let in, and what waits to be confirmed")
    shown.set_defaults(act=partial(perform, "tongban.config.federating:show"))
    incidents = commands.add_parser("incidents", help="security: what happened, and who was told").add_subparsers(required=True)
    note = incidents.add_parser("note", help="the system or the security administrator notes one; it is reported by itself")
    note.add_argument("--kind", required=True, choices=("vulnerability", "attack", "incident"))
    note.add_argument("--severity", required=True, choices=("major", "ordinary"))
    note.add_argument("--rehearsal", choices=("drill", "exercise"), help="nothing happened, it was only practised")
    _told_in(note)
    note.set_defaults(measures="")
    note.set_defaults(act=partial(perform, "tongban.config.federating:note"))
    for name, text in (("correct", "say what is known by now; what you leave out stays as it was"),
                       ("close", "the security administrator closes it; what you leave out stays as it was")):
        command = incidents.add_parser(name, help=text, description=text)
        command.add_argument("key")
        _told_in(command, needed="measures" if name == "close" else "")
        command.set_defaults(act=partial(perform, f"tongban.config.federating:{name}_incident"))
    listed = incidents.add_parser("list", help="this node's incidents; 1 if one was not reported in time")
    listed.set_defaults(act=partial(perform, "tongban.config.federating:show_incidents"))


def _told_in(command: argparse.ArgumentParser, *, needed: str = "what") -> None:
    command.add_argument("--what", required=needed == "what", help="what happened and what it touches; no person is named")
    command.add_argument("--measures", required=needed == "measures", help="what was done about it, and what was learned")
    command.add_argument("--people", type=int, help="how many people it concerns; leave it out while nobody knows")


def propose(options: argparse.Namespace) -> int:
    """The system administrator proposes a node."""
    from tongban.federation import actions
    from tongban.federation.types import PeerTold

    try:
        told = registrations.read(options.file, PeerTold)
    except registrations.NotRead as error:
        return administering.refused(str(error))

    def act(actor: "Actor") -> list[str]:
        key = actions.propose_peer(actor, told=told)
        return [f"Proposed. The security administrator says within a day: tongban nodes confirm {key}"]
    return administering.signed_in(act, typed=told)


def confirm(options: argparse.Namespace) -> int:
    """The security administrator reads what was proposed and agrees."""
    from tongban.federation import actions
    from tongban.federation.queries import proposed_peer, replaced_by
    from tongban.identity.access import require_duty
    from tongban.identity.types import Duty

    def act(actor: "Actor") -> list[str]:
        require_duty(actor, Duty.SECURITY)
        told = proposed_peer(options.key)
        asked = "Did the node itself, by another way, name these thumbprints? (yes) "
        if told is not None and administering.ASK("\n".join([_described(told), *_replaced(told, replaced_by(told)), asked])) != "yes":
            return ["Nothing was changed."]
        actions.confirm_peer(actor, key=options.key)
        return ["Agreed."]
    return administering.signed_in(act)


def close(options: argparse.Namespace) -> int:
    """One of the two administrators ends it."""
    from tongban.federation import actions

    def act(actor: "Actor") -> list[str]:
        actions.close_peer(actor, key=options.key)
        return ["Ended. Nothing that comes from it is believed any more."]
    return administering.signed_in(act)


def show(_options: argparse.Namespace) -> int:
    """Every node that was let in, and what waits to be."""
    from tongban.federation import queries
    from tongban.kernel import database
    from tongban.kernel.types import Audience

    with database.serving(Audience.WORKER):
        said = [f"{peer.key}\n{_described(peer)}" for peer in queries.peers()] or ["There is no other node."]
        said += map(_waiting, queries.waiting_peers())
    sys.stdout.write("\n".join(said) + "\n")
    return 0


def show_own(_options: argparse.Namespace) -> int:
    """What another node writes into its file for this one, and the thumbprints to tell it by another way."""
    import yaml
    from django.conf import settings

    from tongban.kernel import vault
    from tongban.kernel.crypto import tokens

    keys = vault.token_keys()
    sys.stdout.write(yaml.safe_dump({"site": settings.SITE_URL, "keys": {"keys": [dict(each) for each in keys["keys"]]}}, sort_keys=False)
                     + "".join(f"# thumbprint {each}\n" for each in tokens.thumbprints(keys)))
    return 0


def note(options: argparse.Namespace) -> int:
    """An administrator notes an incident."""
    from tongban.federation import actions
    from tongban.federation.types import IncidentTold, Kind, Rehearsal, Severity

    told = IncidentTold(kind=Kind(options.kind.upper()), severity=Severity(options.severity.upper()), what=options.what,
                        measures=options.measures, people=options.people,
                        rehearsal=Rehearsal(options.rehearsal.upper()) if options.rehearsal else None)

    def act(actor: "Actor") -> list[str]:
        return [f"Noted as {actions.note_incident(actor, told=told)}. {_told_above()} See: tongban incidents list"]
    return administering.signed_in(act, typed=told)


def correct_incident(options: argparse.Namespace) -> int:
    """Say what is known by now."""
    from tongban.federation import actions

    def act(actor: "Actor") -> list[str]:
        actions.correct_incident(actor, key=options.key, what=options.what, measures=options.measures, people=options.people)
        return [f"Noted. {_told_above()}"]
    return administering.signed_in(act, typed={"what": options.what, "measures": options.measures})


def close_incident(options: argparse.Namespace) -> int:
    """Close it with what was learned."""
    from tongban.federation import actions

    def act(actor: "Actor") -> list[str]:
        actions.close_incident(actor, key=options.key, what=options.what, measures=options.measures, people=options.people)
        return [f"Closed. {_told_above()}"]
    return administering.signed_in(act, typed={"what": options.what, "measures": options.measures})


def show_incidents(_options: argparse.Namespace) -> int:
    """This node's incidents and those that others reported; the exit code is 1 if one of ours was not reported in time."""
    from tongban.federation import queries
    from tongban.kernel import clock, database
    from tongban.kernel.types import Audience

    with database.serving(Audience.WORKER):
        found, others, now = queries.incidents(), queries.heard(), clock.now()
    sys.stdout.write("\n".join([_line(each, now) for each in found] or ["There is no incident."]) + "\n")
    sys.stdout.write("".join(
        f"{each.name.zh} / {each.name.en}: {each.report.incident}  {each.report.kind.lower()}, {each.report.severity.lower()}  "
        f"heard {each.received_at:%Y-%m-%d %H:%M %z}\n  {each.report.what}\n" for each in others))
    return int(any(each.is_late(now) for each in found))


def _told_above() -> str:
    from tongban.federation.queries import superior

    above = superior()
    return f"{above.name.en} is told by itself." if above else "No superior node is known here: nobody else is told."


def _line(each: "Incident", now: "datetime") -> str:
    reported = (f"reported {each.reported_at:%Y-%m-%d %H:%M %z}" if each.reported_at else "nobody above to tell" if each.due_at is None
                else "NOT REPORTED IN TIME" if each.is_late(now) else f"to be reported by {each.due_at:%Y-%m-%d %H:%M %z}")
    state = "closed" if each.closed_at else "open"
    return (f"{each.key}  {each.kind.lower()}, {each.severity.lower()}{f', {each.rehearsal.lower()}' if each.rehearsal else ''}  {state}  "
            f"known since {each.known_at:%Y-%m-%d %H:%M %z}  {reported}\n  {each.what}\n"
            f"  people: {'not known yet' if each.people is None else each.people}"
            f"{f'{chr(10)}  measures: {each.measures}' if each.measures else ''}")


def _replaced(told: "Peer", before: "list[Peer]") -> list[str]:
    """What ends when a node is agreed to."""
    said = [f"It takes the place of {each.name.en} ({each.code}, {each.site}), key {each.key}, which ends with it." for each in before]
    if any(each.superior for each in before) and not told.superior:
        said.append("That one is the superior node and this one is not: incidents are no longer reported to anybody.")
    return said


def _waiting(peer: "Peer") -> str:
    """A proposal, and who made it when."""
    from tongban.identity.queries import shown_login
    from tongban.kernel import events

    made = events.of_subject(f"peer:{peer.key}")[0]
    who = shown_login(int(made.actor.removeprefix("account:")))
    return f"{peer.key}  waits to be confirmed; proposed by {who} on {made.at:%Y-%m-%d %H:%M %z}\n{_described(peer)}"


def _described(peer: "Peer") -> str:
    from tongban.kernel.crypto import tokens

    return "\n".join(f"  {name:10}{value}" for name, value in (
        ("name", f"{peer.name.zh} / {peer.name.en}"), ("code", peer.code), ("site", peer.site), ("networks", ", ".join(peer.networks)),
        ("keys", ", ".join(tokens.thumbprints(peer.keys))), ("basis", peer.basis),
        ("superior", "yes: incidents are reported to it" if peer.superior else "no"),
        ("private", "yes: it may stand in our own networks" if peer.private else "no")))
