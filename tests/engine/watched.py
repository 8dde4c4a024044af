"""Work of nodes for the tests of runners."""

import asyncio
from collections.abc import Callable

PATIENCE = 10.0
"""Seconds after which work that does not begin or end counts as hanging."""


class Watched:
    """Work that waits until it is released, and notes what becomes of it."""

    def __init__(self) -> None:
        self.now: set[str] = set()
        self.begun: list[str] = []
        self.ended: list[str] = []
        self._free: dict[str, asyncio.Event] = {}
        self._moved = asyncio.Event()

    async def __call__(self, node: str) -> None:
        assert node not in self.now, "work of one node twice at the same time"
        self.now.add(node)
        self._note(self.begun, node)
        try:
            await self.gate(node).wait()
        finally:
            await self._end(node)

    async def _end(self, node: str) -> None:
        try:
            for _ in range(3):  # what a step has begun takes some time to end
                await asyncio.sleep(0)
        finally:
            self.now.remove(node)
            self._note(self.ended, node)

    def gate(self, node: str) -> asyncio.Event:
        return self._free.setdefault(node, asyncio.Event())

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not happened():
                self._moved.clear()
                await self._moved.wait()

    def _note(self, notes: list[str], node: str) -> None:
        notes.append(node)
        self._moved.set()
