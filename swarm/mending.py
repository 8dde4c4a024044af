"""What a write that was cut off left out: a group of frames is one write, yet its beginning may be there alone."""

from __future__ import annotations

from collections.abc import Iterator

from swarm import frames as f
from swarm.autonomy import rule_for
from swarm.deciding import consequences, decision_frames
from swarm.ending import run_ended, stop_subtree, withdrawn
from swarm.fold import fold
from swarm.state import Gate, Swarm


def mended(state: Swarm) -> list[f.Frame]:
    """The frames with which the last group would have gone on, if its end is missing; none if it is whole."""
    frames = [*_of_decision(state), *_by_rule(state), *_by_default(state)]
    state = fold(frames, state)
    frames += _below_the_ended(state)
    if state.root and not state.ended and (report := state.nodes[state.root].report):
        frames.append(run_ended(report))
    return frames


def _of_decision(state: Swarm) -> list[f.Frame]:
    """What the last decision leads to."""
    for gate in state.gates.values():
        if gate.decision and gate.decision.frame == state.frame:
            return consequences(state, gate)
    return []


def _by_rule(state: Swarm) -> list[f.Frame]:
    """The decision of the gate that was opened last, if no human is asked."""
    for name, opened in state.open_gates.items():
        if opened == state.frame and (rule := _rule(state, state.gates[name])):
            gate = state.gates[name]
            how: f.Decided = "choose" if gate.kind == "failure" else "approve"
            choice = "pass" if gate.kind == "failure" else ""
            decided = f.GateDecided(
                node=gate.node, gate=name, digest=gate.digest, decision=how, by="rule", rule=rule, choice=choice
            )
            return decision_frames(state, decided)
    return []


def _rule(state: Swarm, gate: Gate) -> str | None:
    node = state.nodes.get(gate.node)
    return rule_for(state, node, gate.proposal) if node and node.report is None else None


def _by_default(state: Swarm) -> Iterator[f.Frame]:
    """The default of the question that was asked last, if the run takes defaults."""
    for name, asked in state.open_questions.items():
        question = state.questions[name]
        if asked == state.frame and state.defaults and question.ask.default is not None:
            yield f.QuestionAnswered(
                node=question.node,
                question=name,
                answer=question.ask.default,
                by="rule",
                rule="--defaults: an assumption",
            )


def _below_the_ended(state: Swarm) -> list[f.Frame]:
    """The end of all that was left below nodes that were stopped, and of what they asked."""
    ended = [node for node in state.nodes.values() if node.report is not None]
    frames = withdrawn(state, {node.id for node in ended}, "its node has ended")
    for node in ended:
        for child in state.children(node.id):
            if child.report is None:
                frames += stop_subtree(state, child, node.report.summary if node.report else "")
    return frames
