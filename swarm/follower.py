"""A run that another process drives, or whose history is damaged: seen as far as it goes, never written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Self

from swarm import frames as f
from swarm.bulk import bulk
from swarm.commands import Command
from swarm.errors import Damaged, SwarmError
from swarm.fold import apply
from swarm.history import decoded
from swarm.home import Home
from swarm.runs import command
from swarm.state import Swarm
from swarm.store.filelog import FileLog
from swarm.timeline import Timeline
from swarm.workspace import changes
from swarm.workspace.copies import GitCopy

_BATCH = 4096


class Follower:
    """A `Session` that writes nothing itself: commands go to the process that drives the run.

    Of a damaged history it shows what comes before the damage, and takes no commands then.

    Args:
        home: Of the run.
        run: Its id.

    Attributes:
        copy: The files of the run at its commits.

    Use as an async context manager; leaving ends all iterators that `follow` gave.
    """

    def __init__(self, home: Home, run: str) -> None:
        self._home, self._run = home, run
        self.copy = GitCopy(home.repository.git)
        self._log = FileLog(home.folder, tolerate=True)
        self._state = Swarm()
        self._timeline = Timeline(self.frames)
        self._grown = asyncio.Condition()
        self._reader: asyncio.Task[None] | None = None
        self._over = False
        self._error: SwarmError | None = None

    @property
    def state(self) -> Swarm:
        """The state at the last frame that was seen."""
        return self._state

    @property
    def problem(self) -> str:
        """Why nothing more will be seen; empty while that is not so."""
        return str(self._error or "")

    async def __aenter__(self) -> Self:
        """Reads what is there.

        Raises:
            HistoryError: If nothing of the history can be read.
        """
        await self._take_in(await self._log.read(self._run))
        if damage := await self._log.damage(self._run):
            self._error = Damaged(damage)
        if self._error and self._state.frame < 0:
            await self._log.close()
            raise self._error
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stops reading."""
        self._over = True
        await self._log.close()
        if self._reader:
            await self._reader

    async def _read(self) -> None:
        try:
            async for last in self._log.watch(self._run):
                await self._take_in(await self._log.read(self._run, self._state.frame, last))
                if self._error:
                    return
        except SwarmError as error:
            self._error = self._error if self._over else error
        finally:
            self._over = True
            async with self._grown:
                self._grown.notify_all()

    async def _take_in(self, lines: list[bytes]) -> None:
        async with self._grown:
            with bulk():
                self._fold(lines)
            self._timeline.note(self._state)
            self._grown.notify_all()

    def _fold(self, lines: list[bytes]) -> None:
        """Takes in the frames of some lines, up to one that cannot be read or does not follow from the others."""
        try:
            for frame in decoded(lines, self._state.frame + 1, f"run {self._run}"):
                self._state = apply(self._state, frame)
        except Damaged as error:
            self._error = error

    async def follow(self, since: int = -1) -> AsyncIterator[list[f.Frame]]:
        """Batches of frames after `since`, as they come.

        Raises:
            HistoryError: If the history cannot be read any further.
        """
        while True:
            async with self._grown:
                while self._state.frame <= since and not self._over:
                    await self._grown.wait()
            if self._over and (self._error is None or self._state.frame <= since):
                if self._error:
                    raise self._error
                return
            batch = await self.frames(since, min(self._state.frame, since + _BATCH))
            since = batch[-1].frame
            yield batch

    async def do(self, what: Command) -> None:
        """Hands a command to the process that drives the run; records it for the next one if there is none.

        Raises:
            Refused: If it does not fit the state; nothing was written.
            HistoryError: If nobody answers, or what happened last cannot be seen.
        """
        if self._error:
            raise self._error
        await command(self._home, self._run, what)

    def live(self, node: str) -> str:
        """Nothing: what streams is seen in the process that drives the run."""
        return ""

    async def frames(self, after: int = -1, upto: int | None = None) -> list[f.Frame]:
        """Recorded frames with numbers above `after`, up to and with `upto`."""
        last = self._state.frame if upto is None else upto
        return [f.decode(line) for line in await self._log.read(self._run, after, last)]

    async def at(self, frame: int) -> Swarm:
        """The state at a frame."""
        return await self._timeline.at(frame)

    async def patch(self, before: str, after: str, path: str | None = None) -> str:
        """The unified diff between two commits of the run's branch."""
        git = self._home.repository.git

        def diff() -> str:  # not by `Worktree.open`, which clears away what the writer's git holds
            return changes.patch(git, git.commit(before), git.commit(after), path)

        return await asyncio.to_thread(diff)
