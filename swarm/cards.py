"""What waits for the human, as it is shown: gates gathered on cards, ranked by the work that they hold up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from swarm.proposals import EFFECTS, Spawn
from swarm.state import Gate, Question, Swarm


@dataclass(frozen=True, slots=True)
class Card:
    """One or more open gates that one decision can settle.

    Attributes:
        id: That of its first gate.
        gates: Gates that are due, each followed by those that are foreseen to follow from it.
        blocks: How many nodes can go on once it is decided.
    """

    id: str
    gates: tuple[Gate, ...]
    blocks: int

    @property
    def due(self) -> tuple[Gate, ...]:
        """The gates that nodes wait for now; the others only follow from them."""
        return tuple(gate for gate in self.gates if gate.seq is not None) or self.gates[:1]

    @property
    def node(self) -> str:
        """The node of the first gate."""
        return self.gates[0].node

    @property
    def kind(self) -> str:
        """The kind of the first gate."""
        return self.gates[0].kind

    @property
    def opened_at(self) -> datetime:
        """When the oldest gate was opened."""
        return min(gate.opened_at for gate in self.gates)


def shown_parent(state: Swarm, node: str) -> str | None:
    """The node under which a node is shown: a router and the action that it chose are one row."""
    found = state.nodes.get(node)
    parent = found.parent if found else None
    if parent is not None and state.nodes[parent].action == "route_action":
        return state.nodes[parent].parent
    return parent


def cards(state: Swarm) -> list[Card]:
    """The cards of all open gates: those that hold up most first, then the oldest."""
    groups: dict[tuple[str | None, str, str], list[Gate]] = {}
    follow: dict[str, list[Gate]] = {}
    waiting = sorted((state.gates[gate] for gate in state.open_gates), key=lambda gate: int(gate.id))
    for gate in waiting:
        if gate.seq is None and gate.after:
            follow.setdefault(_head(state, gate).id, []).append(gate)
        else:
            groups.setdefault(_group(state, gate), []).append(gate)
    found = []
    for due in groups.values():
        gates = [gate for first in due for gate in (first, *follow.pop(first.id, ()))]
        found.append(Card(due[0].id, tuple(gates), sum(blocks(gate) for gate in due)))
    found += [Card(gates[0].id, tuple(gates), 1) for gates in follow.values()]
    return sorted(found, key=lambda card: (-card.blocks, int(card.id)))


def _head(state: Swarm, gate: Gate) -> Gate:
    """The due gate that a foreseen one follows from, over any number of others."""
    while gate.seq is None and gate.after:
        gate = state.gates[gate.after]
    return gate


def _group(state: Swarm, gate: Gate) -> tuple[str | None, str, str]:
    """Siblings' gates of one kind share a card; a failure, a doubt, a limit and a merge stand alone."""
    if gate.kind == "spawn" or gate.kind == "terminate" or gate.kind in EFFECTS:
        node = state.nodes.get(gate.node)
        return shown_parent(state, gate.node), gate.kind, node.action if node else ""
    return None, gate.kind, gate.id


def blocks(gate: Gate) -> int:
    """How many nodes can go on once a gate is decided: who asks, and the children to start."""
    return 1 + (len(gate.proposal.children) if isinstance(gate.proposal, Spawn) else 0)


def questions(state: Swarm) -> list[Question]:
    """The open questions, oldest first."""
    return [state.questions[question] for question, _ in sorted(state.open_questions.items(), key=lambda item: item[1])]
