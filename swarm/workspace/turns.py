"""Whose turn it is to touch the worktree."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from swarm.store.log import Bell
from swarm.world import Owner


class Turns:
    """One writer at a time, or any number of readers; nobody else while an effect is in doubt."""

    def __init__(self) -> None:
        self._bell = Bell()
        self._readers = 0
        self._writing = False
        self._doubts: set[Owner] = set()

    def doubt(self, owners: Iterable[Owner]) -> None:
        """Names effects whose outcome is not known; only their owners get a turn until it is."""
        self._doubts.update(owners)

    def certain(self, owner: Owner) -> None:
        """The outcome of an owner's effect is known."""
        self._doubts.discard(owner)
        self._bell.ring()

    @asynccontextmanager
    async def take(self, owner: Owner, *, shared: bool) -> AsyncIterator[None]:
        """Waits for the turn and holds it; `shared` with others that share."""
        while not self._free(owner, shared):
            await self._bell.next_ring().wait()
        self._readers, self._writing = self._readers + shared, not shared
        try:
            yield
        finally:
            self._readers, self._writing = self._readers - shared, self._writing and shared
            self._bell.ring()

    def _free(self, owner: Owner, shared: bool) -> bool:
        if self._writing or (self._doubts and owner not in self._doubts):
            return False
        return shared or not self._readers
