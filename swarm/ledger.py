"""The sequencer of a run: numbers frames, folds them, has them written in groups, and tells when they are on disk."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime

from swarm import frames as f
from swarm.errors import HistoryError, SwarmError, WriteFailed, one_line
from swarm.fold import apply
from swarm.state import Swarm
from swarm.store.log import Bell, Log
from swarm.timeline import Timeline

Listener = Callable[[Sequence[f.Frame], Swarm], None]

_Taken = tuple[f.Frame, bytes, Swarm]

_TAIL = 4096
_AHEAD = 64
"""As many frames may wait to be written before those who go on without waiting are held up."""


class Ledger:
    """The one writer of a run's history.

    `head` is the state with every frame that was given a number, `state` the state with those that are on disk. What
    is proposed is judged against `head`, and nodes live there; what leaves the process (a gate that is shown, a call of
    a model, an effect, an acknowledgement) follows from `state`. `timeline` has the states before.

    Args:
        log: Where frames are kept.
        run: Id of the run.
        state: State of the run so far.
        clock: Tells the time, UTC.
    """

    def __init__(
        self, log: Log, run: str, state: Swarm, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.head = self.state = state
        self.error: HistoryError | None = None
        self.timeline = Timeline(self.frames)
        self.timeline.note(state)
        self._log, self._run, self._clock = log, run, clock
        self._pending: list[_Taken] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._writer: asyncio.Task[None] | None = None
        self._listeners: list[Listener] = []
        self._early: list[Listener] = []
        self._tail: deque[f.Frame] = deque(maxlen=_TAIL)
        self._bell = Bell()

    def listen(self, listener: Listener) -> None:
        """Calls `listener` with each group of frames once it is on disk, and the state after it.

        It is called with no frames when nothing more will come: a write has failed, or the ledger was stopped.
        """
        self._listeners.append(listener)

    def listen_early(self, listener: Listener) -> None:
        """Calls `listener` with each group of frames as soon as it has its numbers, and with `head`.

        Whoever it wakes runs before the group is written: what they put at once shares its append.
        """
        self._early.append(listener)

    def put(self, frames: Sequence[f.Frame]) -> asyncio.Future[None]:
        """Numbers frames and queues them for writing, in the order of the calls.

        Returns:
            A future that is done when they are on disk.

        Raises:
            HistoryError: If an earlier write failed, or the ledger was stopped; nothing is taken any more.
            BadText: If a frame cannot be written; none of them was taken.
        """
        if self.error:
            raise self.error
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not frames:
            done.set_result(None)
            return done
        now, head = self._clock(), self.head
        taken: list[_Taken] = []
        for frame in frames:
            numbered = frame.model_copy(update={"frame": head.frame + 1, "at": now})
            head = apply(head, numbered)
            taken.append((numbered, f.encode(numbered), head))
        self.head = head
        self._pending += taken
        self._waiting.append(done)
        for listener in self._early:
            listener([frame for frame, _, _ in taken], head)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return done

    async def append(self, *frames: f.Frame) -> None:
        """Numbers frames and returns when they are on disk."""
        if frames:
            await self.put(frames)

    async def note(self, *frames: f.Frame) -> None:
        """Numbers frames and returns before they are on disk, unless much waits to be written already."""
        written = self.put(frames)
        if len(self._pending) > _AHEAD:
            await written

    async def _write(self) -> None:
        while self._pending:
            await asyncio.sleep(0)  # who was woken by what is pending, and by what that led to, may share the group
            batch, self._pending = self._pending, []
            waiting, self._waiting = self._waiting, []
            frames = [frame for frame, _, _ in batch]
            try:
                await self._log.append(self._run, self.state.frame, [line for _, line, _ in batch])
            except Exception as error:  # whatever it was, nobody knows what the log holds
                broken = WriteFailed(f"run {self._run} cannot be written ({one_line(error)}): open it again")
                self._fail(error if isinstance(error, HistoryError) else broken, [*waiting, *self._waiting])
                break
            self.state = batch[-1][2]
            self.timeline.note(self.state)
            self._tail.extend(frames)
            for done in waiting:
                if not done.done():
                    done.set_result(None)
            self._tell(frames)
        self._writer = None
        if self.error:
            self._tell([])

    def _tell(self, frames: Sequence[f.Frame]) -> None:
        for listener in self._listeners:
            try:
                listener(frames, self.state)
            except Exception as error:  # nobody knows what should have followed
                self.error = self.error or _fault(error)
        self._bell.ring()

    def _fail(self, error: HistoryError, waiting: list[asyncio.Future[None]]) -> None:
        """Stops taking frames: what was acknowledged stays, everyone who waits is told."""
        self.error, self.head, self._pending, self._waiting = error, self.state, [], []
        for done in waiting:
            if not done.done():
                done.set_exception(error)
                done.exception()  # whoever waited may be gone by now

    def stop(self, error: Exception) -> None:
        """Takes no more frames, as the run cannot go on in this process; those that were taken are still written."""
        self.error = self.error or _fault(error)
        if self._writer is None:
            self._tell([])

    async def flush(self) -> None:
        """Returns when all that was put is on disk, or cannot be written."""
        if self._writer:
            await asyncio.shield(self._writer)

    async def synced(self) -> None:
        """Returns when all that was put is on disk.

        Raises:
            HistoryError: If it could not be written, or the ledger was stopped.
        """
        await self.flush()
        if self.error:
            raise self.error

    async def frames(self, after: int = -1, upto: int | None = None) -> list[f.Frame]:
        """Frames with numbers above `after`, up to and with `upto`."""
        last = self.state.frame if upto is None else upto
        if self._tail and self._tail[0].frame <= after + 1:
            first = self._tail[0].frame
            return [self._tail[number - first] for number in range(after + 1, min(last, self.state.frame) + 1)]
        return [f.decode(line) for line in await self._log.read(self._run, after, last)]

    async def frame(self, number: int) -> f.Frame:
        """One frame by its number, once it is on disk."""
        if number > self.state.frame:
            await self.synced()
        return (await self.frames(number - 1, number))[0]

    async def follow(self, since: int = -1) -> AsyncIterator[list[f.Frame]]:
        """Batches of frames after `since`, as they come: a cursor, so nothing is dropped and nobody is slowed.

        Raises:
            HistoryError: After the last of them, if nothing more will come.
        """
        while True:
            ring = self._bell.next_ring()
            if since < self.state.frame:
                batch = await self.frames(since, min(self.state.frame, since + _TAIL))
                since = batch[-1].frame
                yield batch
            elif self.error and self._writer is None:
                raise self.error
            else:
                await ring.wait()


def _fault(error: Exception) -> HistoryError:
    """Why a run cannot go on, for a person."""
    if isinstance(error, HistoryError):
        return error
    if isinstance(error, SwarmError):
        return HistoryError(str(error))
    return HistoryError(f"a fault in the program ({type(error).__name__}: {one_line(error)}): please report it")
