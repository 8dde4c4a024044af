"""Counts again what the fold counts as it goes, and looks for what may happen only once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from swarm import frames as f
from swarm.fold import fold
from swarm.state import Node, Swarm
from swarm.values import looser


def recount(state: Swarm) -> None:
    """Fails unless every counter of the state is what a count of the whole state gives."""
    gates = list(state.gates.values())
    assert set(state.open_gates) == {gate.id for gate in gates if gate.status == "open"}
    assert set(state.open_questions) == {question.id for question in state.questions.values() if question.open}
    assert state.live == sum(node.live for node in state.nodes.values())
    assert state.doubts == sum(gate.kind == "in_doubt" for gate in gates if gate.status == "open")
    assert {gate for ids in state.foreseen.values() for gate in ids} == {
        gate.id for gate in gates if gate.seq is None and gate.status in ("open", "decided", "applied")
    }
    assert all(state.gates[gate].node == node for node, ids in state.foreseen.items() for gate in ids)
    assert set(state.queued) == {node.id for node in state.nodes.values() if not (node.started or node.report)}
    assert set(state.paused) == {node.id for node in state.nodes.values() if node.paused and not node.report}
    for node in state.nodes.values():
        _recount_node(state, node)


_ASIDES = ("failure", "budget", "in_doubt")


def _recount_node(state: Swarm, node: Node) -> None:
    counters = (node.gates, node.asks, node.joins, node.pending)
    assert node.children == sum(other.parent == node.id for other in state.nodes.values())
    if node.report:
        assert counters == (0, 0, 0, 0), node
        return
    gates = [gate for gate in state.gates.values() if gate.node == node.id and gate.status == "open"]
    due = [gate for gate in gates if gate.seq is not None and gate.kind != "merge"]
    steps = [step for step in state.steps.values() if step.node == node.id and step.ended < 0]
    asks = [step for step in steps if any(state.questions[name].open for name in step.questions)]
    joins = [step for step in steps if any(state.nodes[name].report is None for name in step.children)]
    beside = [gate for gate in due if gate.kind in _ASIDES and not gate.seq]
    assert counters == (len(due), len(asks), len(joins), len(steps) + len(beside)), (node, due, steps)
    if node.parent:
        assert not looser(node.level, state.nodes[node.parent].level) or state.nodes[node.parent].report


def check_history(frames: Sequence[f.Frame]) -> Swarm:
    """Folds a history and recounts at every frame; fails unless what may happen once happened once."""
    state = Swarm()
    for number, frame in enumerate(frames):
        assert frame.frame == number
        state = fold([frame], state)
        recount(state)
    ends = Counter(frame.node for frame in frames if isinstance(frame, f.NodeEnded))
    assert set(ends.values()) <= {1}, ends
    assert sum(isinstance(frame, f.RunEnded) for frame in frames) <= 1
    closed = Counter(frame.gate for frame in frames if isinstance(frame, f.GateClosed))
    assert set(closed.values()) <= {1}, closed
    decided = Counter(frame.gate for frame in frames if isinstance(frame, f.GateDecided))
    assert set(decided.values()) <= {1}, decided
    if state.ended:
        assert all(node.report for node in state.nodes.values()), [
            node.id for node in state.nodes.values() if not node.report
        ]
        assert not state.waiting, (dict(state.open_gates), dict(state.open_questions))
    return state
