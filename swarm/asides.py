"""Gates beside a node's steps: its failure, and limits that would be passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swarm import frames as f
from swarm.autonomy import rule_for
from swarm.decide import ended, stop_run
from swarm.gating import stale
from swarm.proposals import AnyProposal, Budget, Failure, Spawn
from swarm.state import Gate, Node, Swarm
from swarm.values import Limits, Report

if TYPE_CHECKING:
    from swarm.context import NodeContext
    from swarm.ledger import Ledger


class Asides:
    """The gates of one node that are no steps of its action."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context

    @property
    def _id(self) -> str:
        return self._context.id

    @property
    def _ledger(self) -> Ledger:
        return self._context.engine.ledger

    def open(self, seq: int, proposal: AnyProposal, *more: f.Frame) -> str:
        """Opens a gate that is no step of its own (failure, doubt, limit) and gives its id."""
        number = str(self._ledger.head.next_gate)
        opened = f.GateOpened(node=self._id, gate=number, seq=seq, proposal=proposal, digest=proposal.digest)
        self._ledger.put([opened, *more])
        return number

    def _aside(self, kind: str) -> Gate | None:
        head = self._ledger.head
        found = (head.gates[gate] for gate in head.open_gates)
        return next((gate for gate in found if gate.node == self._id and gate.kind == kind), None)

    async def within_limits(self, seq: int, proposal: AnyProposal) -> None:
        """Returns when children may be started under the limits of the run; asks where they would be passed."""
        assert isinstance(proposal, Spawn)
        while (needed := passed_limits(self._context.state, self._context.node, proposal)) is not None:
            await self._ask_for_limits(seq, *needed)

    async def may_start(self) -> None:
        """Returns when the node's attempt is within the limits."""
        while (node := self._context.node).attempt > (limits := self._context.state.limits).attempts:
            raised = limits.model_copy(update={"attempts": node.attempt})
            await self._ask_for_limits(0, f"attempt {node.attempt} of {limits.attempts}", raised)

    async def _ask_for_limits(self, seq: int, why: str, limits: Limits) -> None:
        gate = self._aside("budget")
        name = gate.id if gate else self.open(seq, Budget(why=why, limits=limits))
        if self._context.node.level == "auto" and status_of(self._ledger.head, name) == "open":
            opened = self._ledger.head.gates[name]
            decided = f.GateDecided(
                node=self._id,
                gate=name,
                digest=opened.digest,
                decision="stop",
                by="rule",
                rule="level auto: to the budget's end",
            )
            self._ledger.put([decided, *stop_run(self._ledger.head, "over_budget", why, except_gate=name)])
        await self._context.until(lambda state: True if status_of(state, name) == "applied" else None)

    async def failed(self, error: str, *, restart: bool = False) -> None:
        """The node cannot go on: returns when it was decided, and the node has ended or been given a new attempt."""
        attempt = self._context.node.attempt
        if self._aside("failure") is None:
            head, node = self._ledger.head, self._ledger.head.nodes[self._id]
            failure = Failure(error=error, directive=node.directive, restart=restart)
            for gate in head.foreseen.get(self._id, ()):
                self._ledger.put(stale(self._ledger.head, head.gates[gate], "its node failed"))
            rule = rule_for(head, node, failure)
            number = self.open(0, failure)
            if rule:
                gate_now = self._ledger.head.gates[number]
                decided = f.GateDecided(
                    node=self._id,
                    gate=number,
                    digest=gate_now.digest,
                    decision="choose",
                    by="rule",
                    rule=rule,
                    choice="pass",
                )
                report = Report(outcome="failed", summary=error)
                self._ledger.put([decided, *ended(self._ledger.head, node, report)])
        await self._context.until(
            lambda state: True if state.nodes[self._id].report or state.nodes[self._id].attempt > attempt else None
        )


def passed_limits(state: Swarm, node: Node, proposal: Spawn) -> tuple[str, Limits] | None:
    """Which limit a spawn would pass, and the limits under which it would not; None if it passes none."""
    limits, count = state.limits, len(proposal.children)
    new = sum(child.id not in state.nodes for child in proposal.children)
    if len(state.nodes) + new > limits.nodes:
        total = len(state.nodes) + new
        return f"{total} nodes of {limits.nodes}", limits.model_copy(update={"nodes": max(total, limits.nodes * 2)})
    if count > limits.fan_out:
        return f"{count} children at once of {limits.fan_out}", limits.model_copy(update={"fan_out": count})
    if node.depth + 1 > limits.depth:
        return f"depth {node.depth + 1} of {limits.depth}", limits.model_copy(update={"depth": limits.depth * 2})
    return None


def status_of(state: Swarm, gate: str) -> str:
    """The status of a gate; `open` while it is not on disk yet."""
    found = state.gates.get(gate)
    return found.status if found else "open"
