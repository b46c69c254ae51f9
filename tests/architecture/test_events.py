"""Every event has a test; every verb writes an event; verbs neither notify nor defer."""

import ast
import re
from pathlib import Path

from tests.architecture.reading import ROOT, Source, event_names, imports_of, meant, sources

DEBT = Path(__file__).with_name("events_without_a_test.txt")
MOST_DEBT = 0
RECORDS = {"tongban.kernel.events.record", "tongban.kernel.events.record_all"}
UNRECORDED = {
    "tongban.cases.actions.drafts.save_draft": "typing is no act of law",
    "tongban.identity.actions.stepping_up.check_guesses": "it only refuses and changes nothing; a wrong try is recorded",
    "tongban.identity.actions.signing_in.check_look_up": "it only refuses and changes nothing",
    "tongban.identity.actions.enrolling.phone_of": "it only looks whether a code is right; what comes of it is recorded",
    "tongban.identity.actions.recovering.recovery_level": "the same, for a way back",
    "tongban.cases.actions.drafts.attach_to_draft": "filling in a draft is no act of law; the file itself is recorded",
    "tongban.cases.actions.drafts.discard_draft": "a draft was never handed in",
    "tongban.cases.actions.leaving.erase_drafts": "kernel.retention proves the batch, with a hash over its keys",
    "tongban.identity.actions.assessing.erase_assessments": "kernel.retention proves the batch, with a hash over its keys",
    "tongban.supervision.actions.exports.erase_exports": "kernel.retention proves the batch, with a hash over its keys",
    "tongban.messages.actions.erase_old": "kernel.retention proves the batch, with a hash over its keys",
    "tongban.identity.actions.signing_in.prove_password": "it only refuses; a wrong guess is counted",
    "tongban.identity.actions.offering.check_unknown_offers": "it only refuses and changes nothing",
    "tongban.identity.actions.attempts.check_place": "it only refuses and changes nothing",
    "tongban.identity.actions.attempts.note_place": "a wrong try is counted by hashes for a quarter of an hour",
    "tongban.federation.actions.peers.open_envelope": "what came in the envelope is recorded; that it was opened is kept for minutes",
    "tongban.federation.actions.peers.forget_envelopes": "they would not be believed any more",
    "tongban.identity.actions.sources.address_of_source": "it asks where to go; nothing is kept",
    "tongban.identity.actions.sources.receive_from_source": "it only judges an answer; what comes of it is recorded",
    "tongban.documents.actions.examine_upload": "what was looked at belongs to nobody yet; keeping it is recorded",
    "tongban.documents.actions.look_at_gate": "the same; what the gate found is recorded when it is noted",
    "tongban.documents.actions.waits_at_gate": "a question; what the gate found is recorded when it is noted",
    "tongban.ledger.actions.enter": "the record follows the log; an entry about an entry would never end",
    "tongban.ledger.actions.give_leave": "the case it is given for records it, with the reason",
    "tongban.ledger.actions.note_audit": "the same: what was compared is noted beside the record",
    "tongban.ledger.actions.rebuild_tiles": "tiles follow from the leaves",
    "tongban.ledger.actions.seal": "a checkpoint is itself the public record of the act",
    "tongban.ledger.actions.signed": "only what `seal` publishes",
    "tongban.search.actions.rebuild_index": "an index follows what others recorded",
    "tongban.search.actions.update_index": "an index follows what others recorded",
}


def written_tests() -> str:
    return "\n".join(path.read_text() for path in sorted((ROOT / "tests").rglob("*.py"))
                     if "architecture" not in path.parts)


def debt() -> list[str]:
    return DEBT.read_text().split()


def test_every_event_is_named_in_a_test():
    written = written_tests()
    missing = {name for name in event_names() if not re.search(rf"\b{name}\b", written)}
    assert missing - set(debt()) == set(), "events without a test"
    assert set(debt()) - missing == set(), "these have a test now: take them off the list"


def test_the_list_of_untested_events_only_shrinks():
    assert len(debt()) <= MOST_DEBT
    assert debt() == sorted(set(debt()))


def test_event_names_are_used_once():
    names = event_names()
    assert len(names) == len(set(names))


def action_files() -> list[Source]:
    """The verbs of all modules."""
    return [source for source in sources() if source.path.name == "actions.py" or source.path.parent.name == "actions"]


def verbs(source: Source) -> list[ast.FunctionDef]:
    """Public functions of a file that someone performs, or that the package offers to others."""
    package = ROOT.joinpath(*source.module.split(".")[:3], "__init__.py")
    offered = package.read_text() if package.exists() else ""
    found = []
    for node in source.tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        first = node.args.args[0].arg if node.args.args else ""
        if source.path.name == "actions.py" or first in ("who", "actor") or re.search(rf"\b{node.name}\b", offered):
            found.append(node)
    return found


def recorded() -> set[str]:
    """Functions of the verbs' files that write an event themselves or through another one."""
    calls: dict[str, set[str]] = {}
    for source in action_files():
        names = imports_of(source)
        statements = {each.id for node in source.tree.body if isinstance(node, ast.Assign)
                      and "insert into kernel_event" in ast.unparse(node.value) for each in node.targets
                      if isinstance(each, ast.Name)}
        local = {node.name for node in source.tree.body if isinstance(node, ast.FunctionDef)}
        for node in source.tree.body:
            if isinstance(node, ast.FunctionDef):
                called = {meant(each.func, names) for each in ast.walk(node) if isinstance(each, ast.Call)}
                used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
                calls[f"{source.module}.{node.name}"] = {
                    *(f"{source.module}.{each}" if each in local else each for each in called),
                    *(RECORDS if used & statements else ())}
    done = set(RECORDS)
    while more := {name for name, called in calls.items() if name not in done and any(_reaches(each, done)
                                                                                     for each in called)}:
        done |= more
    return done


def _reaches(called: str, done: set[str]) -> bool:
    """Is it one of these, also when named through its package?"""
    package, _, name = called.rpartition(".")
    return called in done or any(each.startswith(f"{package}.") and each.endswith(f".{name}") for each in done)


def test_every_verb_writes_its_event():
    done = recorded()
    silent = {f"{source.module}.{node.name}" for source in action_files() for node in verbs(source)
              if f"{source.module}.{node.name}" not in done}
    assert silent - set(UNRECORDED) == set(), "verbs that write no event"
    assert set(UNRECORDED) - silent == set(), "these write one now: take them off the list"


def test_verbs_take_their_facts_by_name():
    found = [f"{source.module}.{node.name}" for source in action_files() for node in verbs(source)
             if (node.args.args and node.args.args[0].arg in ("who", "actor") and len(node.args.args) > 1)
             and f"{source.module}.{node.name}" in offered_everywhere()]
    assert found == []


def offered_everywhere() -> set[str]:
    """Verbs other modules may call."""
    return {f"{source.module}.{node.name}" for source in action_files() for node in verbs(source)
            if source.path.name == "actions.py" or re.search(
                rf"\b{node.name}\b", (source.path.parent / "__init__.py").read_text())}


def test_verbs_neither_notify_nor_defer():
    for source in action_files():
        text = "\n".join(ast.unparse(node) for node in source.tree.body)
        assert not re.search(r"\bpg_notify\b|[\"' ]notify [a-z]", text, re.IGNORECASE), source.shown
        assert not {"tongban.kernel.jobs", "procrastinate"} & set(imports_of(source).values()), source.shown
        assert not re.search(r"\.defer(_async)?\(", text), source.shown
