"""The one place where state changes: `apply(state, frame)`, pure, for frames that a ledger wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from swarm import frames as f
from swarm.proposals import Spawn
from swarm.state import Decision, Gate, Node, Note, Question, Step, Swarm
from swarm.values import Document, looser

_HANDLERS: dict[type[f.Base], Callable[[Swarm, Any], Swarm]] = {}


def apply(state: Swarm, frame: f.Frame) -> Swarm:
    """The state after one more frame; costs O(log n) in the size of the run (a subtree's level: its size)."""
    changed = _HANDLERS[type(frame)](state, frame)
    if frame.node is not None and frame.node in changed.nodes:
        node = replace(changed.nodes[frame.node], changed=frame.frame)
        changed = replace(changed, nodes=changed.nodes.set(node.id, node))
    commands = changed.commands.set(frame.command, frame.frame) if frame.command else changed.commands
    return replace(changed, frame=frame.frame, at=frame.at, commands=commands)


def fold(frames: Iterable[f.Frame], state: Swarm | None = None) -> Swarm:
    """The state after all the frames, in their order."""
    state = state or Swarm()
    for frame in frames:
        state = apply(state, frame)
    return state


def _on(kind: type[f.Base]) -> Callable[[Callable[[Swarm, Any], Swarm]], Callable[[Swarm, Any], Swarm]]:
    def register(handler: Callable[[Swarm, Any], Swarm]) -> Callable[[Swarm, Any], Swarm]:
        _HANDLERS[kind] = handler
        return handler

    return register


def _put(state: Swarm, node: Node) -> Swarm:
    before = state.nodes.get(node.id)
    live = state.live - bool(before and before.live) + node.live
    return replace(state, nodes=state.nodes.set(node.id, node), live=live)


def _step(state: Swarm, node: Node, step: Step) -> Swarm:
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
    return _put(replace(state, steps=state.steps.set((step.node, step.seq), step)), node)


def _waits(step: Step | None, *, for_children: bool) -> bool:
    return bool(step and (step.kind == "spawn") == for_children and step.ended < 0 and step.remaining)


@_on(f.RunStarted)
def _run_started(state: Swarm, frame: f.RunStarted) -> Swarm:
    return replace(
        state,
        run=frame.run,
        goal=frame.goal,
        title=frame.title,
        model=frame.model,
        level=frame.level,
        limits=frame.limits,
        context=frame.context,
        defaults=frame.defaults,
        allow_unsandboxed=frame.allow_unsandboxed,
        branch=frame.branch,
        base=frame.commit,
        commit=frame.commit,
        by=frame.by,
        started_at=frame.at,
    )


@_on(f.RunOpened)
def _run_opened(state: Swarm, frame: f.RunOpened) -> Swarm:
    return replace(state, tier=frame.tier)


@_on(f.RunEnded)
def _run_ended(state: Swarm, frame: f.RunEnded) -> Swarm:
    return replace(state, ended=frame.status, why=frame.why)


@_on(f.NodeSpawned)
def _node_spawned(state: Swarm, frame: f.NodeSpawned) -> Swarm:
    assert frame.node is not None
    parent = state.nodes[frame.parent] if frame.parent else None
    successor = bool(parent and frame.child.action == parent.action and frame.child.arguments.get("round", 1) > 1)
    node = Node(
        id=frame.node,
        parent=frame.parent,
        origin=(frame.parent, frame.step, frame.index),
        child=frame.child,
        depth=parent.depth + (not successor) if parent else 0,
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
        state = _put(state, replace(parent, children=parent.children + 1))
    state = replace(
        state,
        kids=kids,
        root=state.root or node.id,
        queued=state.queued.set(node.id, frame.frame),
        next_node=max(state.next_node, int(node.id) + 1),
    )
    return _put(state, node)


@_on(f.NodeStarted)
def _node_started(state: Swarm, frame: f.NodeStarted) -> Swarm:
    node = state.nodes[str(frame.node)]
    state = replace(state, queued=state.queued.delete(node.id) if node.id in state.queued else state.queued)
    return _put(state, replace(node, started=True, action=frame.action, version=frame.version, attempt=frame.attempt))


@_on(f.NodeRetried)
def _node_retried(state: Swarm, frame: f.NodeRetried) -> Swarm:
    node = state.nodes[str(frame.node)]
    steps = state.steps
    for seq in range(1, node.steps + 1):
        step = steps.get((node.id, seq))
        if step and not (frame.keep and step.ended >= 0 and step.outcome != "failed"):
            steps = steps.delete((node.id, seq))
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
    return _put(replace(state, steps=steps, queued=state.queued.set(node.id, frame.frame)), node)


@_on(f.NodeEnded)
def _node_ended(state: Swarm, frame: f.NodeEnded) -> Swarm:
    node = state.nodes[str(frame.node)]
    queued = state.queued.delete(node.id) if node.id in state.queued else state.queued
    paused = state.paused.delete(node.id) if node.id in state.paused else state.paused
    state = replace(state, queued=queued, paused=paused, failed=state.failed + (frame.report.outcome == "failed"))
    state = _applied(state, frame.gate)
    ended = replace(
        node, report=frame.report, ended=frame.frame, ended_at=frame.at, gates=0, asks=0, joins=0, pending=0
    )
    state = _put(state, ended)
    parent, seq, _ = node.origin
    step = state.steps.get((parent, seq)) if parent else None
    if parent and step and step.remaining:
        state = _step(state, state.nodes[parent], replace(step, remaining=step.remaining - 1))
    return state


@_on(f.StepBegun)
def _step_begun(state: Swarm, frame: f.StepBegun) -> Swarm:
    node = state.nodes[str(frame.node)]
    state = _applied(state, frame.gate) if frame.step == "spawn" else state
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
        remaining=len(frame.children) if frame.step == "spawn" else old.remaining if old else 0,
        notes=frame.notes,
        questions=old.questions if old else (),
    )
    return _step(state, node, step)


@_on(f.StepEnded)
def _step_ended(state: Swarm, frame: f.StepEnded) -> Swarm:
    node = state.nodes[str(frame.node)]
    step = state.steps.get((node.id, frame.seq)) or Step(node.id, frame.seq, frame.step, frame.key, frame.schema_name)
    state = _applied(state, frame.gate)
    if frame.usage:
        node = replace(node, usage=node.usage + frame.usage)
        state = replace(state, usage=state.usage + frame.usage)
    if frame.commit:
        node = replace(node, commit=frame.commit)
        state = replace(state, commit=frame.commit, commits=state.commits + 1)
    if frame.step == "remember" and frame.outcome == "ok":
        document = Document.model_validate(frame.value)
        state = replace(state, memory=state.memory.set(document.name, document))
    return _step(state, node, replace(step, ended=frame.frame, outcome=frame.outcome, remaining=0))


@_on(f.GateOpened)
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
    )
    if isinstance(frame.proposal, Spawn):
        ids = [int(child.id) for child in frame.proposal.children if child.id]
        state = replace(state, next_node=max([state.next_node, *(number + 1 for number in ids)]))
    if gate.seq is None:
        return replace(state, foreseen=state.foreseen.set(gate.node, (*state.foreseen.get(gate.node, ()), gate.id)))
    return _due(state, gate)


def _due(state: Swarm, gate: Gate) -> Swarm:
    """The gate is its node's present one: the step exists, and the node waits if it is still open."""
    node = state.nodes[gate.node]
    if node.report is not None or gate.seq is None:
        return state
    if gate.status == "open":
        node = replace(node, gates=node.gates + 1)
    if gate.kind in ("failure", "in_doubt", "budget"):
        return _put(state, replace(node, pending=node.pending + (gate.kind != "in_doubt")))
    step = state.steps.get((node.id, gate.seq)) or Step(node.id, gate.seq, gate.kind, gate.key, "")  # type: ignore[arg-type]
    return _step(state, node, replace(step, gate=gate.id))


@_on(f.GateDue)
def _gate_due(state: Swarm, frame: f.GateDue) -> Swarm:
    gate = replace(state.gates[frame.gate], seq=frame.seq)
    state = _not_foreseen(replace(state, gates=state.gates.set(gate.id, gate)), gate)
    return _due(state, gate)


@_on(f.GateDecided)
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
    if isinstance(frame.proposal, Spawn):
        ids = [int(child.id) for child in frame.proposal.children if child.id]
        state = replace(state, next_node=max([state.next_node, *(number + 1 for number in ids)]))
    applied = frame.decision not in ("approve", "edit")
    return _shut(state, replace(gate, decision=decision, status="applied" if applied else "decided"))


@_on(f.GateClosed)
def _gate_closed(state: Swarm, frame: f.GateClosed) -> Swarm:
    gate = replace(state.gates[frame.gate], status=frame.status, why=frame.why)
    return _not_foreseen(_shut(state, gate), gate)


def _shut(state: Swarm, gate: Gate) -> Swarm:
    """Stores a gate that no longer waits; its node's counters follow."""
    was_open = gate.id in state.open_gates
    open_gates = state.open_gates.delete(gate.id) if was_open else state.open_gates
    state = replace(state, gates=state.gates.set(gate.id, gate), open_gates=open_gates)
    node = state.nodes.get(gate.node)
    if node is None or node.report is not None or gate.seq is None or not was_open:
        return state
    pending = node.pending - (gate.kind in ("failure", "budget"))
    return _put(state, replace(node, gates=node.gates - 1, pending=pending))


def _not_foreseen(state: Swarm, gate: Gate) -> Swarm:
    left = tuple(other for other in state.foreseen.get(gate.node, ()) if other != gate.id)
    if left:
        return replace(state, foreseen=state.foreseen.set(gate.node, left))
    return replace(state, foreseen=state.foreseen.delete(gate.node)) if gate.node in state.foreseen else state


def _applied(state: Swarm, gate_id: str | None) -> Swarm:
    if gate_id is None:
        return state
    return replace(state, gates=state.gates.set(gate_id, replace(state.gates[gate_id], status="applied")))


@_on(f.QuestionAsked)
def _question_asked(state: Swarm, frame: f.QuestionAsked) -> Swarm:
    node = state.nodes[str(frame.node)]
    question = Question(frame.question, node.id, frame.seq, frame.ask, frame.frame, frame.at)
    state = replace(
        state,
        questions=state.questions.set(question.id, question),
        open_questions=state.open_questions.set(question.id, frame.frame),
        next_question=max(state.next_question, int(question.id[1:]) + 1),
    )
    step = state.steps[node.id, frame.seq]
    step = replace(step, remaining=step.remaining + 1, questions=(*step.questions, question.id))
    return _step(state, node, step)


@_on(f.QuestionAnswered)
def _question_answered(state: Swarm, frame: f.QuestionAnswered) -> Swarm:
    question = state.questions[frame.question]
    question = replace(question, answer=frame.answer, by=frame.by, rule=frame.rule, answered=frame.frame)
    state = replace(
        state,
        questions=state.questions.set(question.id, question),
        open_questions=state.open_questions.delete(question.id),
    )
    step = state.steps.get((question.node, question.seq))
    if step is None or not step.remaining:
        return state
    return _step(state, state.nodes[question.node], replace(step, remaining=step.remaining - 1))


@_on(f.QuestionWithdrawn)
def _question_withdrawn(state: Swarm, frame: f.QuestionWithdrawn) -> Swarm:
    question = replace(state.questions[frame.question], withdrawn=True)
    return replace(
        state,
        questions=state.questions.set(question.id, question),
        open_questions=state.open_questions.delete(question.id),
    )


@_on(f.NodeTold)
def _node_told(state: Swarm, frame: f.NodeTold) -> Swarm:
    node = state.nodes[str(frame.node)]
    notes = state.notes.set((node.id, node.notes), Note(frame.text, frame.by, frame.frame))
    return _put(replace(state, notes=notes), replace(node, notes=node.notes + 1))


@_on(f.LevelSet)
def _level_set(state: Swarm, frame: f.LevelSet) -> Swarm:
    if frame.node is None:
        old, state, top = state.level, replace(state, level=frame.level), state.root
    else:
        old, top = state.nodes[frame.node].level, frame.node
    nodes = state.nodes
    for node in state.subtree(top) if top else ():
        if node.report is None and (node.level == old or looser(node.level, frame.level)):
            nodes = nodes.set(node.id, replace(node, level=frame.level))
    return replace(state, nodes=nodes)


@_on(f.Paused)
def _paused(state: Swarm, frame: f.Paused) -> Swarm:
    if frame.node is None:
        return replace(state, paused_run=True)
    state = replace(state, paused=state.paused.set(frame.node, frame.frame))
    return _put(state, replace(state.nodes[frame.node], paused=True))


@_on(f.Continued)
def _continued(state: Swarm, frame: f.Continued) -> Swarm:
    if frame.node is None:
        return replace(state, paused_run=False)
    paused = state.paused.delete(frame.node) if frame.node in state.paused else state.paused
    state = replace(state, paused=paused)
    return _put(state, replace(state.nodes[frame.node], paused=False))


@_on(f.LimitsRaised)
def _limits_raised(state: Swarm, frame: f.LimitsRaised) -> Swarm:
    return replace(state, limits=frame.limits)


@_on(f.WorkspaceEdited)
def _workspace_edited(state: Swarm, frame: f.WorkspaceEdited) -> Swarm:
    return replace(state, commit=frame.commit, commits=state.commits + 1)


@_on(f.RunMerged)
def _run_merged(state: Swarm, frame: f.RunMerged) -> Swarm:
    return replace(_applied(state, frame.gate), merged=frame.into)
