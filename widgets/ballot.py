"""What a person has marked on a card so far, and the decision that it makes: pure, no screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from swarm.commands import Seen
from swarm.proposals import AnyProposal, Run, Spawn
from swarm.state import Gate

CHOOSING = ("network", "failure", "in_doubt", "budget", "merge")
"""Kinds of gates that are decided by one of several numbered lines, not by a plain approval."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that the cursor can stand on: a gate, one of its children, or one of its choices.

    Attributes:
        gate: To which it belongs.
        number: Under which it is shown.
        child: Place among the children; -1 if it is none of them.
        choice: Word of a choice; empty if it is none.
    """

    gate: Gate
    number: str
    child: int = -1
    choice: str = ""


@dataclass(frozen=True, slots=True)
class Ballot:
    """The gates of a card with what was left out and edited; nothing of it is decided.

    Attributes:
        gates: As they were when the card was opened: one that comes later is never among them.
        left: Ids of gates that are left out.
        dropped: Children that are left out, as gate id and place.
        edits: Proposals as the person changed them, by gate id.
    """

    gates: tuple[Gate, ...] = ()
    left: frozenset[str] = frozenset()
    dropped: frozenset[tuple[str, int]] = frozenset()
    edits: Mapping[str, AnyProposal] = field(default_factory=dict)

    @property
    def choosing(self) -> bool:
        """Whether one of several lines is to be chosen."""
        return len(self.gates) == 1 and self.gates[0].kind in CHOOSING

    @property
    def items(self) -> list[Item]:
        """What the cursor can stand on, from top to bottom."""
        if self.choosing:
            gate = self.gates[0]
            return [Item(gate, str(place), choice=word) for place, word in enumerate(gate.proposal.choices, 1)]
        return [item for gate in self.gates for item in self._items(gate)]

    def _items(self, gate: Gate) -> Iterator[Item]:
        children = self.children(gate) if gate.seq is not None else 0
        if len(self.gates) > 1 or not children:
            yield Item(gate, gate.id)
        for child in range(children):
            yield Item(gate, str(child + 1), child)

    def children(self, gate: Gate) -> int:
        """How many children a gate proposes, those left out included."""
        whole = self.whole(gate)
        return len(whole.children) if isinstance(whole, Spawn) else 0

    def whole(self, gate: Gate) -> AnyProposal:
        """The proposal with the person's edit, and with the children that are left out."""
        return self.edits.get(gate.id, gate.proposal)

    def proposal(self, gate: Gate) -> AnyProposal:
        """The proposal as it would be approved now."""
        whole = self.whole(gate)
        if not isinstance(whole, Spawn):
            return whole
        return Spawn(children=tuple(child for place, child in enumerate(whole.children) if self._keeps(gate, place)))

    def _keeps(self, gate: Gate, child: int) -> bool:
        return (gate.id, child) not in self.dropped

    def edited(self, gate: Gate) -> bool:
        """Whether an approval would be an edit."""
        return self.proposal(gate).digest != gate.digest

    def keeps(self, item: Item) -> bool:
        """Whether an item would be decided by an approval."""
        return self.counts(item.gate) and (item.child < 0 or self._keeps(item.gate, item.child))

    def counts(self, gate: Gate) -> bool:
        """Whether a gate would be decided: not left out, not empty, and led to by one that goes as shown."""
        if gate.id in self.left or gate.status != "open":
            return False
        proposal = self.proposal(gate)
        if isinstance(proposal, Spawn) and not proposal.children:
            return False
        before = next((other for other in self.gates if gate.seq is None and other.id == gate.after), None)
        return before is None or (self.counts(before) and not self.edited(before))

    @property
    def counted(self) -> tuple[Gate, ...]:
        """The gates that an approval would decide."""
        return tuple(gate for gate in self.gates if self.counts(gate))

    @property
    def approved(self) -> tuple[Seen, ...]:
        """Those of them that would be approved exactly as they were proposed."""
        return tuple(Seen(gate=gate.id, digest=gate.digest) for gate in self.counted if not self.edited(gate))

    @property
    def changed(self) -> tuple[Gate, ...]:
        """Those of them that would be edited."""
        return tuple(gate for gate in self.counted if self.edited(gate))

    @property
    def unsandboxed(self) -> bool:
        """Whether an approval would run a command without a sandbox."""
        proposals = (self.proposal(gate) for gate in self.counted)
        return any(isinstance(proposal, Run) and proposal.tier == "none" for proposal in proposals)

    def toggle(self, item: Item) -> Ballot:
        """Leaves an item out, or takes it in again."""
        if item.child >= 0:
            return replace(self, dropped=self.dropped ^ {(item.gate.id, item.child)})
        return replace(self, left=self.left ^ {item.gate.id})

    def toggle_like(self, item: Item) -> Ballot:
        """Does to all items of its kind what `toggle` does to one."""
        ballot, out = self.toggle(item), self.is_out(item)
        for other in self.items:
            alike = other.gate.kind == item.gate.kind and (other.child < 0) == (item.child < 0)
            if alike and (other.gate.id, other.child) != (item.gate.id, item.child) and self.is_out(other) == out:
                ballot = ballot.toggle(other)
        return ballot

    def is_out(self, item: Item) -> bool:
        """Whether the person left out this very item."""
        return not self._keeps(item.gate, item.child) if item.child >= 0 else item.gate.id in self.left

    def stage(self, gate: Gate, proposal: AnyProposal, dropped: frozenset[int] = frozenset()) -> Ballot:
        """Puts the person's edit in place of a proposal; `dropped` are places of children that are left out."""
        others = frozenset(pair for pair in self.dropped if pair[0] != gate.id)
        edits = {key: value for key, value in self.edits.items() if key != gate.id}
        if proposal.digest != gate.digest:
            edits[gate.id] = proposal
        return replace(self, edits=edits, dropped=others | {(gate.id, place) for place in dropped})

    def with_gates(self, gates: tuple[Gate, ...]) -> Ballot:
        """Another card; the marks on each gate are kept for when it is opened again."""
        return replace(self, gates=gates)

    def follow(self, gates: Mapping[str, Gate]) -> Ballot:
        """The same ballot after the state moved on: its gates as they are now, none added."""
        return self.with_gates(tuple(gates.get(gate.id, gate) for gate in self.gates))
