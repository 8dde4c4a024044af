"""What a person should know beside the proposal itself: labelled lines, each worked out from the state."""

from __future__ import annotations

from collections.abc import Iterable

from swarm.cards import blocks
from swarm.proposals import AnyProposal, Budget, Merge, Network, Spawn, Terminate
from swarm.state import Gate, Node, Swarm
from swarm.values import Usage
from widgets import proposed, reach
from widgets.ballot import Ballot
from widgets.words import count, name_of, price

Fact = tuple[str, str]
"""A label and what it says; both may hold text of others."""


def facts(ballot: Ballot, state: Swarm) -> list[Fact]:
    """The facts about what an approval would decide; about all of the card if it would decide nothing."""
    gates = ballot.counted or ballot.gates
    due = [gate for gate in gates if gate.seq is not None] or list(gates[:1])
    pairs = [(gate, ballot.proposal(gate)) for gate in gates]
    found = [
        ("Touches", _touches(state, pairs)),
        ("Undo", _joined(reach.undo(state, proposal) for _, proposal in pairs)),
        ("Overlap", _joined(reach.overlap(state, gate, proposal) for gate, proposal in pairs)),
        ("Cost", _cost(state, due, pairs)),
        ("Unblocks", _joined(_unblocks(state, gate, ballot.proposal(gate)) for gate in due)),
        ("Changed", _changed(state, due)),
    ]
    return [(label, words) for label, words in found if words]


def _joined(parts: Iterable[str]) -> str:
    """Parts that differ, in order."""
    return "; ".join(dict.fromkeys(part for part in parts if part))


def _touches(state: Swarm, pairs: list[tuple[Gate, AnyProposal]]) -> str:
    """Files of the run's copy together, then what is beyond it."""
    paths = list(dict.fromkeys(path for gate, proposal in pairs for path in reach.paths(state, gate, proposal)))
    words = _joined(reach.beyond(proposal) for _, proposal in pairs)
    if not paths:
        return words or "nothing by itself"
    files = paths[0] if len(paths) == 1 else f"{count(len(paths), 'file')} ({', '.join(paths)})"
    return f"{files} in this run's copy; yours: {words or 'none'}"


def who(state: Swarm, gates: Iterable[Gate], node: str) -> str:
    """The name of a node, of one that is still proposed as well."""
    if node in state.nodes:
        return name_of(state, node)
    children = (child for gate in gates if isinstance(gate.proposal, Spawn) for child in gate.proposal.children)
    return next((child.name for child in children if child.id == node), f"node {node}")


def _cost(state: Swarm, due: list[Gate], pairs: list[tuple[Gate, AnyProposal]]) -> str:
    own = sum((state.nodes[gate.node].usage for gate in due if gate.node in state.nodes), Usage())
    tokens = state.usage.input_tokens + state.usage.output_tokens
    parts = [f"{spent(own)} here", f"{spent(state.usage)} so far"] if tokens else ["0 tokens so far"]
    parts += [f"price {price(proposal.prices)}" for _, proposal in pairs if isinstance(proposal, Network)]
    new = sum(len(proposal.children) for _, proposal in pairs if isinstance(proposal, Spawn))
    if new:
        total = len(state.nodes)
        if tokens:
            parts.append(f"≈ {short(tokens * new // total)} more, at the pace so far")
        parts.append(f"nodes {total} → {total + new} of {state.limits.nodes}")
    return " · ".join(parts)


def spent(usage: Usage) -> str:
    """Tokens and money in a few words; an unknown price is a dash."""
    money = "" if usage.cost == 0 else " · $ —" if usage.cost is None else f" · ${usage.cost:.2f}"
    return f"{short(usage.input_tokens + usage.output_tokens)} tokens{money}"


def short(number: int) -> str:
    """`950`, `12.3k`, `4.5M`."""
    if number < 1000:
        return str(number)
    return f"{number / 1000:.1f}k" if number < 1_000_000 else f"{number / 1_000_000:.1f}M"


def _unblocks(state: Swarm, gate: Gate, proposal: AnyProposal) -> str:
    node = state.nodes.get(gate.node)
    if node is None or isinstance(proposal, Merge):
        return ""
    if isinstance(proposal, Network):
        return "the whole run"
    if isinstance(proposal, Spawn):
        return f"{count(len(proposal.children), 'node')} now, then {name_of(state, node.id)}"
    if isinstance(proposal, Terminate):
        return _unblocked_by_end(state, node)
    return name_of(state, node.id) + (f" and {count(blocks(gate) - 1, 'node')}" if blocks(gate) > 1 else "")


def _unblocked_by_end(state: Swarm, node: Node) -> str:
    if node.parent is None:
        return "the end of the run"
    step = state.steps.get((node.parent, node.origin[1]))
    left = step.remaining - 1 if step else 0
    name = name_of(state, node.parent)
    return f"{name}, once {count(left, 'other node')} {'has' if left == 1 else 'have'} ended" if left > 0 else name


def _changed(state: Swarm, due: list[Gate]) -> str:
    opened = min((gate.opened for gate in due), default=0)
    parts = [words for gate in due if (words := _changed_gate(state, gate))]
    if any(gate.commit != state.commit for gate in due):
        parts.append(f"other files, since frame {opened}; none that it names, or it would be asked anew")
    return "; ".join(parts) or f"nothing since it was opened in frame {opened}"


def _changed_gate(state: Swarm, gate: Gate) -> str:
    if gate.status != "open":
        return f"gate {gate.id} is {gate.status}{f': {gate.why}' if gate.why else ''}"
    if gate.revision == 1:
        return ""
    for number in range(int(gate.id) - 1, 0, -1):
        other = state.gates.get(str(number))
        if other and (other.node, other.key, other.revision) == (gate.node, gate.key, gate.revision - 1):
            if isinstance(other.proposal, Network):
                return f"gate {other.id} was about {other.proposal.model} at {other.proposal.url}"
            reason = other.decision.reason if other.decision else other.why
            return f"revision {gate.revision}, after “{reason}” at gate {other.id}"
    return f"revision {gate.revision}"


def raised(gate: Gate, state: Swarm) -> str:
    """What a budget gate would change, such as `nodes in the run 200 → 400`; empty for every other."""
    return proposed.limits(state.limits, gate.proposal.limits) if isinstance(gate.proposal, Budget) else ""
