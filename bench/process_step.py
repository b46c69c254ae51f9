"""What one step of a process costs: our engine beside SpiffWorkflow on the same model, in turns."""

import json
import logging
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from tongban.workflows.rules import advance, begin, compile_process, is_finished, open_tasks, read_process

MODEL = Path(__file__).resolve().parents[1] / "data" / "processes" / "standard.bpmn"
STEPS = 3


def measure(*, pairs: int = 7, runs: int = 100) -> dict[str, float]:
    """Median microseconds a step (find the open task, do it), ours and theirs, and theirs divided by ours.

    Reading, compiling and starting are left out on both sides; each pair measures both, and pairs take turns in order.
    """
    logging.getLogger("spiff").setLevel(logging.ERROR)
    source = MODEL.read_bytes()
    ours, theirs = _ours(source), _theirs(source)
    ours(), theirs()
    samples: dict[str, list[float]] = {"ours": [], "spiff": []}
    for pair in range(pairs):
        turns = [("ours", ours), ("spiff", theirs)]
        for name, run in turns if pair % 2 == 0 else reversed(turns):
            spent = sum(run() for _ in range(runs))
            samples[name].append(spent / (runs * STEPS) / 1_000)
    mine, other = statistics.median(samples["ours"]), statistics.median(samples["spiff"])
    ratios = [b / a for a, b in zip(samples["ours"], samples["spiff"], strict=True)]
    return {
        "pairs": pairs,
        "ours_microseconds": round(mine, 2),
        "spiff_microseconds": round(other, 2),
        "ratio": round(statistics.median(ratios), 1),
        "ratio_lowest": round(min(ratios), 1),
        "ratio_highest": round(max(ratios), 1),
    }


def _ours(source: bytes) -> Callable[[], int]:
    graph = compile_process(read_process(source))

    def run() -> int:
        tokens = begin(graph, {})
        began = time.perf_counter_ns()
        while not is_finished(tokens):
            tokens = advance(graph, tokens, open_tasks(graph, tokens)[0].id, {})
        return time.perf_counter_ns() - began

    return run


def _theirs(source: bytes) -> Callable[[], int]:
    parser = BpmnParser()
    parser.add_bpmn_str(source)
    spec = parser.get_spec("standard")

    def run() -> int:
        workflow = BpmnWorkflow(spec)
        workflow.do_engine_steps()
        began = time.perf_counter_ns()
        while not workflow.completed:
            workflow.get_next_task(state=TaskState.READY, manual=True).run()
            workflow.do_engine_steps()
        return time.perf_counter_ns() - began

    return run


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
