"""The ground under a node's steps: their numbers, what is on record of them, sleeping until something changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from swarm import frames as f
from swarm.errors import ReplayMismatch, StepError, StepFailed
from swarm.state import Node, Step, Swarm

if TYPE_CHECKING:
    from swarm.engine import Engine

V = TypeVar("V")


class Steps:
    """One run of a node's action, from its first step on.

    Attributes:
        id: Of the node.
        engine: That drives it.
    """

    def __init__(self, engine: Engine, node_id: str) -> None:
        self.id = node_id
        self.engine = engine
        self._seq = 0
        self._pending = 0
        self._together = False
        self._changed = asyncio.Event()

    @property
    def state(self) -> Swarm:
        """The run with all that was given a number: a node goes on at once, and waits for the disk before it acts."""
        return self.engine.ledger.head

    @property
    def node(self) -> Node:
        """The node as it is in `state`."""
        return self.state.nodes[self.id]

    @property
    def position(self) -> str:
        """Place of the present step in the tree; see `Swarm.position`."""
        return self.state.position(self.id, self._seq)

    def poke(self) -> None:
        """Tells the node that something about it changed."""
        self._changed.set()

    async def until(self, found: Callable[[Swarm], V | None]) -> V:
        """Sleeps until `found` gives something; it is asked again whenever something about the node changed."""
        while (value := found(self.state)) is None:
            self.engine.caught_up(self.id)
            self._changed.clear()
            await self._changed.wait()
        return value

    async def ready(self) -> None:
        """Sleeps while the node, one above it or the run is paused."""
        await self.until(lambda state: True if not state.is_paused(self.id) else None)

    async def together(self, *steps: Awaitable[V]) -> list[V]:
        """Takes several steps at once; they are numbered in the order given.

        Raises:
            StepFailed: If one of them failed, once none is under way any more.
        """
        self._together = True
        try:
            results = await asyncio.gather(*steps, return_exceptions=True)
        finally:
            self._together = False
        if errors := [result for result in results if isinstance(result, BaseException)]:
            raise errors[0]
        return [result for result in results if not isinstance(result, BaseException)]

    def next(self, kind: f.StepKind, key: str, schema: str = "") -> tuple[int, Step | None]:
        """The number of the next step, and what is on record of it.

        Raises:
            StepError: If another step of the node is pending.
            ReplayMismatch: If the history holds another step of this number.
        """
        if self._pending and not self._together:
            raise StepError(f"node {self.id} began a {kind} step while another was pending: use together()")
        self._seq += 1
        step = self.state.steps.get((self.id, self._seq))
        if step and (step.kind, step.key, step.schema_name) != (kind, key, schema):
            now, then = f"{kind}:{key or schema}", f"{step.kind}:{step.key or step.schema_name}"
            what = f"step {self._seq} was {then} and would now be {now}{self._newer()}"
            raise ReplayMismatch(f"{what}: retry starts the node anew")
        if step is None or not step.finished:
            self.engine.caught_up(self.id)
        return self._seq, step

    def _newer(self) -> str:
        """That the action is another version than the one that the node began with, if it is."""
        node, now = self.node, self.engine.space.find(self.node.action).version
        return "" if now == node.version else f" ({node.action} was version {node.version} and is {now})"

    @asynccontextmanager
    async def pending(self, *, begun: bool = False) -> AsyncIterator[None]:
        """Holds a step that is under way; one that has not begun waits first while the node is paused."""
        self._pending += 1
        try:
            if not begun:
                await self.ready()
            yield
        finally:
            self._pending -= 1

    async def recorded(self, step: Step) -> f.StepEnded:
        """The result of a step that has ended.

        Raises:
            StepFailed: If it failed.
        """
        frame = await self.engine.ledger.frame(step.ended)
        assert isinstance(frame, f.StepEnded)
        if step.outcome == "failed":
            raise StepFailed(frame.error)
        if frame.outcome == "failed":  # taken as rejected, by a human who may well propose the same
            return frame.model_copy(update={"outcome": step.outcome, "gate": None})
        return frame

    async def fail(self, seq: int, kind: f.StepKind, key: str, error: str, schema: str = "") -> None:
        """Records that a step failed."""
        await self.engine.ledger.note(
            f.StepEnded(node=self.id, seq=seq, step=kind, key=key, schema_name=schema, outcome="failed", error=error)
        )
