"""Which gates go through without a human, and by which rule."""

from __future__ import annotations

from swarm import frames as f
from swarm.proposals import EFFECTS, AnyProposal, Run, Spawn
from swarm.state import Gate, Node, Swarm
from swarm.values import Ask, Child

_ALWAYS_ASKED = ("network", "in_doubt", "budget", "merge")
_PASS_BY_THEMSELVES = ("route_action", "review_directive")
_FILLED_IN = "you filled it in"


def rule_for(state: Swarm, node: Node, proposal: AnyProposal) -> str | None:
    """The rule that lets a proposal through, in a few words; None if a human is asked.

    `node` is who asks; for a gate that is only foreseen it may be a node that is still proposed.
    """
    if proposal.kind in _ALWAYS_ASKED:
        return None
    if isinstance(proposal, Run) and proposal.tier == "none" and not state.allow_unsandboxed:
        return None
    if proposal.kind in ("spawn", "terminate") and node.model == "human":
        return _FILLED_IN
    level = node.level
    if level == "step":
        return None
    if level == "guided":
        return "level guided: routers and reviewers" if _is_routine(node, proposal) else None
    if proposal.kind in ("spawn", "terminate"):
        return f"level {level}: spawns and ends"
    if level in ("questions", "auto") and (proposal.kind in EFFECTS or proposal.kind == "failure"):
        return f"level {level}: effects and failures"
    return None


def decided_by_rule(state: Swarm, node: Node, gate: str, proposal: AnyProposal) -> f.GateDecided | None:
    """The decision on a gate that nobody is asked about: carried over from a fork's origin, or by the level."""
    if found := carried(state, node, proposal):
        return found.model_copy(update={"node": node.id, "gate": gate})
    rule = rule_for(state, node, proposal)
    decision: f.Decided = "approve"
    choice = ""
    if proposal.kind == "failure":
        decision, choice = "choose", "pass"
    elif proposal.kind == "budget" and node.level == "auto":
        decision, rule = "stop", "level auto: to the budget's end"
    if rule is None:
        return None
    return f.GateDecided(
        node=node.id, gate=gate, digest=proposal.digest, decision=decision, choice=choice, by="rule", rule=rule
    )


def carried(state: Swarm, node: Node, proposal: AnyProposal) -> f.GateDecided | None:
    """What a human decided on the same proposal of the same node in the run that this one was forked from."""
    known = state.carried and node.id in state.nodes
    kept = state.carried.get((state.place(node.id), proposal.digest)) if known else None
    if kept is None or not isinstance(kept.what, f.GateDecided):
        return None
    return kept.what.model_copy(update=_by_rule(state, kept.what))


def carried_answer(state: Swarm, node: str, question: str, ask: Ask) -> f.QuestionAnswered | None:
    """What a human answered to the same question of the same node in the run that this one was forked from."""
    kept = state.carried.get((state.place(node), ask.digest)) if state.carried else None
    if kept is None or not isinstance(kept.what, f.QuestionAnswered):
        return None
    return kept.what.model_copy(update={**_by_rule(state, kept.what), "node": node, "question": question})


def _by_rule(state: Swarm, was: f.GateDecided | f.QuestionAnswered) -> dict[str, object]:
    origin = state.origin.rpartition("@")[0]
    rule = f"carried over: {was.by}, frame {was.frame} of {origin}"
    return {"frame": -1, "command": None, "by": "rule", "rule": rule}


def let_through(state: Swarm) -> list[f.GateDecided]:
    """The approvals of open gates that the levels in force let through: those that a level was loosened for.

    What such a rule would end (a node that failed, a run at a limit) stays with the human, who was asked already.
    """
    frames: list[f.GateDecided] = []
    for name in sorted(state.open_gates, key=int):
        gate = state.gates[name]
        node = _asker(state, gate)
        decided = decided_by_rule(state, node, name, gate.proposal) if node and node.report is None else None
        if decided and decided.decision == "approve" and decided.rule != _FILLED_IN:
            frames.append(decided)
    return frames


def _asker(state: Swarm, gate: Gate) -> Node | None:
    """Who asks at a gate: a node, or a child that is itself only proposed."""
    before = state.gates.get(gate.after or "")
    if gate.node in state.nodes or before is None or not isinstance(before.proposal, Spawn):
        return state.nodes.get(gate.node)
    child = next((child for child in before.proposal.children if child.id == gate.node), None)
    return proposed(state, child, state.nodes[before.node]) if child else None


def proposed(state: Swarm, child: Child, parent: Node) -> Node:
    """The node that a child would be; it is in no state yet."""
    return Node(
        id=child.id,
        parent=parent.id,
        origin=(parent.id, 0, 0),
        child=child,
        depth=parent.depth + 1,
        rank=parent.children,
        spawned=-1,
        spawned_at=state.at,
        action=child.action,
        directive=child.directive,
        model=child.model or parent.model,
        level=parent.level,
    )


def _is_routine(node: Node, proposal: AnyProposal) -> bool:
    """Spawns of routers and reviewers, spawns that routers make, and the ends of both."""
    if isinstance(proposal, Spawn):
        return node.action == "route_action" or all(
            child.action in ("", *_PASS_BY_THEMSELVES) for child in proposal.children
        )
    return proposal.kind == "terminate" and node.action in _PASS_BY_THEMSELVES
