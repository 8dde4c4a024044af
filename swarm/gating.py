"""How a node's proposals pass their gates: opened, foreseen, waited for, proposed anew when stale."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from swarm import frames as f
from swarm.asides import status_of
from swarm.autonomy import carried, decided_by_rule, proposed, rule_for
from swarm.ending import ended, stale
from swarm.errors import NothingNew
from swarm.foresee import Foreseen, Then, foresee
from swarm.proposals import EFFECTS, AnyProposal, Spawn, Terminate
from swarm.state import Gate, Node
from swarm.values import Report

if TYPE_CHECKING:
    from swarm.context import NodeContext
    from swarm.ledger import Ledger

Make = Callable[[], Awaitable[AnyProposal]]
"""Makes a proposal from things as they are now."""


class Gating:
    """The gates of one node.

    Attributes:
        thens: What the node would propose after a step, by the step's sequence number.
        rejected: Digests of what was rejected: the same proposal is never made twice.
    """

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        self.thens: dict[int, Then | None] = {}
        self.rejected: set[str] = set()

    @property
    def _id(self) -> str:
        return self._context.id

    @property
    def _ledger(self) -> Ledger:
        return self._context.engine.ledger

    async def decided(self, seq: int, key: str, make: Make, revision: int, then: Then | None) -> Gate:
        """The gate of a step once it is decided; opened if there is none yet."""
        if gate := self._present(seq):
            await self._compare(gate, make)
        while True:
            gate = self._present(seq)
            if gate is None:
                proposal = await make()
                if self.rejected and proposal.digest in self.rejected:
                    raise NothingNew("the same was proposed and rejected before: there is nothing else to propose")
                gate = self._match(seq, key, proposal, revision) or await self._open(seq, key, proposal, revision, then)
            await self._no_longer_open(gate.id)
            gate = self._ledger.head.gates[gate.id]
            if gate.status in ("decided", "applied") and self.holds(gate):
                return gate

    async def _compare(self, gate: Gate, make: Make) -> None:
        """Makes a gate of an earlier process stale if its node proposes something else by now.

        Effects are compared once it is their turn: until then others may be at work on the same files.
        """
        if gate.kind in EFFECTS or gate.status == "applied" or gate.final is not gate.proposal:
            return
        if (await make()).digest != gate.digest:
            self._ledger.put(stale(self._ledger.head, gate, "its node proposes something else by now"))

    def holds(self, gate: Gate) -> bool:
        """Whether a decision stands: what a rule let through and would ask about by now becomes stale instead."""
        head = self._ledger.head
        by_rule = gate.status == "decided" and gate.decision is not None and gate.decision.rule
        if not by_rule or decided_by_rule(head, head.nodes[self._id], gate.id, gate.proposal):
            return True
        self._ledger.put(stale(head, gate, "the level asks about it by now"))
        return False

    async def _no_longer_open(self, gate: str) -> None:
        await self._context.until(lambda state: True if status_of(state, gate) != "open" else None)

    def _present(self, seq: int) -> Gate | None:
        head = self._ledger.head
        step = head.steps.get((self._id, seq))
        gate = head.gates[step.gate] if step and step.gate else None
        return gate if gate and gate.status in ("open", "decided", "applied") else None

    def _match(self, seq: int, key: str, proposal: AnyProposal, revision: int) -> Gate | None:
        """The foreseen gate that this proposal fulfils exactly; the others of the node are stale if there is none."""
        ledger = self._ledger
        head = ledger.head
        waiting = [head.gates[gate] for gate in head.foreseen.get(self._id, ())]
        for gate in waiting:
            if gate.digest == proposal.digest and (gate.after is None or head.gates[gate.after].status == "applied"):
                ledger.put([f.GateDue(node=self._id, gate=gate.id, seq=seq, revision=revision, key=key)])
                return ledger.head.gates[gate.id]
        for gate in waiting:
            ledger.put(stale(ledger.head, gate, "it went another way than was shown"))
        return None

    async def _open(self, seq: int, key: str, proposal: AnyProposal, revision: int, then: Then | None) -> Gate:
        engine, node = self._context.engine, self._ledger.head.nodes[self._id]
        head = self._ledger.head
        rule = rule_for(head, node, proposal) or carried(head, node, proposal)
        chain = [] if rule else await foresee(engine, node, proposal, then)
        frames: list[f.Frame] = []
        first, free = self._ledger.head.next_gate, self._ledger.head.next_node
        for place, link in enumerate([Foreseen(node, proposal), *chain]):
            what, free = numbered(link.proposal, free)
            opened = f.GateOpened(
                node=self._proposer(link, frames).id,
                gate=str(first + place),
                seq=None if place else seq,
                revision=1 if place else revision,
                proposal=what,
                digest=what.digest,
                after=str(first + link.after) if place else None,
                key="" if place else key,
            )
            frames.append(opened)
            decided = decided_by_rule(self._ledger.head, self._proposer(link, frames), opened.gate, what)
            frames += [decided] if decided else []
        self._ledger.put(frames)
        return self._ledger.head.gates[str(first)]

    def _proposer(self, link: Foreseen, frames: Sequence[f.Frame]) -> Node:
        """The node that proposes a link of a chain; it may be a child that is only proposed itself."""
        if link.index is None:
            return link.node
        spawn = [frame for frame in frames if isinstance(frame, f.GateOpened)][link.after].proposal
        assert isinstance(spawn, Spawn)
        return proposed(self._ledger.head, spawn.children[link.index], link.node)

    def note_rejected(self, ended: f.StepEnded) -> None:
        """Remembers a rejection, so that the same is not proposed again."""
        if ended.outcome == "rejected" and ended.gate:
            self.rejected.add(self._context.state.gates[ended.gate].digest)

    async def refused(self, gate: Gate, seq: int, kind: f.StepKind, key: str) -> f.StepEnded | None:
        """Records a rejection or a skip as the step's result and gives it; None if the gate was approved."""
        decision = gate.decision
        if decision is None or decision.verb in ("approve", "edit"):
            return None
        outcome: f.StepOutcome = "skipped" if decision.verb == "skip" else "rejected"
        frame = f.StepEnded(
            node=self._id, seq=seq, step=kind, key=key, outcome=outcome, error=decision.reason, value={}, gate=gate.id
        )
        self.note_rejected(frame)
        await self._ledger.note(frame)
        return frame

    async def terminate(self, seq: int, report: Report, revision: int) -> str | None:
        """Proposes to end with a report: None once the node has ended, else the reason of the rejection."""
        gate = await self.decided(seq, "", always(Terminate(report=report)), revision, None)
        if refused := await self.refused(gate, seq, "terminate", ""):
            return refused.error
        edited = gate.decision.proposal if gate.decision else None
        final = edited.report if isinstance(edited, Terminate) else report
        await self._ledger.append(*ended(self._ledger.head, self._context.node, final, gate.id))
        return None


def always(proposal: AnyProposal) -> Make:
    """Makes the same proposal, whatever things are like."""

    async def make() -> AnyProposal:
        return proposal

    return make


def numbered(proposal: AnyProposal, next_node: int) -> tuple[AnyProposal, int]:
    """The proposal with an id for each child that has none, and the next free number."""
    if not isinstance(proposal, Spawn):
        return proposal, next_node
    children = []
    for child in proposal.children:
        children.append(child.model_copy(update={"id": str(next_node)}))
        next_node += 1
    return Spawn(children=tuple(children)), next_node
