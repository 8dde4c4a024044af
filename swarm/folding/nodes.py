"""Frames about nodes and their steps."""

from __future__ import annotations

from msgspec.structs import replace

from swarm import frames as f
from swarm.folding.base import applied, on, put, step_put
from swarm.state import Node, Step, Swarm, depth_below
from swarm.values import Document


@on(f.NodeSpawned)
def _node_spawned(state: Swarm, frame: f.NodeSpawned) -> Swarm:
    assert frame.node is not None
    parent = state.nodes[frame.parent] if frame.parent else None
    node = Node(
        id=frame.node,
        parent=frame.parent,
        origin=(frame.parent, frame.step, frame.index),
        child=frame.child,
        depth=depth_below(parent, frame.child) if parent else 0,
        rank=parent.children if parent else 0,
        spawned=frame.frame,
        spawned_at=frame.at,
        action=frame.child.action,
        directive=frame.child.directive,
        model=frame.child.model or (parent.model if parent else state.model),
        level=parent.level if parent else state.level,
    )
    kids = state.kids
    if parent:
        kids = kids.set((parent.id, parent.children), node.id)
        state = put(state, replace(parent, children=parent.children + 1))
    state = replace(
        state,
        kids=kids,
        root=state.root or node.id,
        queued=state.queued.set(node.id, frame.frame),
        next_node=max(state.next_node, int(node.id) + 1),
    )
    return put(state, node)


@on(f.NodeStarted)
def _node_started(state: Swarm, frame: f.NodeStarted) -> Swarm:
    node = state.nodes[str(frame.node)]
    state = replace(state, queued=state.queued.delete(node.id) if node.id in state.queued else state.queued)
    return put(state, replace(node, started=True, action=frame.action, version=frame.version, attempt=frame.attempt))


@on(f.NodeRetried)
def _node_retried(state: Swarm, frame: f.NodeRetried) -> Swarm:
    node = state.nodes[str(frame.node)]
    steps = state.steps
    for seq in range(1, node.steps + 1):
        if step := steps.get((node.id, seq)):
            found = _found(frame, step)
            steps = steps.set((node.id, seq), found) if found else steps.delete((node.id, seq))
    node = replace(
        node,
        attempt=frame.attempt,
        started=False,
        directive=node.directive if frame.directive is None else frame.directive,
        model=frame.model or node.model,
        pending=0,
        asks=0,
        joins=0,
        gates=0,
        steps=max((seq for seq in range(1, node.steps + 1) if (node.id, seq) in steps), default=0),
    )
    return put(replace(state, steps=steps, queued=state.queued.set(node.id, frame.frame)), node)


def _found(frame: f.NodeRetried, step: Step) -> Step | None:
    """What another attempt finds of a step of the last one; nothing if it is taken anew."""
    taken = frame.steps.get(step.seq, "anew" if step.outcome == "failed" else "kept")
    if not frame.keep or step.ended < 0 or taken == "anew":
        return None
    if taken == "rejected":
        return replace(step, outcome="rejected")
    return replace(step, begun=-1, outcome="partly", gate=None) if taken == "partly" else step


@on(f.NodeEnded)
def _node_ended(state: Swarm, frame: f.NodeEnded) -> Swarm:
    node = state.nodes[str(frame.node)]
    queued = state.queued.delete(node.id) if node.id in state.queued else state.queued
    paused = state.paused.delete(node.id) if node.id in state.paused else state.paused
    state = replace(state, queued=queued, paused=paused, failed=state.failed + (frame.report.outcome == "failed"))
    state = applied(state, frame.gate)
    ended = replace(
        node, report=frame.report, ended=frame.frame, ended_at=frame.at, gates=0, asks=0, joins=0, pending=0
    )
    state = put(state, ended)
    return _one_less(state, ended)


def _one_less(state: Swarm, child: Node) -> Swarm:
    """The parent waits for one child less, if it still waits for this one: it may have ended, or begun anew."""
    parent, seq, index = child.origin
    step = state.steps.get((parent, seq)) if parent else None
    if parent is None or step is None or not step.remaining or state.nodes[parent].report is not None:
        return state
    if step.children[index : index + 1] != (child.id,):
        return state
    return step_put(state, state.nodes[parent], replace(step, remaining=step.remaining - 1))


@on(f.StepBegun)
def _step_begun(state: Swarm, frame: f.StepBegun) -> Swarm:
    node = state.nodes[str(frame.node)]
    state = applied(state, frame.gate) if frame.step == "spawn" else state
    old = state.steps.get((node.id, frame.seq))
    step = Step(
        node.id,
        frame.seq,
        frame.step,
        frame.key,
        frame.schema_name,
        begun=frame.frame,
        gate=frame.gate,
        children=frame.children,
        remaining=_left(state, frame.children) if frame.step == "spawn" else old.remaining if old else 0,
        notes=frame.notes,
        questions=old.questions if old else (),
        edit=old.edit if old else None,
    )
    return step_put(state, node, step)


def _left(state: Swarm, children: tuple[str, ...]) -> int:
    """How many children have not ended; after a write that was cut off, some may have before their join was written."""
    return sum(child not in state.nodes or state.nodes[child].report is None for child in children)


@on(f.StepEnded)
def _step_ended(state: Swarm, frame: f.StepEnded) -> Swarm:
    node = state.nodes[str(frame.node)]
    step = state.steps.get((node.id, frame.seq)) or Step(node.id, frame.seq, frame.step, frame.key, frame.schema_name)
    state = applied(state, frame.gate)
    if frame.usage:
        node = replace(node, usage=node.usage + frame.usage)
        state = replace(state, usage=state.usage + frame.usage)
    if frame.commit:
        node = replace(node, commit=frame.commit)
        state = replace(state, commit=frame.commit, commits=state.commits + 1)
    if frame.step == "remember" and frame.outcome == "ok":
        document = Document.model_validate(frame.value)
        state = replace(state, memory=state.memory.set(document.name, document))
    return step_put(state, node, replace(step, ended=frame.frame, outcome=frame.outcome, remaining=0))
