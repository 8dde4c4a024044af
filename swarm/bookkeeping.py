"""What is noted about a run while it is driven: its checkpoint and its row in the catalogue."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from swarm import frames as f
from swarm.catalogue import mark, row_of
from swarm.checkpoint import Checkpoint
from swarm.errors import HistoryError
from swarm.home import WORTH, Home
from swarm.state import Swarm
from swarm.store.log import Log


class Bookkeeper:
    """Keeps a run's checkpoint: when it has twice as many frames as the last one had, and at the end.

    So what all checkpoints cost together is in proportion to the frames. None of it is needed to go on: where it cannot
    be written, the history is folded from the start.

    Args:
        home: Of the run.
        log: Its history.
        state: The run as it was opened.
    """

    def __init__(self, home: Home, log: Log, state: Swarm) -> None:
        self._home, self._log, self._run = home, log, state.run
        self._checkpoint = Checkpoint(home.folder.checkpoint(state.run))
        self._saved = self._opened = state.frame
        self._task: asyncio.Task[None] | None = None

    def on_frames(self, frames: Sequence[f.Frame], state: Swarm) -> None:
        """Notes, beside the run, where a checkpoint is due."""
        if frames and state.frame >= max(2 * self._saved, WORTH) and self._task is None:
            self._saved = state.frame
            self._task = asyncio.create_task(self._save(state))

    async def close(self, state: Swarm) -> None:
        """Notes how the run was left."""
        if self._task:
            await self._task
        if state.frame > self._opened:
            await self._save(state)
            await asyncio.to_thread(self._list, state)

    async def _save(self, state: Swarm) -> None:
        if state.frame >= WORTH:
            with suppress(HistoryError):
                (line,) = await self._log.read(self._run, state.frame - 1, state.frame)
                await asyncio.to_thread(self._checkpoint.save, state, line)
        self._task = None

    def _list(self, state: Swarm) -> None:
        self._home.catalogue.keep(row_of(self._run, state), mark(self._home.folder.history(self._run)))
