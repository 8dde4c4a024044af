"""The offer to merge the run's branch into the human's: after the end, and never in the way of it."""

from __future__ import annotations

from contextlib import suppress

from swarm import frames as f
from swarm.commands import OfferMerge
from swarm.errors import Refused, WorkspaceError
from swarm.ledger import Ledger
from swarm.proposals import Merge
from swarm.state import Gate, Swarm
from swarm.world import World


class MergeOffer:
    """The merge gates of one run; one that is done offers by itself, any other that has ended on demand.

    Args:
        ledger: The run's history.
        world: That knows what a merge would do, and does it.
    """

    def __init__(self, ledger: Ledger, world: World) -> None:
        self._ledger, self._world = ledger, world

    async def after_end(self) -> None:
        """Offers what a run that is done holds, or carries out what was decided when nobody was there to do it."""
        state = self._ledger.state
        gates = _merges(state)
        if decided := [gate for gate in gates if gate.status == "decided"]:
            await self.carry_out(decided[-1].id)
        elif state.ended == "done" and all(gate.status == "stale" for gate in gates):
            await self._open_if_possible()

    async def on_demand(self, command: OfferMerge) -> None:
        """Offers what the branch of a run holds, however it ended; returns when the gate is on disk.

        Raises:
            Refused: If the run has not ended, or there is nothing to merge.
        """
        state = self._ledger.head
        if not state.ended:
            raise Refused(f"run {state.run} is {state.status}: it can be merged once it has ended")
        if command.id in state.commands or _waits(state):
            await self._ledger.synced()
        elif not await self._open(command.id):
            raise Refused(f"run {state.run} has nothing to merge: all of {state.branch} is in your branch")

    async def _open_if_possible(self) -> None:
        """Offers by itself; where that fails, as the branch is gone, it can still be asked for, and then says why."""
        with suppress(WorkspaceError):
            await self._open(None)

    async def _open(self, command: str | None) -> bool:
        """Opens the gate, if there is anything to merge; one at a time."""
        offer = await self._world.merge_offer()
        if offer is None or self._ledger.error:
            return False
        head = self._ledger.head
        if _waits(head):  # somebody else asked for it meanwhile
            await self._ledger.synced()
            return True
        opened = f.GateOpened(
            node=head.root, gate=str(head.next_gate), seq=0, proposal=offer, digest=offer.digest, command=command
        )
        await self._ledger.append(opened)
        return True

    async def carry_out(self, gate_id: str) -> None:
        """Merges as decided; where that is not possible, nothing is changed, the gate says why, and another opens."""
        gate = self._ledger.state.gates[gate_id]
        if gate.decision is None or gate.decision.verb != "approve" or gate.status == "applied":
            return
        assert isinstance(gate.proposal, Merge)
        try:
            commit = await self._world.merge(gate.proposal)
        except WorkspaceError as error:
            await self._ledger.append(f.GateClosed(node=gate.node, gate=gate.id, status="stale", why=str(error)))
            await self._open_if_possible()
            return
        await self._ledger.append(f.RunMerged(gate=gate.id, commit=commit, into=gate.proposal.into))


def _waits(state: Swarm) -> bool:
    return any(gate.status in ("open", "decided") for gate in _merges(state))


def _merges(state: Swarm) -> list[Gate]:
    return [gate for gate in state.gates.values() if isinstance(gate.proposal, Merge)]
