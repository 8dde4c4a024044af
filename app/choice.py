"""What the middle of the board shows, and what comes next: pure, no screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from swarm.cards import Card, blocks, cards
from swarm.state import Swarm
from widgets import inbox


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person opened: a card, a question, or a node.

    Attributes:
        gates: Ids of the gates of a card as it was opened: one that comes later is never among them.
        question: Id of a question.
        node: Id of a node; that of the card or question, if it is one.
    """

    gates: tuple[str, ...] = ()
    question: str = ""
    node: str = ""

    def waits(self, state: Swarm) -> bool:
        """Whether it is something that still waits for a decision or an answer."""
        if self.question:
            return self.question in state.open_questions
        return any(gate in state.open_gates for gate in self.gates)

    def same_as(self, other: Choice) -> bool:
        """Whether the two are one card, one question, or one node."""
        if self.gates or other.gates:
            return bool(set(self.gates) & set(other.gates))
        return (self.question, self.node) == (other.question, other.node)


def waiting(state: Swarm) -> list[Choice]:
    """All that waits, in the order of the inbox."""
    by_id = {card.id: card for card in cards(state)}
    entries = inbox.waiting(state)
    return [of_card(by_id[entry.card]) if entry.card else of_question(state, entry.key) for entry in entries]


def of_card(card: Card) -> Choice:
    """The choice of a card as it is now."""
    return Choice(gates=tuple(gate.id for gate in card.gates), node=card.node)


def of_question(state: Swarm, question: str) -> Choice:
    """The choice of a question."""
    return Choice(question=question, node=state.questions[question].node)


def of_gate(state: Swarm, gate_id: str) -> Choice:
    """The card on which a gate waits; its node, if it waits no more."""
    for card in cards(state):
        if any(gate.id == gate_id for gate in card.gates):
            return of_card(card)
    gate = state.gates.get(gate_id)
    return Choice(node=gate.node if gate else state.root or "")


def neighbour(found: Sequence[Choice], here: Choice, step: int) -> Choice | None:
    """What comes `step` places after (or before) the one that is open, round and round; None if nothing waits."""
    if not found:
        return None
    for place, choice in enumerate(found):
        if choice.same_as(here):
            return found[(place + step) % len(found)]
    return found[0 if step > 0 else -1]


def card_of(state: Swarm, choice: Choice) -> Card | None:
    """The card of a choice with those of its gates that still wait; None if none does."""
    gates = tuple(state.gates[gate] for gate in choice.gates if gate in state.open_gates)
    if not gates:
        return None
    return Card(gates[0].id, gates, sum(blocks(gate) for gate in gates if gate.seq is not None) or 1)


def at_that_moment(state: Swarm, choice: Choice) -> Choice:
    """What stands in the middle when the person looks at another moment: the same thing, if it was there."""
    if choice.waits(state):
        return choice
    if choice.node in state.nodes:
        own = [other for other in waiting(state) if other.node == choice.node]
        return own[0] if own else Choice(node=choice.node)
    return Choice(node=state.root or "")
