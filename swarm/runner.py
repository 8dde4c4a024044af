"""Operations and who carries them out: at least once, in any order; the history makes doing one twice harmless."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

from swarm import frames as f
from swarm.values import Value


class Operation(Value):
    """Something that a frame asks for: a node to spawn, or one whose end is approved to terminate."""

    kind: Literal["spawn", "terminate"]
    node: str


def work(frame: f.Frame) -> list[Operation]:
    """The operations that follow from a frame; pure."""
    if isinstance(frame, f.NodeSpawned | f.NodeRetried) and frame.node:
        return [Operation(kind="spawn", node=frame.node)]
    if isinstance(frame, f.NodeEnded) and frame.node:
        return [Operation(kind="terminate", node=frame.node)]
    return []


Work = Callable[[str], Awaitable[None]]


class Runner(Protocol):
    """Runs the work of nodes somewhere."""

    def spawn(self, node: str, work: Work) -> None:
        """Begins the work of a node, unless it is under way."""

    def terminate(self, node: str) -> None:
        """Takes back the work of a node, if it is still under way."""

    async def close(self) -> None:
        """Takes back all work, begins none any more, and returns when none is under way."""


class TaskRunner:
    """Runs each node as a task of this process's event loop."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    def spawn(self, node: str, work: Work) -> None:
        """Begins the work of a node, unless it is under way or the runner is closed."""
        if node not in self._tasks and not self._closed:
            task = asyncio.ensure_future(work(node))
            self._tasks[node] = task
            task.add_done_callback(lambda _: self._tasks.pop(node))

    def terminate(self, node: str) -> None:
        """Cancels the node's task."""
        if task := self._tasks.get(node):
            task.cancel()

    async def close(self) -> None:
        """Cancels all tasks and waits for them; no other begins."""
        self._closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
