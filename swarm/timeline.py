"""The states of a run at any of its frames."""

from __future__ import annotations

import asyncio
import gc
from bisect import bisect_right, insort
from collections.abc import Awaitable, Callable, Sequence

from swarm import frames as f
from swarm.bulk import bulk
from swarm.errors import UsageError
from swarm.fold import apply
from swarm.state import Swarm

_MOST = 128
_NEAR = 1024
_FIRST_GAP = 64
_BATCH = 4096

Read = Callable[[int, int], Awaitable[Sequence[f.Frame]]]


class Timeline:
    """Finds the state at a frame by folding from the nearest one before it that is kept.

    At most 128 states are kept, evenly spread over the run, so that neither what they take nor the way from one to the
    next depends on who looked where. They share most of what they hold. The states that were passed on the way to the
    last one are kept as well: from frame to frame nothing is folded.

    Args:
        read: Gives the frames after a number, up to and with another one.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._gap = _FIRST_GAP
        self._frames = [-1]
        self._kept: dict[int, Swarm] = {-1: Swarm()}
        self._near: dict[int, Swarm] = {}

    def note(self, state: Swarm) -> None:
        """Keeps a state, if none is kept that is near before it."""
        before = self._frames[bisect_right(self._frames, state.frame) - 1]
        if state.frame - before < self._gap:
            return
        insort(self._frames, state.frame)
        self._kept[state.frame] = state
        gc.freeze()  # else the collector looks through all that is kept, at a cost that grows with the run
        if len(self._frames) > _MOST:
            self._gap *= 2
            for frame in self._frames[1::2]:
                del self._kept[frame]
            del self._frames[1::2]

    async def at(self, frame: int) -> Swarm:
        """The state at a frame.

        Raises:
            UsageError: If the run has no such frame.
        """
        if frame < 0:
            raise UsageError(f"there is no frame {frame}: the first is 0")
        if found := self._near.get(frame) or self._kept.get(frame):
            return found
        state = self._kept[self._frames[bisect_right(self._frames, frame) - 1]]
        near: dict[int, Swarm] = {}
        while state.frame < frame:
            frames = await self._read(state.frame, min(frame, state.frame + _BATCH))
            if not frames:
                raise UsageError(f"there is no frame {frame}: the last is {state.frame}")
            passed = await asyncio.to_thread(_passed, state, frames)
            for state in passed:
                self.note(state)
            near.update((state.frame, state) for state in passed if state.frame > frame - _NEAR)
        self._near = near
        return state


def _passed(state: Swarm, frames: Sequence[f.Frame]) -> list[Swarm]:
    """The states after each of the frames."""
    with bulk():
        return [state := apply(state, frame) for frame in frames]
