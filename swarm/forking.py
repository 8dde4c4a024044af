"""What makes a fork of a run: which frames it shares, the one thing that is changed, what is carried over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import JsonValue, ValidationError

from swarm import commands as c
from swarm import frames as f
from swarm.asks import ASKS
from swarm.decide import decide
from swarm.ending import closed, stop_below
from swarm.errors import BadAnswer, Refused, UnknownName
from swarm.fold import apply
from swarm.frames import Carried
from swarm.proposals import EFFECTS, InDoubt, Spawn
from swarm.state import Node, Step, Swarm
from swarm.values import Value

_CARRIED_KINDS = ("spawn", "terminate", "write", "run")
_CARRIED_VERBS = ("approve", "edit", "reject", "skip")


class Directive(Value):
    """Another directive for a node, which begins anew with it."""

    node: str
    directive: str


class Thought(Value):
    """Another answer in place of a model's: the value of one `think` step, as its schema asks."""

    node: str
    step: int
    value: JsonValue


Change = c.Decide | c.Answer | Directive | Thought
"""The one thing that may be different in a fork."""


def point_of(change: Change, frames: Iterable[f.Frame]) -> int:
    """The last frame at which a run could still go the other way.

    Raises:
        UnknownName: If what is to be changed never happened in the run.
    """
    for frame in frames:
        if _is_about(change, frame):
            return frame.frame if isinstance(change, Directive) else frame.frame - 1
    raise UnknownName(f"nothing to change: {_named(change)} is not in the history of this run")


def _is_about(change: Change, frame: f.Frame) -> bool:
    if isinstance(change, c.Decide):
        return isinstance(frame, f.GateDecided) and frame.gate in {seen.gate for seen in change.gates}
    if isinstance(change, c.Answer):
        return isinstance(frame, f.QuestionAnswered) and frame.question == change.question
    if isinstance(change, Directive):
        return isinstance(frame, f.NodeSpawned) and frame.node == change.node
    return isinstance(frame, f.StepEnded) and (frame.node, frame.seq) == (change.node, change.step)


def _named(change: Change) -> str:
    if isinstance(change, c.Decide):
        return f"a decision on gate {', '.join(seen.gate for seen in change.gates)}"
    if isinstance(change, c.Answer):
        return f"an answer to question {change.question}"
    return f"node {change.node}" if isinstance(change, Directive) else f"step {change.step} of node {change.node}"


def forked(state: Swarm, fork: f.RunForked) -> list[f.Frame]:
    """The frames with which a fork goes on after those that it shares.

    Args:
        state: Of the origin, at the last frame that both share.
        fork: The first of them.

    Raises:
        Refused: If the run had ended there.
    """
    if state.ended:
        raise Refused(f"run {state.run} had ended at frame {state.frame}: fork it from an earlier frame")
    begun = {gate for node in state.nodes.values() for gate in _begun(state, node)}
    doubts = {gate for gate in state.open_gates if isinstance(state.gates[gate].proposal, InDoubt)}
    decided = {gate.id for gate in state.gates.values() if fork.imported and gate.status == "decided"}
    gates = [state.gates[gate] for gate in sorted(begun | doubts | decided, key=int)]
    return [fork, *closed(gates, "withdrawn", "it was not carried out before the fork: it is proposed anew")]


def _begun(state: Swarm, node: Node) -> Iterator[str]:
    """The gates of a node whose side effects had begun, and what came of them is in the other run."""
    for step in state.pending(node.id) if node.pending else ():
        if step.kind in EFFECTS and step.begun >= 0 and step.gate:
            yield step.gate


def changed(state: Swarm, change: Change, by: str) -> list[f.Frame]:
    """The frames that change the one thing.

    Raises:
        Refused: If it cannot be changed at this state.
        BadAnswer: If a thought does not fit its schema.
        UnknownName: If it names something that is not there.
    """
    if isinstance(change, Directive):
        return _begin_anew(state, change, by)
    if isinstance(change, Thought):
        return [_thought(state, change)]
    return decide(state, change)


def _begin_anew(state: Swarm, change: Directive, by: str) -> list[f.Frame]:
    node = _node(state, change.node)
    if not change.directive.strip():
        raise Refused(f"node {node.id} needs a directive")
    told = f.NodeRetried(node=node.id, attempt=node.attempt + node.started, keep=False, directive=change.directive)
    gates = [state.gates[gate] for gate in state.open_gates if state.gates[gate].node == node.id]
    return [
        told,
        *closed(gates, "withdrawn", f"{by} gave the node another directive"),
        *stop_below(state, node, "its parent began anew"),
    ]


def _thought(state: Swarm, change: Thought) -> f.StepEnded:
    node = _node(state, change.node)
    step = state.steps.get((node.id, change.step))
    if step is None or step.kind != "think" or step.ended >= 0:
        raise Refused(f"step {change.step} of node {node.id} is no thought that was under way at frame {state.frame}")
    return f.StepEnded(
        node=node.id, seq=step.seq, step="think", key=step.key, schema_name=step.schema_name,
        value=_valid(step, change.value),
    )  # fmt: skip


def _valid(step: Step, value: JsonValue) -> Any:
    try:
        return ASKS[step.schema_name].model_validate(value).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the value"
        raise BadAnswer(f"this is no {step.schema_name}: {where}: {first['msg']}") from None


def _node(state: Swarm, name: str) -> Node:
    node = state.nodes.get(name)
    if node is None:
        raise UnknownName(f"no node {name} at frame {state.frame}: `swarm show --frame {state.frame}` lists them")
    if node.report is not None:
        raise Refused(f"node {name} had ended at frame {state.frame}: fork from a frame before {node.ended}")
    return node


def carried(state: Swarm, later: Sequence[f.Frame]) -> tuple[Carried, ...]:
    """What the human decided and answered in the origin after the fork, on what was asked after it.

    What was open at the fork is not among it: that is what the fork was made for.
    """
    found: list[Carried] = []
    shared = state.frame
    for frame in later:
        if isinstance(frame, f.GateDecided) and frame.by != "rule":
            gate = state.gates[frame.gate]
            fits = gate.kind in _CARRIED_KINDS and frame.decision in _CARRIED_VERBS
            if fits and gate.opened > shared and not isinstance(frame.proposal, Spawn) and gate.node in state.nodes:
                found.append(Carried(place=state.place(gate.node), digest=gate.digest, what=frame))
        elif isinstance(frame, f.QuestionAnswered) and frame.by != "rule":
            question = state.questions[frame.question]
            if question.opened > shared:
                found.append(Carried(place=state.place(question.node), digest=question.ask.digest, what=frame))
        state = apply(state, frame)
    return tuple(found)
