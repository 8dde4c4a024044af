"""The lifecycle of a run: spawns, runs and terminates nodes as its history says; commands in, frames out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Self

from swarm import frames as f
from swarm.actions.base import Space
from swarm.calls import Calls
from swarm.commands import Command, OfferMerge
from swarm.context import NodeContext
from swarm.decide import decide
from swarm.errors import SwarmError, WriteFailed, one_line
from swarm.fold import fold
from swarm.ledger import Ledger
from swarm.mending import mended
from swarm.models.base import Model
from swarm.models.registry import Models
from swarm.network import asked
from swarm.offer import MergeOffer
from swarm.proposals import EFFECTS, Merge, Network
from swarm.runner import Runner, TaskRunner, work
from swarm.session import Copy
from swarm.spaces.memory import Memory
from swarm.state import Node, Swarm
from swarm.world import World


class Engine:
    """One run, driven by this process; a `Session` for whoever watches and decides.

    Args:
        ledger: The run's history; its first frame must be there.
        space: The actions that nodes may take.
        models: Finds models by name.
        world: The worktree, the sandbox and whatever else effects touch.
        memory: What the workspace knows beyond this run.
        runner: Where nodes run; in this process if None.

    Use as an async context manager: entering starts or resumes all nodes that have not ended, leaving stops them where
    they are; everything that was acknowledged is on disk.
    """

    def __init__(
        self,
        ledger: Ledger,
        space: Space,
        models: Models,
        world: World,
        memory: Memory,
        runner: Runner | None = None,
    ) -> None:
        self.ledger, self.space, self.models, self.world, self.memory = ledger, space, models, world, memory
        self.calls = Calls(models)
        self.contexts: dict[str, NodeContext] = {}
        self._runner: Runner = runner or TaskRunner()
        self._moved = asyncio.Event()
        self._aside: set[asyncio.Task[None]] = set()
        self._behind: set[str] = set()
        self._offer = MergeOffer(ledger, world)
        ledger.listen_early(self._wake)
        ledger.listen(self._on_frames)

    # The session

    @property
    def state(self) -> Swarm:
        """The state on disk."""
        return self.ledger.state

    @property
    def copy(self) -> Copy:
        """The files of the run at its commits."""
        return self.world.copy

    def follow(self, since: int = -1) -> AsyncIterator[list[f.Frame]]:
        """Batches of frames after `since`, as they come; raises `HistoryError` where the run cannot go on."""
        return self.ledger.follow(since)

    @property
    def problem(self) -> str:
        """Why the run cannot go on in this process; empty while it can."""
        return str(self.ledger.error or "")

    async def do(self, command: Command) -> None:
        """Carries out a command; returns when it is on disk.

        Raises:
            Refused: If it does not fit the state; nothing was written.
        """
        if isinstance(command, OfferMerge):
            await self._offer.on_demand(command)
        elif frames := decide(self.ledger.head, command):
            await self.put(frames)
        else:
            await self.ledger.synced()

    def put(self, frames: Sequence[f.Frame]) -> asyncio.Future[None]:
        """Queues frames for writing, and at once takes back the work of the nodes that they stop.

        Returns:
            A future that is done when they are on disk.
        """
        written = self.ledger.put(frames)
        for frame in frames:
            if isinstance(frame, f.NodeEnded) and frame.node and frame.report.outcome == "stopped":
                self._runner.terminate(frame.node)
                for step in self.ledger.head.pending(frame.node):
                    self.world.certain((frame.node, step.seq))
        return written

    def live(self, node: str) -> str:
        """What the node's model has streamed of its present answer."""
        return self.calls.text(node)

    async def frames(self, after: int = -1, upto: int | None = None) -> list[f.Frame]:
        """Recorded frames with numbers above `after`, up to and with `upto`."""
        return await self.ledger.frames(after, upto)

    async def at(self, frame: int) -> Swarm:
        """The state at a frame."""
        return await self.ledger.timeline.at(frame)

    async def patch(self, before: str, after: str, path: str | None = None) -> str:
        """The unified diff between two commits of the run's branch."""
        return await self.world.patch(before, after, path)

    # Starting and stopping

    async def __aenter__(self) -> Self:
        """Starts what has not ended."""
        found, mends = self.ledger.state, mended(self.ledger.state)
        going = fold(mends, found)
        live = [node.id for node in going.nodes.values() if node.report is None and not going.ended]
        steps = [step for node in live for step in going.pending(node)]
        self.world.doubt((step.node, step.seq) for step in steps if step.kind in EFFECTS and step.begun >= 0)
        self._behind = {node for node in live if going.nodes[node].started}  # both before a frame sets a node going
        opened = f.RunOpened(tier=self.world.tier, commit=self.world.head)
        await self.ledger.append(*mends, opened, *asked(going, self.models.found))
        for node in live:
            self._runner.spawn(node, self._work)
        if found.ended:
            self._beside(self._offer.after_end())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stops all nodes where they are and waits until all that was put is on disk."""
        await self._runner.close()
        for task in self._aside:
            task.cancel()
        await asyncio.gather(*self._aside, return_exceptions=True)
        await self.ledger.flush()

    async def settled(self) -> Swarm:
        """Returns when the run has ended, or nothing in it can go on without a human.

        Raises:
            HistoryError: If the history could not be written, or the program itself is at fault.
        """
        while True:
            self._moved.clear()
            state = self.ledger.state
            if self.ledger.error:
                raise self.ledger.error
            at_rest = self.ledger.head.frame == state.frame and not self._aside and not self._behind
            if at_rest and (state.ended or state.idle):
                return state
            await self._moved.wait()

    # Nodes

    async def _work(self, node_id: str) -> None:
        """A node's work in this process; a full disk or a fault of the engine ends all work, so that nothing hangs."""
        try:
            await self._drive(node_id)
        except Exception as error:
            self.ledger.stop(error)
        finally:
            self.contexts.pop(node_id, None)
            self.calls.forget(node_id)
            self._behind.discard(node_id)
            self._moved.set()

    def caught_up(self, node: str) -> None:
        """A node is where its history ends: its action makes the steps on record, or its failure says otherwise."""
        if node in self._behind:
            self._behind.discard(node)
            self._moved.set()

    async def _drive(self, node_id: str) -> None:
        """Runs a node's action, attempt after attempt, until the node has ended."""
        while (node := self.ledger.head.nodes[node_id]).report is None:
            context = self.contexts[node_id] = NodeContext(self, node_id)
            try:
                await self._attempt(context, node)
            except SwarmError as error:
                if self.ledger.error:
                    return
                if isinstance(error, WriteFailed):  # no failure of the node: the same step goes on at the next resume
                    raise
                await context.asides.failed(str(error), error)
            except Exception as error:  # an action is code of many hands: whatever it raises is its node's failure
                if self.ledger.error:
                    return
                await context.asides.failed(f"{node.action} raised {type(error).__name__}: {one_line(error)}", error)

    async def _attempt(self, context: NodeContext, node: Node) -> None:
        if await context.asides.was_failing():
            return
        await context.asides.may_think()
        action = self.space.find(node.action)
        await context.asides.may_start()
        if not node.started:
            await context.ready()
            await self.ledger.note(
                f.NodeStarted(node=node.id, action=action.name, version=action.version, attempt=node.attempt)
            )
        report = await action.run(context)
        await context.terminate(report, action.revise)

    # Models

    def model_of(self, node: Node) -> Model | None:
        """The model that answers for a node; None where the human does."""
        return None if node.model == "human" else self.models.find(node.model)

    def thinker(self, node: Node) -> str:
        """Who can take free words: the node's own model (empty), or the human where the model goes by rules."""
        return "human" if node.model.partition(":")[0] in ("plan", "replay") else ""

    # What frames cause

    def _wake(self, frames: Sequence[f.Frame], head: Swarm) -> None:
        """Tells nodes of what concerns them before it is on disk: they go on up to their next act, which waits for it.

        A parent is told of the end of a child if it was the last one.
        """
        for frame in frames:
            node = frame.node
            if _concerns_all(frame, head):
                for context in self.contexts.values():
                    context.poke()
            elif node in self.contexts:
                self.contexts[node].poke()
            if node and isinstance(frame, f.NodeEnded):
                parent, seq, _ = head.nodes[node].origin
                step = head.steps.get((parent or "", seq))
                if parent in self.contexts and step and not step.remaining:
                    self.contexts[parent].poke()

    def _on_frames(self, frames: Sequence[f.Frame], state: Swarm) -> None:
        for frame in frames:
            self._dispatch(frame, state)
        self._moved.set()

    def _dispatch(self, frame: f.Frame, state: Swarm) -> None:
        for operation in work(frame):
            if operation.kind == "terminate":
                self.caught_up(operation.node)  # its own work may have ended before it had begun
            elif not state.ended:
                self._runner.spawn(operation.node, self._work)
        if isinstance(frame, f.RunEnded):
            self._beside(self._offer.after_end())
        elif isinstance(frame, f.GateDecided) and isinstance(state.gates[frame.gate].proposal, Merge):
            self._beside(self._offer.carry_out(frame.gate))

    def _beside(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)  # type: ignore[arg-type]
        self._aside.add(task)
        task.add_done_callback(self._beside_done)

    def _beside_done(self, task: asyncio.Task[None]) -> None:
        self._aside.discard(task)
        self._moved.set()
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self.ledger.stop(error)


def _concerns_all(frame: f.Frame, head: Swarm) -> bool:
    """Whether a frame may set any node going."""
    if isinstance(frame, f.GateDecided):
        return isinstance(head.gates[frame.gate].proposal, Network)
    return isinstance(frame, f.Continued | f.LimitsRaised)
