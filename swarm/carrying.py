"""Side effects from their proposal to their result: done at most once, proved or asked about after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

from swarm import frames as f
from swarm.asides import status_of
from swarm.effects import Effect, Mark
from swarm.ending import closed, dependents, stale
from swarm.errors import EditFailed, PathRefused, StepFailed, WorkspaceError, WriteFailed, one_line
from swarm.foresee import Then
from swarm.gating import Make
from swarm.proposals import AnyProposal, InDoubt, Run
from swarm.state import Gate, Step

if TYPE_CHECKING:
    from swarm.context import NodeContext
    from swarm.ledger import Ledger

E = TypeVar("E")


class Carrying:
    """The side effects of one node."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context

    @property
    def _id(self) -> str:
        return self._context.id

    @property
    def _ledger(self) -> Ledger:
        return self._context.engine.ledger

    async def effect(
        self, seq: int, kind: f.StepKind, key: str, make: Make, revision: int, then: Then | None
    ) -> f.StepEnded:
        """A side effect from its proposal to its result; what was begun before is proved or asked about."""
        step = self._context.state.steps.get((self._id, seq))
        if step and step.begun >= 0:
            return await self._recover(step)
        while True:
            try:
                gate = await self._proposed(seq, kind, key, self._as_edited(seq, make), revision, then)
            except (EditFailed, PathRefused) as error:
                return await self._unfit(seq, kind, key, error)
            if (refused := await self._context.gating.refused(gate, seq, kind, key)) is not None:
                return refused
            await self._context.ready()
            if (done := await self._carry_out(seq, kind, key, gate, make)) is not None:
                return done

    def _as_edited(self, seq: int, make: Make) -> Make:
        """Makes the proposal as things are now: that of the action, or what a human made of it."""
        step = self._ledger.head.steps.get((self._id, seq))
        edit = step.edit if step else None
        return make if edit is None else lambda: self._context.engine.world.refreshed(edit)

    async def _proposed(
        self, seq: int, kind: f.StepKind, key: str, make: Make, revision: int, then: Then | None
    ) -> Gate:
        try:
            return await self._context.gating.decided(seq, key, make, revision, then)
        except (EditFailed, PathRefused):
            raise
        except WorkspaceError as error:
            await self._context.fail(seq, kind, key, str(error))
            raise StepFailed(str(error)) from error

    async def _unfit(self, seq: int, kind: f.StepKind, key: str, error: WorkspaceError) -> f.StepEnded:
        """Nobody need be asked about what cannot be done: whoever thought of it is told why, as by a rejection."""
        why = one_line(error)
        frame = f.StepEnded(node=self._id, seq=seq, step=kind, key=key, outcome="rejected", error=why, value={})
        await self._ledger.note(frame)
        return frame

    async def _carry_out(self, seq: int, kind: f.StepKind, key: str, gate: Gate, make: Make) -> f.StepEnded | None:
        """Does what was approved if it still is what would be done, else its gate is stale."""
        world = self._context.engine.world
        async with world.turn(gate.final, (self._id, seq)):
            if not self._context.gating.holds(gate):
                return None
            await self._settle()
            try:
                fresh = await self._as_edited(seq, make)()
            except WriteFailed:
                raise
            except Exception as error:
                return await self._end(seq, kind, key, gate, Effect(error=one_line(error)))
            if fresh is not gate.final and _as_decided(gate, fresh).digest != gate.final.digest:
                await self._ledger.note(*stale(self._ledger.head, gate, "what it touches has changed since"))
                return None
            if world.acts:
                await self._begin(seq, kind, key, gate.id)
            return await self._perform(seq, kind, key, gate)

    async def _settle(self) -> None:
        """Commits what the human changed in the worktree as the human's own."""
        if edited := await self._context.engine.world.settle():
            await self._ledger.append(edited)

    async def _begin(self, seq: int, kind: f.StepKind, key: str, gate: str | None) -> None:
        intent = {"commit": self._context.engine.world.head}
        await self._ledger.append(f.StepBegun(node=self._id, seq=seq, step=kind, key=key, intent=intent, gate=gate))

    async def _perform(self, seq: int, kind: f.StepKind, key: str, gate: Gate) -> f.StepEnded:
        try:
            effect = await _tried(self._context.engine.world.perform(gate.final, self._mark(seq)))
        except asyncio.CancelledError:
            await self._leave(seq, gate)
            raise
        return await self._end(seq, kind, key, gate, effect)

    async def _leave(self, seq: int, gate: Gate) -> None:
        """Commits what a command had changed when its node was stopped: the human did not."""
        if isinstance(gate.final, Run) and self._ledger.head.nodes[self._id].report is not None:
            await _tried(self._context.engine.world.take(gate.final, self._mark(seq)))

    def _mark(self, seq: int) -> Mark:
        state = self._context.state
        return Mark(
            run=state.run, node=self._id, frame=state.steps[self._id, seq].begun, title=state.nodes[self._id].child.name
        )

    async def _end(self, seq: int, kind: f.StepKind, key: str, gate: Gate, effect: Effect) -> f.StepEnded:
        frame = f.StepEnded(
            node=self._id,
            seq=seq,
            step=kind,
            key=key,
            outcome="failed" if effect.error else "ok",
            value=effect.value,
            error=effect.error,
            commit=effect.commit,
            gate=gate.id,
        )
        gone = dependents(self._ledger.head, gate) if effect.error else []
        await self._ledger.note(frame, *closed(gone, "stale", "what it would follow from failed"))
        if effect.error:
            raise StepFailed(effect.error)
        return frame

    async def _recover(self, step: Step) -> f.StepEnded:
        """An effect that began and whose result is not on record: proved where possible, else asked about.

        Nobody holds the turn while the human is asked: another effect may be in doubt as well.
        """
        world, gate, owner = self._context.engine.world, self._context.state.gates[str(step.gate)], (self._id, step.seq)
        async with world.turn(gate.final, owner):
            await self._ledger.synced()
            effect = await _tried(world.prove(gate.final, self._mark(step.seq)))
            if effect is not None:
                return await self._known(step, gate, effect)
        choice = await self._asked_in_doubt(step, gate)
        async with world.turn(gate.final, owner):
            await self._ledger.synced()
            return await self._known(step, gate, await _tried(self._as_chosen(step, gate, choice)))

    async def _known(self, step: Step, gate: Gate, effect: Effect) -> f.StepEnded:
        self._context.engine.world.certain((self._id, step.seq))
        return await self._end(step.seq, step.kind, step.key, gate, effect)

    async def _as_chosen(self, step: Step, gate: Gate, choice: str) -> Effect:
        """What came of an effect in doubt, as the human decided: by doing it again, or as it was found."""
        world = self._context.engine.world
        if choice == "again":
            begun = await self._ledger.frame(step.begun)
            assert isinstance(begun, f.StepBegun)
            await world.restore(str(begun.intent["commit"]))
            await self._begin(step.seq, step.kind, step.key, gate.id)
            return await world.perform(gate.final, self._mark(step.seq))
        effect = await world.take(gate.final, self._mark(step.seq))
        error = "" if choice == "done" else "taken as failed after it was in doubt"
        return effect.model_copy(update={"error": error})

    async def _asked_in_doubt(self, step: Step, gate: Gate) -> str:
        """The human's choice about an effect in doubt: one that is newer than its last intent, or a new one."""
        name = self._doubt(step)
        if name is None:
            changed = tuple(await self._context.engine.world.dirty())
            what = f"{gate.kind} {step.key}".strip()
            name = self._context.asides.open(step.seq, InDoubt(what=what, step=step.seq, changed=changed))
        asked = name
        await self._context.until(lambda state: True if status_of(state, asked) == "applied" else None)
        decision = self._context.state.gates[asked].decision
        return decision.choice if decision else "fail"

    def _doubt(self, step: Step) -> str | None:
        gates = (gate for gate in self._ledger.head.gates.values() if isinstance(gate.proposal, InDoubt))
        own = (gate for gate in gates if (gate.node, gate.seq) == (step.node, step.seq))
        last = max(own, key=lambda gate: int(gate.id), default=None)
        if last is None:
            return None
        fresh = last.status == "open" or (last.decision is not None and last.decision.frame > step.begun)
        return last.id if fresh else None


def _as_decided(gate: Gate, fresh: AnyProposal) -> AnyProposal:
    """An effect as things are now, to be compared with the decision: a human's command may name other files."""
    decided = gate.final
    if decided is gate.proposal or not isinstance(decided, Run) or not isinstance(fresh, Run):
        return fresh
    inputs = {path: fresh.inputs.get(path, seen) for path, seen in decided.inputs.items()}
    return fresh.model_copy(update={"inputs": inputs})


async def _tried(doing: Awaitable[E]) -> E | Effect:
    """What came of an effect; whatever went wrong is its outcome, so that the step has one.

    Raises:
        WriteFailed: If the disk failed: what came of the effect shows when the run is taken up again.
    """
    try:
        return await doing
    except WriteFailed:
        raise
    except Exception as error:
        return Effect(error=one_line(error))
