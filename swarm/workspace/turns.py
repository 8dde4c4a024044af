"""Whose turn it is to touch the worktree."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

Owner = tuple[str, int]


class Turns:
    """One writer at a time, or any number of readers; nobody else while an effect is in doubt."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._readers = 0
        self._writing = False
        self._doubts: set[Owner] = set()

    def doubt(self, owners: Iterable[Owner]) -> None:
        """Names effects whose outcome is not known; only their owners get a turn until it is."""
        self._doubts.update(owners)

    def certain(self, owner: Owner) -> None:
        """The outcome of an owner's effect is known."""
        self._doubts.discard(owner)

    @asynccontextmanager
    async def take(self, owner: Owner, *, shared: bool) -> AsyncIterator[None]:
        """Waits for the turn and holds it; `shared` with others that share."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._free(owner, shared))
            self._readers, self._writing = self._readers + shared, not shared
        try:
            yield
        finally:
            async with self._changed:
                self._readers, self._writing = self._readers - shared, self._writing and shared
                self._changed.notify_all()

    def _free(self, owner: Owner, shared: bool) -> bool:
        if self._writing or (self._doubts and owner not in self._doubts):
            return False
        return shared or not self._readers
