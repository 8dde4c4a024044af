"""Decisions on gates: whether they fit, and all that they write at once."""

from __future__ import annotations

from typing import get_args

from swarm import commands as c
from swarm import frames as f
from swarm.ending import closed, dependents, ended, stop_below, stop_run, stop_subtree
from swarm.errors import AlreadyDecided, Refused, StaleDigest, UnknownName
from swarm.fold import fold
from swarm.proposals import AnyProposal, Budget, Failure, Network, Spawn, Terminate
from swarm.retrying import retried
from swarm.state import Decision, Gate, Node, Swarm
from swarm.values import Limits, Report

_ENOUGH = 8
"""Characters of a digest that name a proposal well enough."""


def decide_gates(state: Swarm, command: c.Decide) -> list[f.Frame]:
    """The frames of one decision on one or more gates.

    Raises:
        Refused: If one of them does not take it; nothing is written.
        UnknownName: If there is no such gate.
    """
    if not command.gates:
        raise Refused("no gate is named: name at least one")
    if len(command.gates) > 1 and (command.proposal or command.report):
        raise Refused("an edit is for one gate: name one")
    frames: list[f.Frame] = []
    now: list[f.Frame] = []
    for gate in sorted({_open_gate(state, seen).id for seen in command.gates}, key=int):
        state = fold(now, state)  # what was decided of one may take this one back
        now = _decided(state, state.gates[gate], command) if state.gates[gate].status == "open" else []
        frames += now
    return frames


def _open_gate(state: Swarm, seen: c.Seen) -> Gate:
    gate = state.gates.get(seen.gate)
    if gate is None:
        raise UnknownName(f"no gate {seen.gate} in run {state.run}: `swarm inbox {state.run}` lists those that wait")
    if gate.status != "open":
        how = f"{gate.decision.verb} by {gate.decision.by}" if gate.decision else gate.why
        raise AlreadyDecided(f"gate {gate.id} is {gate.status} ({how}): nothing was changed")
    if seen.digest and not gate.digest.startswith(seen.digest):
        raise StaleDigest(
            f"gate {gate.id} is now {gate.digest[:12]}, not {seen.digest[:12]}: look at it again, then decide"
        )
    if 0 < len(seen.digest) < _ENOUGH:
        raise Refused(f"{seen.digest} is too short for gate {gate.id}: give {_ENOUGH} characters of its digest")
    return gate


def _decided(state: Swarm, gate: Gate, command: c.Decide) -> list[f.Frame]:
    if command.verb == "choose" and command.choice in get_args(f.Decided) and command.choice != "choose":
        command = command.model_copy(update={"verb": command.choice, "choice": ""})
    _check_offered(gate, command)
    proposal = _edited(state, gate, command) if command.proposal else None
    decided = f.GateDecided(
        node=gate.node,
        gate=gate.id,
        digest=gate.digest,
        decision=command.verb,
        by=command.by,
        reason=command.reason,
        choice=command.choice,
        proposal=proposal,
        report=command.report,
    )
    return decision_frames(state, decided)


def _check_offered(gate: Gate, command: c.Decide) -> None:
    """Raises `Refused` unless the gate takes this decision and the decision has all that it needs."""
    word = command.choice if command.verb == "choose" else command.verb
    if word not in gate.proposal.choices:
        offered = ", ".join(gate.proposal.choices)
        raise Refused(f"gate {gate.id} ({gate.kind}) does not offer {word or 'that'}: choose one of {offered}")
    if gate.seq is None and word not in ("approve", "reject"):
        raise Refused(
            f"gate {gate.id} is only foreseen: approve or reject it, or wait until gate {gate.after} has led to it"
        )
    if word == "reject" and gate.kind != "merge" and not command.reason.strip():
        raise Refused(f"a rejection of gate {gate.id} needs a reason: the node reads it")
    if word == "edit" and command.proposal is None:
        raise Refused(f"an edit of gate {gate.id} needs the new proposal: give it as JSON of kind {gate.kind}")
    if word == "report" and command.report is None:
        raise Refused(f"a report by hand at gate {gate.id} needs the report: give it as JSON")
    if word != "report" and command.report is not None:
        raise Refused(f"a report for gate {gate.id} comes with the choice report: choose that, or leave the report out")
    if word != "edit" and command.proposal is not None:
        raise Refused(f"a changed proposal for gate {gate.id} is an edit: decide edit, or leave the proposal out")


def _edited(state: Swarm, gate: Gate, command: c.Decide) -> AnyProposal:
    proposal = command.proposal
    assert proposal is not None
    if proposal.kind != gate.kind:
        raise Refused(f"gate {gate.id} is a {gate.kind}, the edit a {proposal.kind}: an edit keeps the kind")
    if isinstance(proposal, Spawn):
        taken, number = set[str](), state.next_node
        known = {child.id for child in gate.proposal.children} if isinstance(gate.proposal, Spawn) else set()
        children = []
        for child in proposal.children:
            if child.id in taken or child.id not in known:
                child, number = child.model_copy(update={"id": str(number)}), number + 1
            taken.add(child.id)
            children.append(child)
        return proposal.model_copy(update={"children": tuple(children)})
    if isinstance(proposal, Terminate) and isinstance(gate.proposal, Terminate):
        if proposal.report.outcome != gate.proposal.report.outcome and not command.reason.strip():
            raise Refused(f"changing the outcome at gate {gate.id} needs a reason")
        edited = command.reason or "by hand"
        return Terminate(report=proposal.report.model_copy(update={"edited": edited}))
    return proposal


def decision_frames(state: Swarm, decided: f.GateDecided) -> list[f.Frame]:
    """The frames of a decision: itself, what it leads to at once, and the gates that it takes back.

    An approval does neither: its node goes on by itself.
    """
    if decided.decision == "approve":
        return [decided]
    after = fold([decided], state)
    frames: list[f.Frame] = [decided, *consequences(after, after.gates[decided.gate])]
    after = fold(frames, state)
    gone = dependents(after, after.gates[decided.gate])
    return frames + closed(gone, "withdrawn", f"gate {decided.gate} was not approved as shown")


def consequences(state: Swarm, gate: Gate) -> list[f.Frame]:
    """What the decision on a gate leads to at once: another attempt, an end, a higher limit."""
    node, decision = state.nodes.get(gate.node), gate.decision
    if decision is None:
        return []
    if isinstance(gate.proposal, Budget):
        if decision.word == "stop":
            return stop_run(state, "over_budget", f"stopped at a limit: {gate.proposal.why}")
        return [f.LimitsRaised(limits=_raised(state.limits, gate.proposal.limits), by=decision.by)]
    if isinstance(gate.proposal, Network):
        return _after_network(state, gate.proposal, decision)
    if node is None or node.report is not None:
        return []
    if decision.word == "stop":
        return stop_subtree(state, node, decision.reason or f"stopped at gate {gate.id}")
    if isinstance(gate.proposal, Failure):
        return _after_failure(state, gate.proposal, node, decision)
    return []


def _after_network(state: Swarm, network: Network, decision: Decision) -> list[f.Frame]:
    """Nothing after an approval; else the human as the model, or the end of the run."""
    if decision.word == "human":
        return [f.ModelSet(model="human", by=decision.by)]
    if decision.word == "reject":
        return stop_run(state, "stopped", f"{network.host} was not to be used: {decision.reason}")
    return []


def _raised(limits: Limits, asked: Limits) -> Limits:
    """Limits as they were asked for, without taking back what was raised meanwhile."""
    return Limits(**{name: max(getattr(limits, name), getattr(asked, name)) for name in Limits.model_fields})


def _after_failure(state: Swarm, failure: Failure, node: Node, decision: Decision) -> list[f.Frame]:
    """Another attempt or the end; what the node left running below it is stopped."""
    if decision.word in ("retry", "edit", "hand"):
        return [retried(state, node, failure, decision), *stop_below(state, node, "its parent began anew")]
    report = _report_by_hand(failure, decision)
    return [*stop_below(state, node, "its parent ended"), *ended(state, node, report)]


def _report_by_hand(failure: Failure, decision: Decision) -> Report:
    """The report of a node that failed for good."""
    if decision.word == "report" and decision.report:
        return decision.report.model_copy(update={"edited": decision.reason or "by hand"})
    if decision.word == "skip":
        return Report(outcome="incomplete", summary=decision.reason or "Skipped by the human.", value={"skipped": True})
    return Report(outcome="failed", summary=failure.error)
