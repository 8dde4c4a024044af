"""Which gates go through without a human, and by which rule."""

from __future__ import annotations

from swarm import frames as f
from swarm.proposals import EFFECTS, AnyProposal, Run, Spawn
from swarm.state import Node, Swarm

_ALWAYS_ASKED = ("in_doubt", "budget", "merge")
_PASS_BY_THEMSELVES = ("route_action", "review_directive")


def rule_for(state: Swarm, node: Node, proposal: AnyProposal) -> str | None:
    """The rule that lets a proposal through, in a few words; None if a human is asked.

    `node` is who asks; for a gate that is only foreseen it may be a node that is still proposed.
    """
    if proposal.kind in _ALWAYS_ASKED:
        return None
    if isinstance(proposal, Run) and proposal.tier == "none" and not state.allow_unsandboxed:
        return None
    if proposal.kind in ("spawn", "terminate") and node.model == "human":
        return "you filled it in"
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
    """The decision on a gate that the level in force makes by itself; None if a human is asked."""
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


def _is_routine(node: Node, proposal: AnyProposal) -> bool:
    """Spawns of routers and reviewers, spawns that routers make, and the ends of both."""
    if isinstance(proposal, Spawn):
        return node.action == "route_action" or all(
            child.action in ("", *_PASS_BY_THEMSELVES) for child in proposal.children
        )
    return proposal.kind == "terminate" and node.action in _PASS_BY_THEMSELVES
