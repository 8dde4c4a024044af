"""What every handler of frames uses: the register, and the two ways in which nodes and steps are stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from swarm import frames as f
from swarm.state import Node, Step, Swarm

HANDLERS: dict[type[f.Base], Callable[[Swarm, Any], Swarm]] = {}


def on(kind: type[f.Base]) -> Callable[[Callable[[Swarm, Any], Swarm]], Callable[[Swarm, Any], Swarm]]:
    """Registers the handler of a kind of frame."""

    def register(handler: Callable[[Swarm, Any], Swarm]) -> Callable[[Swarm, Any], Swarm]:
        HANDLERS[kind] = handler
        return handler

    return register


def put(state: Swarm, node: Node) -> Swarm:
    """Stores a node and keeps the count of those that can go on without a human."""
    before = state.nodes.get(node.id)
    live = state.live - bool(before and before.live) + node.live
    return replace(state, nodes=state.nodes.set(node.id, node), live=live)


def step_put(state: Swarm, node: Node, step: Step) -> Swarm:
    """Stores a step and keeps its node's counters of what it waits for."""
    old = state.steps.get((step.node, step.seq))
    pending = node.pending + (step.ended < 0) - bool(old and old.ended < 0)
    node = replace(
        node,
        pending=pending,
        steps=max(node.steps, step.seq),
        asks=node.asks + _waits(step, for_children=False) - _waits(old, for_children=False),
        joins=node.joins + _waits(step, for_children=True) - _waits(old, for_children=True),
    )
    return put(replace(state, steps=state.steps.set((step.node, step.seq), step)), node)


def _waits(step: Step | None, *, for_children: bool) -> bool:
    return bool(step and (step.kind == "spawn") == for_children and step.ended < 0 and step.remaining)


def applied(state: Swarm, gate_id: str | None) -> Swarm:
    """Marks the gate that a frame applies."""
    if gate_id is None:
        return state
    return replace(state, gates=state.gates.set(gate_id, replace(state.gates[gate_id], status="applied")))
