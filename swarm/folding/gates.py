"""Frames about gates."""

from __future__ import annotations

from msgspec.structs import replace

from swarm import frames as f
from swarm.folding.base import on, put, step_put
from swarm.proposals import EFFECTS, AnyProposal, Network, Spawn
from swarm.state import Decision, Gate, Step, Swarm

_ASIDE = ("failure", "in_doubt", "budget")
"""Kinds that are no step: those beside a step have its number, the others 0."""


@on(f.GateOpened)
def _gate_opened(state: Swarm, frame: f.GateOpened) -> Swarm:
    gate = Gate(
        frame.gate,
        str(frame.node),
        frame.seq,
        frame.revision,
        frame.proposal,
        frame.digest,
        frame.after,
        frame.frame,
        frame.at,
        state.commit,
        frame.key,
    )
    state = replace(
        state,
        gates=state.gates.set(gate.id, gate),
        open_gates=state.open_gates.set(gate.id, frame.frame),
        next_gate=max(state.next_gate, int(gate.id) + 1),
        doubts=state.doubts + (gate.kind == "in_doubt"),
    )
    state = _numbered(state, frame.proposal)
    if isinstance(frame.proposal, Network):
        return replace(state, network=frame.proposal)
    if gate.seq is None:
        return replace(state, foreseen=state.foreseen.set(gate.node, (*state.foreseen.get(gate.node, ()), gate.id)))
    return _due(state, gate)


def _numbered(state: Swarm, proposal: AnyProposal | None) -> Swarm:
    """Takes the ids of proposed children: no other node gets them."""
    ids = [int(child.id) for child in proposal.children if child.id] if isinstance(proposal, Spawn) else []
    return replace(state, next_node=max([state.next_node, *(number + 1 for number in ids)])) if ids else state


def _due(state: Swarm, gate: Gate) -> Swarm:
    """The gate is its node's present one: the step exists, and the node waits if it is still open."""
    node = state.nodes[gate.node]
    if node.report is not None or gate.seq is None:
        return state
    if gate.status == "open":
        node = replace(node, gates=node.gates + 1)
    if gate.kind in _ASIDE:
        return put(state, replace(node, pending=node.pending + (not gate.seq)))
    step = state.steps.get((node.id, gate.seq)) or Step(node.id, gate.seq, gate.kind, gate.key, "")  # type: ignore[arg-type]
    return step_put(state, node, replace(step, gate=gate.id, ended=-1))


@on(f.GateDue)
def _gate_due(state: Swarm, frame: f.GateDue) -> Swarm:
    gate = replace(state.gates[frame.gate], seq=frame.seq, revision=frame.revision, key=frame.key)
    state = _not_foreseen(replace(state, gates=state.gates.set(gate.id, gate)), gate)
    return _due(state, gate)


@on(f.GateDecided)
def _gate_decided(state: Swarm, frame: f.GateDecided) -> Swarm:
    gate = state.gates[frame.gate]
    decision = Decision(
        frame.decision,
        frame.by,
        frame.rule,
        frame.reason,
        frame.choice,
        frame.proposal,
        frame.report,
        frame.frame,
        frame.at,
    )
    state = _numbered(state, frame.proposal)
    if isinstance(gate.proposal, Network) and frame.decision == "approve":
        return _shut(replace(state, network=None), replace(gate, decision=decision, status="applied"))
    if frame.proposal and gate.kind in EFFECTS and gate.seq:
        step = replace(state.steps[gate.node, gate.seq], edit=frame.proposal)
        state = replace(state, steps=state.steps.set((gate.node, gate.seq), step))
    applied = frame.decision not in ("approve", "edit")
    return _shut(state, replace(gate, decision=decision, status="applied" if applied else "decided"))


@on(f.GateClosed)
def _gate_closed(state: Swarm, frame: f.GateClosed) -> Swarm:
    gate = replace(state.gates[frame.gate], status=frame.status, why=frame.why)
    return _not_foreseen(_shut(state, gate), gate)


def _shut(state: Swarm, gate: Gate) -> Swarm:
    """Stores a gate that no longer waits; its node's counters follow."""
    was_open = gate.id in state.open_gates
    open_gates = state.open_gates.delete(gate.id) if was_open else state.open_gates
    doubts = state.doubts - (was_open and gate.kind == "in_doubt")
    state = replace(state, gates=state.gates.set(gate.id, gate), open_gates=open_gates, doubts=doubts)
    node = state.nodes.get(gate.node)
    if node is None or node.report is not None or gate.seq is None or not was_open or gate.kind == "network":
        return state
    pending = node.pending - (gate.kind in _ASIDE and not gate.seq)
    return put(state, replace(node, gates=node.gates - 1, pending=pending))


def _not_foreseen(state: Swarm, gate: Gate) -> Swarm:
    left = tuple(other for other in state.foreseen.get(gate.node, ()) if other != gate.id)
    if left:
        return replace(state, foreseen=state.foreseen.set(gate.node, left))
    return replace(state, foreseen=state.foreseen.delete(gate.node)) if gate.node in state.foreseen else state
