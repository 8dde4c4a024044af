"""Why a gate asks: the rule in force, in a few words and in more."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from swarm.autonomy import rule_for
from swarm.proposals import EFFECTS, Run
from swarm.state import Gate, Node, Swarm
from swarm.values import LEVELS
from widgets.words import LEVEL_WORDS, name_of

_ALWAYS = {
    "network": "you did not name this endpoint",
    "in_doubt": "nobody but you can tell whether it was done",
    "budget": "a limit is yours to raise",
    "merge": "your branch is yours",
}


def asked_by(state: Swarm, gate: Gate) -> str:
    """The rule in a few words, such as `level step: every spawn`."""
    if gate.kind in _ALWAYS:
        return f"always asked: {_ALWAYS[gate.kind]}"
    if _unsandboxed(gate) and not state.allow_unsandboxed:
        return "always asked: a command without a sandbox"
    node = state.nodes.get(gate.node)
    return f"level {node.level if node else state.level}: every {_noun(gate)}"


def _unsandboxed(gate: Gate) -> bool:
    return isinstance(gate.proposal, Run) and gate.proposal.tier == "none"


def _noun(gate: Gate) -> str:
    return "effect" if gate.kind in EFFECTS else {"terminate": "end"}.get(gate.kind, gate.kind)


def in_more_words(state: Swarm, gate: Gate) -> Iterator[str]:
    """What decides whether this gate asks, what would let it through, and on what it stands."""
    node = state.nodes.get(gate.node)
    if node is not None:
        yield _origin_of_level(state, node)
        yield _levels(state, node, gate)
    base = f" on commit {gate.commit[:10]}" if gate.commit else ""
    yield f"Gate {gate.id} was opened in frame {gate.opened}{base}. Its digest is {gate.digest}."


def _origin_of_level(state: Swarm, node: Node) -> str:
    top = node
    for above in state.ancestors(node.id):
        if above.level != node.level:
            break
        top = above
    place = "the whole run" if top.id == state.root else f"{name_of(state, top.id)} and all below it"
    return f"Level {node.level} is in force for {place}: it asks at {LEVEL_WORDS[node.level]}."


def _levels(state: Swarm, node: Node, gate: Gate) -> str:
    passing = [level for level in LEVELS if rule_for(state, replace(node, level=level), gate.proposal)]
    if not passing:
        return "It asks at every level."
    if len(passing) == len(LEVELS):
        return "A rule lets this through at every level, but it was opened for you to decide."
    asking = [level for level in LEVELS if level not in passing]
    return f"It asks at {', '.join(asking)}; it would go through at {', '.join(passing)}."
