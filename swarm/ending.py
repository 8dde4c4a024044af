"""How things end: nodes, subtrees, runs, and the gates and questions that lose their meaning with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from swarm import frames as f
from swarm.state import Gate, Node, Swarm
from swarm.values import Report


def dependents(state: Swarm, gate: Gate) -> list[Gate]:
    """Gates that were foreseen to follow from a gate and are not due yet, nearest first.

    What is foreseen together is opened at once, and so has consecutive numbers.
    """
    found: list[Gate] = []
    heads, number = {gate.id}, int(gate.id) + 1
    while (other := state.gates.get(str(number))) and other.after:
        if other.after in heads and other.seq is None:
            heads.add(other.id)
            found.append(other)
        number += 1
    return found


def foreseen(state: Swarm) -> list[Gate]:
    """The gates that are not due yet, in the order in which they were opened."""
    return [state.gates[gate] for gate in sorted((gate for ids in state.foreseen.values() for gate in ids), key=int)]


def closed(gates: Iterable[Gate], status: f.Closed, why: str) -> list[f.Frame]:
    """The frames that close gates which are still open, or decided and not applied."""
    return [
        f.GateClosed(node=gate.node, gate=gate.id, status=status, why=why)
        for gate in gates
        if gate.status in ("open", "decided")
    ]


def stale(state: Swarm, gate: Gate, why: str) -> list[f.Frame]:
    """The frames that make a gate stale, and with it those that were foreseen to follow."""
    return closed([state.gates[gate.id], *dependents(state, gate)], "stale", why)


def ended(state: Swarm, node: Node, report: Report, gate: str | None = None) -> list[f.Frame]:
    """The frames by which a node ends; the run ends with its root."""
    frames: list[f.Frame] = [f.NodeEnded(node=node.id, report=report, gate=gate)]
    if node.id == state.root:
        asks = (state.gates[other] for other in state.open_gates if state.gates[other].kind == "network")
        frames += [*closed(asks, "withdrawn", "its run has ended"), run_ended(report)]
    return frames


def run_ended(report: Report) -> f.RunEnded:
    """The end of the run that the root's report makes."""
    status: f.RunStatus = report.outcome if report.outcome in ("failed", "stopped") else "done"
    return f.RunEnded(status=status, why=report.summary.lstrip("#*- \n").partition("\n")[0])


def stop_subtree(state: Swarm, top: Node, why: str) -> list[f.Frame]:
    """The frames that end a node and all below it as stopped.

    The top comes first: a write that is cut off leaves nobody who would go on with what is left, see `mending`.
    """
    frames = _stopped(state, [top], why)
    return [*frames, run_ended(Report(outcome="stopped", summary=why))] if top.id == state.root else frames


def stop_below(state: Swarm, node: Node, why: str) -> list[f.Frame]:
    """The frames that stop the children that a node leaves behind."""
    return _stopped(state, [child for child in state.children(node.id) if child.report is None], why)


def _stopped(state: Swarm, tops: Sequence[Node], why: str) -> list[f.Frame]:
    inside = [node.id for top in tops for node in state.subtree(top.id) if node.report is None]
    report = Report(outcome="stopped", summary=why)
    return [*(f.NodeEnded(node=node, report=report) for node in inside), *withdrawn(state, set(inside), why)]


def withdrawn(state: Swarm, nodes: set[str], why: str) -> list[f.Frame]:
    """The frames that take back what nodes ask, and what was foreseen to follow from it."""
    gates = {gate for gate in state.open_gates if state.gates[gate].node in nodes and state.gates[gate].kind != "merge"}
    for gate in foreseen(state):
        first = state.gates[gate.after] if gate.after else gate
        if gate.node in nodes or first.id in gates or (first.node in nodes and first.status == "decided"):
            gates.add(gate.id)
    frames = closed([state.gates[gate] for gate in sorted(gates, key=int)], "withdrawn", why)
    frames += [
        f.QuestionWithdrawn(node=state.questions[question].node, question=question)
        for question in sorted(state.open_questions, key=state.open_questions.__getitem__)
        if state.questions[question].node in nodes
    ]
    return frames


def stop_run(state: Swarm, status: f.RunStatus, why: str) -> list[f.Frame]:
    """The frames that end the whole run."""
    frames = stop_subtree(state, state.nodes[state.root], why) if state.root else []
    return [frame for frame in frames if not isinstance(frame, f.RunEnded)] + [f.RunEnded(status=status, why=why)]
