"""`decide(state, command) -> frames`: pure; what a command would write, or why it is refused."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

from swarm import commands as c
from swarm import frames as f
from swarm.answers import checked
from swarm.errors import AlreadyDecided, Refused, StaleDigest, UnknownName
from swarm.proposals import AnyProposal, Budget, Failure, Spawn, Terminate
from swarm.state import Gate, Node, Swarm
from swarm.values import Report, looser


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
    if not command.gates:
        raise Refused("no gate is named: name at least one")
    if len(command.gates) > 1 and (command.proposal or command.report):
        raise Refused("an edit is for one gate: name one")
    frames: list[f.Frame] = []
    for seen in command.gates:
        gate = _open_gate(state, seen)
        frames += _decided(state, gate, command)
    return _once(frames)


def _once(frames: Iterable[f.Frame]) -> list[f.Frame]:
    """Leaves out what two gates of one decision would both write, such as the withdrawal of a third."""
    seen: list[f.Frame] = []
    for frame in frames:
        if frame not in seen:
            seen.append(frame)
    return seen


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
    return gate


def _decided(state: Swarm, gate: Gate, command: c.Decide) -> list[f.Frame]:
    word = command.choice if command.verb == "choose" else command.verb
    if (
        command.verb == "choose"
        and word in ("approve", "edit", "reject", "skip", "stop")
        and word in gate.proposal.choices
    ):
        command = command.model_copy(update={"verb": word, "choice": ""})
    if word not in gate.proposal.choices:
        offered = ", ".join(gate.proposal.choices)
        raise Refused(f"gate {gate.id} ({gate.kind}) does not offer {word or 'that'}: choose one of {offered}")
    if command.verb == "reject" and gate.kind != "merge" and not command.reason.strip():
        raise Refused(f"a rejection of gate {gate.id} needs a reason: the node reads it")
    if command.verb == "edit" and gate.kind in EDITED_BY_PROPOSAL and command.proposal is None:
        raise Refused(f"an edit of gate {gate.id} needs the new proposal: give it as JSON of kind {gate.kind}")
    if gate.seq is None and word not in ("approve", "reject"):
        raise Refused(
            f"gate {gate.id} is only foreseen: approve or reject it, or wait until gate {gate.after} has led to it"
        )
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
    frames: list[f.Frame] = [decided]
    if word != "approve":
        frames += withdrawn(dependents(state, gate), f"gate {gate.id} was not approved as shown")
    return frames + _consequences(state, gate, word, decided)


EDITED_BY_PROPOSAL = ("spawn", "terminate", "write", "run", "tag", "save", "failure")


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


def _consequences(state: Swarm, gate: Gate, word: str, decided: f.GateDecided) -> list[f.Frame]:
    node = state.nodes.get(gate.node)
    if word == "stop" and gate.kind == "budget":
        return stop_run(state, "over_budget", "stopped at a limit", except_gate=gate.id)
    if word == "stop" and node is not None:
        return stop_subtree(state, node, decided.reason or f"stopped at gate {gate.id}", except_gate=gate.id)
    if isinstance(gate.proposal, Budget):
        return [f.LimitsRaised(limits=gate.proposal.limits, by=decided.by)]
    if isinstance(gate.proposal, Failure) and node is not None:
        return _after_failure(state, gate.proposal, node, word, decided)
    return []


def _after_failure(state: Swarm, failure: Failure, node: Node, word: str, decided: f.GateDecided) -> list[f.Frame]:
    if word in ("retry", "edit", "hand"):
        directive = None
        if word == "edit":
            assert isinstance(decided.proposal, Failure)
            directive = decided.proposal.directive
        model = "human" if word == "hand" else None
        return [
            f.NodeRetried(
                node=node.id, attempt=node.attempt + 1, keep=not failure.restart, directive=directive, model=model
            )
        ]
    if word == "report":
        if decided.report is None:
            raise Refused(f"a report by hand at gate {decided.gate} needs the report: give it as JSON")
        report = decided.report.model_copy(update={"edited": decided.reason or "by hand"})
    elif word == "skip":
        report = Report(
            outcome="incomplete", summary=decided.reason or "Skipped by the human.", value={"skipped": True}
        )
    else:
        report = Report(outcome="failed", summary=failure.error)
    return ended(state, node, report)


@_frames.register
def _answer(command: c.Answer, state: Swarm) -> list[f.Frame]:
    question = state.questions.get(command.question)
    if question is None:
        raise UnknownName(
            f"no question {command.question} in run {state.run}: `swarm inbox {state.run}` lists those that wait"
        )
    if not question.open:
        raise AlreadyDecided(f"question {question.id} is answered: nothing was changed")
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
    return [f.LevelSet(node=command.node, level=command.level, by=command.by)]


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
            return [decided, f.NodeRetried(node=node.id, attempt=node.attempt + 1, keep=command.keep)]
    raise Refused(f"node {node.id} does not wait at a failure: there is nothing to retry")


def dependents(state: Swarm, gate: Gate) -> list[Gate]:
    """Open or decided gates that were foreseen to follow from a gate and are not due yet, nearest first."""
    found: list[Gate] = []
    heads = {gate.id}
    for other in sorted((g for ids in state.foreseen.values() for g in ids), key=int):
        candidate = state.gates[other]
        if candidate.after in heads:
            heads.add(other)
            found.append(candidate)
    return found


def withdrawn(gates: Iterable[Gate], why: str) -> list[f.Frame]:
    """The frames that take gates back."""
    return [f.GateClosed(node=gate.node, gate=gate.id, status="withdrawn", why=why) for gate in gates]


def ended(state: Swarm, node: Node, report: Report, gate: str | None = None) -> list[f.Frame]:
    """The frames by which a node ends; the run ends with its root."""
    frames: list[f.Frame] = [f.NodeEnded(node=node.id, report=report, gate=gate)]
    if node.id == state.root:
        status: f.RunStatus = report.outcome if report.outcome in ("failed", "stopped") else "done"
        frames.append(f.RunEnded(status=status, why=report.summary.partition("\n")[0]))
    return frames


def stop_subtree(state: Swarm, top: Node, why: str, except_gate: str = "") -> list[f.Frame]:
    """The frames that end a node and all below it as stopped, the deepest first."""
    inside = {node.id for node in state.subtree(top.id) if node.report is None}
    gates = [state.gates[gate] for gate in state.open_gates if state.gates[gate].node in inside and gate != except_gate]
    frames = withdrawn(gates, why)
    frames += [
        f.QuestionWithdrawn(node=state.questions[question].node, question=question)
        for question in state.open_questions
        if state.questions[question].node in inside
    ]
    report = Report(outcome="stopped", summary=why)
    for node in reversed([node for node in state.subtree(top.id) if node.id in inside]):
        frames += ended(state, node, report)
    return frames


def stop_run(state: Swarm, status: f.RunStatus, why: str, except_gate: str = "") -> list[f.Frame]:
    """The frames that end the whole run."""
    if state.root is None:
        return [f.RunEnded(status=status, why=why)]
    frames = stop_subtree(state, state.nodes[state.root], why, except_gate)
    return [frame for frame in frames if not isinstance(frame, f.RunEnded)] + [f.RunEnded(status=status, why=why)]
