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
    """Runs the work of nodes somewhere, that of one node never twice at the same time.

    Work that raises is over, and whoever looks after the runner is told; the other nodes go on.
    """

    def spawn(self, node: str, work: Work) -> None:
        """Has the work of a node begin soon, never within this call, unless the runner is closed.

        Where it is under way it begins once more afterwards: it may have taken its last look at the history already.
        """

    def terminate(self, node: str) -> None:
        """Takes back the work of a node, as far as it was spawned by now."""

    async def close(self) -> None:
        """Takes back all work, begins none any more, and returns when none is under way."""


class TaskRunner:
    """Runs each node as a task of this process's event loop, whose exception handler hears of work that raises."""

    def __init__(self) -> None:
        self._due: dict[str, Work] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    def spawn(self, node: str, work: Work) -> None:
        """See `Runner.spawn`; further calls before the work begins change nothing."""
        if self._closed:
            return
        self._due[node] = work
        if node not in self._tasks:
            self._begin(node)

    def terminate(self, node: str) -> None:
        """Cancels the node's task, if there is one."""
        self._due.pop(node, None)
        if task := self._tasks.get(node):
            task.cancel()

    async def close(self) -> None:
        """Cancels all tasks and waits for them; no other begins."""
        self._closed = True
        self._due.clear()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, node: str) -> None:
        task = self._tasks[node] = asyncio.create_task(self._run(node), name=f"node {node}")
        task.add_done_callback(lambda _: self._over(node, task))

    async def _run(self, node: str) -> None:
        await self._due.pop(node)(node)

    def _over(self, node: str, task: asyncio.Task[None]) -> None:
        del self._tasks[node]
        if not task.cancelled() and (error := task.exception()):
            told = {"message": f"the work of node {node} failed", "exception": error, "task": task}
            task.get_loop().call_exception_handler(told)
        if node in self._due:
            self._begin(node)
