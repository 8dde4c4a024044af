"""Histories on disk: one journal per run, read by many, written by one. All blocking work is done in threads."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock

from swarm.errors import Damaged, HistoryError
from swarm.store.files import make_folder
from swarm.store.folder import SwarmFolder
from swarm.store.journal import Journal
from swarm.store.layout import Header, Origin
from swarm.store.lock import RunLock
from swarm.store.log import Bell, check_expected
from swarm.store.worker import Worker


class FileLog:
    """A `Log` over the runs of a `.swarm` folder. Runs of other processes can be read and watched while they grow.

    Args:
        folder: Made when the first run is claimed.
        tolerate: Read damaged histories as far as they can be trusted instead of raising `Damaged`; whoever watches
            one hears of the damage after the frames before it.
        poll: Seconds between two looks at a run that another process writes.
    """

    def __init__(self, folder: SwarmFolder, *, tolerate: bool = False, poll: float = 0.2) -> None:
        self._folder = folder
        self._tolerate = tolerate
        self._poll = poll
        self._runs: dict[str, _Run] = {}
        self._bell = Bell()
        self._worker = Worker("history")
        self._closed = False

    async def claim(self, run: str, origin: Origin | None = None) -> int:
        """See `Log.claim`; the claim dies with its process."""
        return await asyncio.to_thread(self._of(run).claim, origin)

    async def header(self, run: str) -> Header | None:
        """See `Log.header`."""
        return await asyncio.to_thread(self._of(run).header)

    async def append(self, run: str, expected: int, frames: Sequence[bytes]) -> int:
        """See `Log.append`."""
        last = await self._worker.do(self._of(run).append, expected, frames)
        self._bell.ring()
        return last

    async def read(self, run: str, after: int = -1, upto: int | None = None) -> list[bytes]:
        """See `Log.read`."""
        return await asyncio.to_thread(self._of(run).read, after, upto)

    async def torn(self, run: str) -> Path | None:
        """Where the end of a write that never finished was put, if claiming the run cut one off."""
        return await asyncio.to_thread(self._of(run).torn)

    async def damage(self, run: str) -> str:
        """What is wrong with a history, in one line; empty if nothing is. Only with `tolerate`: else it is raised."""
        return await asyncio.to_thread(self._of(run).damage)

    async def watch(self, run: str) -> AsyncIterator[int]:
        """See `Log.watch`; a run that is written elsewhere is looked at again and again."""
        seen = -1
        while not self._closed:
            ring = self._bell.next_ring()
            file = self._of(run)
            try:
                last = await asyncio.to_thread(file.last, seen)
            except HistoryError:
                if self._closed:
                    return
                raise
            if last > seen:
                seen = last
                yield last
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(None if file.claimed else self._poll):
                        await ring.wait()

    async def close(self) -> None:
        """See `Log.close`."""
        self._closed = True
        self._bell.ring()
        for run in self._runs.values():
            await asyncio.to_thread(run.close)
        self._worker.close()

    def _of(self, run: str) -> "_Run":
        if self._closed:
            raise HistoryError("this log is closed: open another one")
        if run not in self._runs:
            self._runs[run] = _Run(self._folder, run, self._tolerate)
        return self._runs[run]


class _Run:
    """The journal of one run as this process holds it: not at all, read-only, or claimed. Safe between threads."""

    def __init__(self, folder: SwarmFolder, run: str, tolerate: bool) -> None:
        self._folder = folder
        self._run = run
        self._path = folder.history(run)
        self._tolerate = tolerate
        self._mutex = Lock()
        self._lock = RunLock(folder.run_dir(run))
        self._reader: Journal | None = None
        self._writer: Journal | None = None
        self._closed = False

    @property
    def claimed(self) -> bool:
        return self._writer is not None

    def claim(self, origin: Origin | None) -> int:
        with self._mutex:
            return self._claim(origin).last

    def header(self) -> Header | None:
        with self._mutex:
            journal = self._open()
            return journal.header if journal else None

    def last(self, seen: int) -> int:
        """The last frame; raises `Damaged` if that was seen and no other can ever follow."""
        with self._mutex:
            journal = self._open()
            if journal and journal.damage and journal.last <= seen:
                raise Damaged(journal.damage)
            return journal.last if journal else -1

    def torn(self) -> Path | None:
        return self._writer.torn if self._writer else None

    def damage(self) -> str:
        with self._mutex:
            journal = self._open()
            return (journal.damage if journal else None) or ""

    def append(self, expected: int, frames: Sequence[bytes]) -> int:
        with self._mutex:
            if expected >= 0 and not self._path.exists():
                check_expected(self._run, expected, -1)
            journal = self._claim(None)
            check_expected(self._run, expected, journal.last)
            return journal.append(frames)

    def read(self, after: int, upto: int | None) -> list[bytes]:
        with self._mutex:
            journal = self._open()
            return list(journal.read(after, upto)) if journal else []

    def close(self) -> None:
        with self._mutex:
            self._closed = True
            for journal in (self._reader, self._writer):
                if journal:
                    journal.close()
            self._lock.release()

    def _open(self) -> Journal | None:
        """The journal with all that it holds by now, None if the run has no history."""
        self._check_open()
        if self._writer:
            return self._writer
        if self._reader and self._reader.is_replaced():
            self._reader.close()
            self._reader = None
        if self._reader:
            self._reader.refresh()
        elif self._path.exists():
            self._reader = Journal.open(self._path, write=False, tolerate=self._tolerate)
        return self._reader

    def _claim(self, origin: Origin | None) -> Journal:
        self._check_open()
        if self._writer is None:
            self._folder.ensure()
            make_folder(self._path.parent)
            self._lock.acquire()
            try:
                if self._path.exists():
                    self._writer = Journal.open(self._path, write=True)
                else:
                    self._writer = Journal.create(self._path, Header(run=self._run, origin=origin))
            except BaseException:
                self._lock.release()
                raise
        return self._writer

    def _check_open(self) -> None:
        if self._closed:
            raise HistoryError("this log is closed: open another one")
