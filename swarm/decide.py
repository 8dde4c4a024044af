"""`decide(state, command) -> frames`: pure; what a command would write, or why it is refused."""

from __future__ import annotations

from functools import singledispatch

from swarm import commands as c
from swarm import frames as f
from swarm.answers import checked
from swarm.autonomy import let_through
from swarm.deciding import decide_gates, decision_frames
from swarm.ending import stop_run, stop_subtree
from swarm.errors import AlreadyDecided, Refused, UnknownName
from swarm.fold import fold
from swarm.state import Node, Swarm
from swarm.values import looser


def decide(state: Swarm, command: c.Command) -> list[f.Frame]:
    """The frames that a command writes at this state; none if it was taken before.

    Raises:
        Refused: If it does not fit the state; nothing is written.
        UnknownName: If it names something that is not there.
    """
    if command.id in state.commands:
        return []
    return [frame.model_copy(update={"command": command.id}) for frame in _frames(command, state)]


@singledispatch
def _frames(command: c.Command, state: Swarm) -> list[f.Frame]:
    raise AssertionError(command)


@_frames.register
def _decide(command: c.Decide, state: Swarm) -> list[f.Frame]:
    return decide_gates(state, command)


@_frames.register
def _answer(command: c.Answer, state: Swarm) -> list[f.Frame]:
    question = state.questions.get(command.question)
    if question is None:
        raise UnknownName(
            f"no question {command.question} in run {state.run}: `swarm inbox {state.run}` lists those that wait"
        )
    if not question.open:
        how = "withdrawn" if question.withdrawn else "answered"
        raise AlreadyDecided(f"question {question.id} is {how}: nothing was changed")
    answer = checked(question, command.answer)
    return [f.QuestionAnswered(node=question.node, question=question.id, answer=answer, by=command.by)]


def _live_node(state: Swarm, name: str) -> Node:
    node = state.nodes.get(name)
    if node is None:
        raise UnknownName(f"no node {name} in run {state.run}: `swarm show {state.run}` lists them")
    if node.report is not None:
        raise Refused(f"node {name} has ended ({node.report.outcome}): nothing was changed")
    return node


def _going(state: Swarm) -> None:
    if state.ended:
        raise Refused(f"run {state.run} has ended ({state.ended}): nothing was changed")


@_frames.register
def _tell(command: c.Tell, state: Swarm) -> list[f.Frame]:
    node = _live_node(state, command.node)
    if not command.text.strip():
        raise Refused("a note needs a text")
    return [f.NodeTold(node=node.id, text=command.text, by=command.by)]


@_frames.register
def _level(command: c.SetLevel, state: Swarm) -> list[f.Frame]:
    _going(state)
    if command.node is not None:
        node = _live_node(state, command.node)
        above = state.nodes[node.parent].level if node.parent else state.level
        if looser(command.level, above):
            raise Refused(f"node {node.id} may not be looser than what is above it ({above}): set that first")
    level = f.LevelSet(node=command.node, level=command.level, by=command.by)
    return [level, *let_through(fold([level], state))]


@_frames.register
def _pause(command: c.Pause, state: Swarm) -> list[f.Frame]:
    _going(state)
    if command.node is not None:
        _live_node(state, command.node)
    return [f.Paused(node=command.node, by=command.by)]


@_frames.register
def _continue(command: c.Continue, state: Swarm) -> list[f.Frame]:
    _going(state)
    if command.node is None and not state.paused_run:
        raise Refused(f"run {state.run} is not paused")
    if command.node is not None and not _live_node(state, command.node).paused:
        raise Refused(f"node {command.node} is not paused")
    return [f.Continued(node=command.node, by=command.by)]


@_frames.register
def _stop(command: c.Stop, state: Swarm) -> list[f.Frame]:
    _going(state)
    reason = command.reason or f"stopped by {command.by}"
    if command.node is None:
        return stop_run(state, "stopped", reason)
    return stop_subtree(state, _live_node(state, command.node), reason)


@_frames.register
def _retry(command: c.Retry, state: Swarm) -> list[f.Frame]:
    node = _live_node(state, command.node)
    for gate_id in state.open_gates:
        gate = state.gates[gate_id]
        if gate.node == node.id and gate.kind == "failure":
            decided = f.GateDecided(
                node=node.id, gate=gate.id, digest=gate.digest, decision="choose", by=command.by, choice="retry"
            )
            return [_kept(frame, command.keep) for frame in decision_frames(state, decided)]
    raise Refused(f"node {node.id} does not wait at a failure: there is nothing to retry")


@_frames.register
def _offer_merge(command: c.OfferMerge, state: Swarm) -> list[f.Frame]:
    raise Refused(f"run {state.run} is not open, and only then can its merge be offered: say `swarm merge {state.run}`")


def _kept(frame: f.Frame, keep: bool) -> f.Frame:
    """A retry that starts from nothing, if the human wants it."""
    return frame.model_copy(update={"keep": frame.keep and keep}) if isinstance(frame, f.NodeRetried) else frame
