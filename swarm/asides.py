"""Gates beside a node's steps: its failure, and limits that would be passed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from swarm import frames as f
from swarm.autonomy import decided_by_rule
from swarm.deciding import decision_frames
from swarm.ending import closed, withdrawn
from swarm.errors import NothingNew, ReplayMismatch
from swarm.proposals import AnyProposal, Budget, Failure, Spawn
from swarm.state import Gate, Node, Swarm, depth_below
from swarm.values import Limits

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

    def _aside(self, kind: str, seq: int = 0) -> Gate | None:
        """The open gate of a kind beside a step, if there is one."""
        head = self._ledger.head
        if not head.nodes[self._id].gates:
            return None
        found = (head.gates[gate] for gate in head.open_gates)
        return next((gate for gate in found if (gate.node, gate.kind, gate.seq) == (self._id, kind, seq)), None)

    async def _by_rule(self, gate: str) -> None:
        """Decides a gate if the level in force does so by itself; a node that this stops goes no further."""
        head = self._ledger.head
        if decided := decided_by_rule(head, head.nodes[self._id], gate, head.gates[gate].proposal):
            await self._context.engine.put(decision_frames(head, decided))

    async def may_think(self) -> None:
        """Returns when the run may use its model: an endpoint that nobody named is asked about first."""
        await self._context.until(lambda state: True if state.network is None else None)

    async def within_limits(self, seq: int, proposal: AnyProposal) -> None:
        """Returns when children may be started under the limits of the run; asks where they would be passed."""
        assert isinstance(proposal, Spawn)
        await self._limited(seq, lambda state: passed_limits(state, state.nodes[self._id], proposal))

    async def may_start(self) -> None:
        """Returns when the node's attempt is within the limits."""
        await self._limited(0, lambda state: passed_attempts(state, state.nodes[self._id]))

    async def _limited(self, seq: int, passed: Callable[[Swarm], tuple[str, Limits] | None]) -> None:
        """Returns when no limit is passed; a gate that asked for more than is needed by now is taken back."""
        while (needed := passed(self._ledger.head)) is not None:
            budget = Budget(why=needed[0], limits=needed[1])
            gate = self._aside("budget", seq)
            if gate and gate.digest != budget.digest:
                self._ledger.put(closed([gate], "stale", "the limits have changed since"))
            name = gate.id if gate and gate.digest == budget.digest else self.open(seq, budget)
            await self._by_rule(name)
            await self._decided(name, self._context.state.limits)
        if gate := self._aside("budget", seq):
            self._ledger.put(closed([gate], "withdrawn", "the limit was raised meanwhile"))

    async def failed(self, words: str, error: Exception) -> None:
        """The node cannot go on: returns when it was decided, and the node has ended or been given a new attempt."""
        self._shut_steps(words)
        failure = Failure(
            error=words,
            directive=self._context.node.directive,
            restart=isinstance(error, ReplayMismatch),
            nothing_new=isinstance(error, NothingNew),
        )
        name = self.open(0, failure)
        await self._by_rule(name)
        await self._decided(name)

    async def was_failing(self) -> bool:
        """Whether the node waited at a failure when the run was closed; returns when that is decided."""
        gate = self._aside("failure")
        if gate is None:
            return False
        await self._decided(gate.id)
        return True

    async def _decided(self, gate: str, limits: Limits | None = None) -> None:
        """Returns when a gate waits no more, or the limits are others than these."""

        def shut(state: Swarm) -> bool | None:
            return status_of(state, gate) != "open" or (limits is not None and state.limits != limits) or None

        await self._context.until(shut)

    def _shut_steps(self, error: str) -> None:
        """Ends what the node was about, so that it waits for nothing but what becomes of its failure."""
        self._ledger.put(withdrawn(self._ledger.head, {self._id}, "its node failed"))
        for step in self._ledger.head.pending(self._id):
            gate = self._ledger.head.gates[step.gate] if step.gate else None
            shut = f.StepEnded(
                node=self._id,
                seq=step.seq,
                step=step.kind,
                key=step.key,
                schema_name=step.schema_name,
                outcome="failed",
                error=error,
                gate=step.gate if step.begun >= 0 else None,
            )
            self._ledger.put([*closed([gate] if gate and step.begun < 0 else [], "withdrawn", "its node failed"), shut])
            self._context.engine.world.certain((self._id, step.seq))


def passed_attempts(state: Swarm, node: Node) -> tuple[str, Limits] | None:
    """Whether a node tries more often than it may, and the limits under which it may; None if it does not."""
    if node.attempt <= state.limits.attempts:
        return None
    raised = state.limits.model_copy(update={"attempts": node.attempt})
    return f"attempt {node.attempt} of {state.limits.attempts}", raised


def passed_limits(state: Swarm, node: Node, proposal: Spawn) -> tuple[str, Limits] | None:
    """Which limit a spawn would pass, and the limits under which it would not; None if it passes none."""
    limits, count = state.limits, len(proposal.children)
    total = len(state.nodes) + sum(child.id not in state.nodes for child in proposal.children)
    depth = max((depth_below(node, child) for child in proposal.children), default=0)
    if total > limits.nodes:
        return f"{total} nodes of {limits.nodes}", limits.model_copy(update={"nodes": max(total, limits.nodes * 2)})
    if count > limits.fan_out:
        return f"{count} children at once of {limits.fan_out}", limits.model_copy(update={"fan_out": count})
    if depth > limits.depth:
        return f"depth {depth} of {limits.depth}", limits.model_copy(update={"depth": max(depth, limits.depth * 2)})
    return None


def status_of(state: Swarm, gate: str) -> str:
    """The status of a gate; `open` while it is not on disk yet."""
    found = state.gates.get(gate)
    return found.status if found else "open"
