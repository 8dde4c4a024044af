"""The seam for histories: what every place that keeps them promises, and one that keeps them in memory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from swarm.errors import Conflict, HistoryError
from swarm.store.folder import check_run_id
from swarm.store.layout import Header, Origin, check_frame


class Log(Protocol):
    """Histories of runs. Frames are opaque, one line of JSON each, numbered from 0 without gaps per run.

    A run that nobody has written to has no frames; to read it is no error. Every method raises `UsageError` for what
    cannot be a run id, and `HistoryError` once the log is closed.
    """

    async def claim(self, run: str, origin: Origin | None = None) -> int:
        """Become the one writer of a run until the log is closed, and return the number of its last frame.

        A run without a history is begun; its header then names `origin`. To claim a run again does nothing.

        Raises:
            Locked: Another log writes it.
            Damaged: Its history can only be read.
        """

    async def header(self, run: str) -> Header | None:
        """Return what the history says about itself, None if there is none."""

    async def append(self, run: str, expected: int, frames: Sequence[bytes]) -> int:
        """Write frames after frame `expected` (-1: at the beginning), safe when this returns; claims the run.

        When the call is cancelled the frames may be written all the same.

        Returns:
            The number of the last frame.

        Raises:
            Conflict: `expected` is not the last frame; nothing was written.
            WriteFailed: Nothing was written, and nothing will be until the run is opened in a new log.
            ValueError: A frame is empty or is more than one line.
        """

    async def read(self, run: str, after: int = -1, upto: int | None = None) -> list[bytes]:
        """Return the frames with `after < n <= upto`, None standing for the last one."""

    def watch(self, run: str) -> AsyncIterator[int]:
        """Yield the number of the last frame whenever it has grown, beginning with the frames that are there.

        Only a hint: several appends may come as one. It ends when the log is closed.
        """

    async def close(self) -> None:
        """Wait for what is being written, then give back all claims."""


class Bell:
    """Wakes every waiter each time it rings."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def next_ring(self) -> asyncio.Event:
        """An event that is set at the next ring: take it first, look at the state next, then wait."""
        return self._event

    def ring(self) -> None:
        """Wake all who wait for the next ring."""
        self._event.set()
        self._event = asyncio.Event()


def check_expected(run: str, expected: int, last: int) -> None:
    """Raise `Conflict` unless a writer that saw frame `expected` last has seen everything."""
    if expected != last:
        raise Conflict(f"{run}: frame {last} is the last one, not {expected}; read the run again")


class MemoryLog:
    """A `Log` that lasts as long as its process."""

    def __init__(self) -> None:
        self._headers: dict[str, Header] = {}
        self._frames: dict[str, list[bytes]] = {}
        self._bell = Bell()
        self._closed = False

    async def claim(self, run: str, origin: Origin | None = None) -> int:
        """See `Log.claim`; nobody else can write here."""
        return len(self._begin(run, origin)) - 1

    async def header(self, run: str) -> Header | None:
        """See `Log.header`."""
        self._of(run)
        return self._headers.get(run)

    async def append(self, run: str, expected: int, frames: Sequence[bytes]) -> int:
        """See `Log.append`."""
        check_expected(run, expected, len(self._of(run)) - 1)
        for frame in frames:
            check_frame(frame)
        written = self._begin(run, None)
        written.extend(frames)
        self._bell.ring()
        return len(written) - 1

    async def read(self, run: str, after: int = -1, upto: int | None = None) -> list[bytes]:
        """See `Log.read`."""
        return self._of(run)[max(after, -1) + 1 : None if upto is None else max(upto, -1) + 1]

    async def watch(self, run: str) -> AsyncIterator[int]:
        """See `Log.watch`."""
        seen = -1
        while not self._closed:
            ring = self._bell.next_ring()
            last = len(self._of(run)) - 1
            if last > seen:
                seen = last
                yield last
            else:
                await ring.wait()

    async def close(self) -> None:
        """See `Log.close`."""
        self._closed = True
        self._bell.ring()

    def _of(self, run: str) -> list[bytes]:
        if self._closed:
            raise HistoryError("this log is closed: open another one")
        return self._frames.get(check_run_id(run), [])

    def _begin(self, run: str, origin: Origin | None) -> list[bytes]:
        frames = self._of(run)
        self._headers.setdefault(run, Header(run=run, origin=origin))
        return self._frames.setdefault(run, frames)
