"""What a write that was cut off left out: a group of frames is one write, yet its beginning may be there alone."""

from __future__ import annotations

from swarm import frames as f
from swarm.answers import assumed
from swarm.autonomy import decided_by_rule, let_through
from swarm.deciding import consequences, decision_frames
from swarm.ending import closed, foreseen, run_ended, stop_subtree, withdrawn
from swarm.fold import fold
from swarm.proposals import Spawn
from swarm.spawning import spawned
from swarm.state import Gate, Node, Swarm


def mended(state: Swarm) -> list[f.Frame]:
    """The frames with which the last group would have gone on, if its end is missing; none if it is whole."""
    frames: list[f.Frame] = []
    for mend in _MENDS:
        now = mend(state)
        frames += now
        state = fold(now, state)
    return frames


def _of_decision(state: Swarm) -> list[f.Frame]:
    """What the last decision leads to; a stop at a limit is the end of the run, however much of it was written."""
    for gate in state.gates.values():
        word = gate.decision.word if gate.decision else ""
        last = gate.decision is not None and gate.decision.frame == state.frame
        if not state.ended and (last or (gate.kind, word) == ("budget", "stop")):
            return consequences(state, gate)
    return []


def _by_rule(state: Swarm) -> list[f.Frame]:
    """The decision of the gate that was opened last, if no human is asked."""
    for gate in (state.gates[name] for name, opened in state.open_gates.items() if opened == state.frame):
        node = state.nodes.get(gate.node)
        if node and node.report is None and (decided := decided_by_rule(state, node, gate.id, gate.proposal)):
            return decision_frames(state, decided)
    return []


def _by_level(state: Swarm) -> list[f.Frame]:
    """The approvals that came with a looser level."""
    return [] if state.ended else list(let_through(state))


def _by_default(state: Swarm) -> list[f.Frame]:
    """The default of the question that was asked last, if the run takes defaults."""
    asked = [state.questions[name] for name, opened in state.open_questions.items() if opened == state.frame]
    return [
        assumed(question.node, question.id, question.ask.default)
        for question in asked
        if state.defaults and question.ask.default is not None
    ]


def _of_spawns(state: Swarm) -> list[f.Frame]:
    """The other children of a batch, and the join of all."""
    gates = {gate.id: gate for child in _live_children(state) if (gate := _batch_of(state, child))}
    return [frame for gate in gates.values() for frame in spawned(state, gate)]


def _batch_of(state: Swarm, child: Node) -> Gate | None:
    """The approved gate of a child whose parent has not begun to wait for it."""
    step = state.steps.get((child.parent or "", child.origin[1]))
    gate = state.gates[step.gate] if step and step.begun < 0 and step.gate else None
    if gate is None or gate.status != "decided" or not isinstance(gate.final, Spawn):
        return None
    return gate if child.id in [other.id for other in gate.final.children] else None


def _left_behind(state: Swarm) -> list[f.Frame]:
    """The end of children that no step of their parent holds any more: it began anew."""
    frames: list[f.Frame] = []
    for child in _live_children(state):
        step = state.steps.get((child.parent or "", child.origin[1]))
        if (step is None or child.id not in step.children) and state.nodes[child.id].report is None:
            now = stop_subtree(state, child, "its parent began anew")
            frames += now
            state = fold(now, state)
    return frames


def _live_children(state: Swarm) -> list[Node]:
    return [node for node in state.nodes.values() if node.report is None and node.parent]


def _cut_chains(state: Swarm) -> list[f.Frame]:
    """The end of the gates that were foreseen to follow from one that was taken back or decided in another way."""
    gone: dict[str, Gate] = {}
    for gate in foreseen(state):
        before = state.gates[str(gate.after)]
        other = before.decision is not None and before.decision.verb != "approve"
        if other or before.id in gone or before.status in ("stale", "withdrawn", "expired"):
            gone[gate.id] = gate
    return closed(gone.values(), "withdrawn", "what led to it is gone")


def _below_the_ended(state: Swarm) -> list[f.Frame]:
    """The end of all that was left below nodes that were stopped, and of what they asked."""
    frames: list[f.Frame] = []
    ended = {node.id: node.report.summary for node in state.nodes.values() if node.report is not None}
    for name, why in ended.items():
        for child in list(state.children(name)):
            if state.nodes[child.id].report is None:
                now = stop_subtree(state, child, why)
                frames += now
                state = fold(now, state)
    return frames + withdrawn(state, set(ended), "its node has ended")


def _end(state: Swarm) -> list[f.Frame]:
    """The end of the run, if its root has ended."""
    report = state.nodes[state.root].report if state.root else None
    return [run_ended(report)] if report and not state.ended else []


_MENDS = (
    _of_decision,
    _by_rule,
    _by_level,
    _by_default,
    _of_spawns,
    _cut_chains,
    _left_behind,
    _below_the_ended,
    _end,
)
"""In this order: each goes on from what those before it wrote."""
