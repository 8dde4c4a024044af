"""The runs that this process has open: driven by it, or followed while another process drives them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

from app.models import models
from swarm.commands import Continue, Pause
from swarm.engine import Engine
from swarm.errors import Damaged, Locked, Refused
from swarm.follower import Follower
from swarm.home import Home
from swarm.runs import command, opened
from swarm.session import Session
from swarm.state import Swarm
from swarm.store.lock import RunLock

_IN_FLIGHT = ("think", "write", "run", "tag", "save")


@dataclass(frozen=True, slots=True)
class _Open:
    session: Engine | Follower
    closing: AsyncExitStack


class Sessions:
    """Sessions by run; each is opened once, and closed by `close` or `aclose`.

    Args:
        home: Of the runs.
    """

    def __init__(self, home: Home) -> None:
        self._home, self._models = home, models(home)
        self._open: dict[str, _Open] = {}
        self._held: set[str] = set()
        self._one_by_one = asyncio.Lock()

    async def open(self, run: str) -> Session:
        """The session of a run: the one that is open, else a new one; of a damaged run one that only looks.

        Raises:
            HistoryError: If nothing of its history can be read.
            WorkspaceError: If its worktree is gone.
        """
        async with self._one_by_one:
            if run in self._open and (self._open[run].session.problem or self._is_left_alone(run)):
                await self._close(run)
            if run not in self._open:
                self._open[run] = await self._opened(run)
            return self._open[run].session

    def _is_left_alone(self, run: str) -> bool:
        """Whether a run is only followed, and nobody drives it any more."""
        followed = isinstance(self._open[run].session, Follower)
        return followed and RunLock(self._home.folder.run_dir(run)).holder() is None

    async def _opened(self, run: str) -> _Open:
        closing = AsyncExitStack()
        session: Engine | Follower
        try:
            session = await closing.enter_async_context(opened(self._home, run, self._models))
        except (Locked, Damaged):
            session = await closing.enter_async_context(Follower(self._home, run))
        return _Open(session, closing)

    async def drain(self, run: str) -> None:
        """Begins no further step, waits for those in flight and closes the run, if this process drives it."""
        found = self._open.get(run)
        if found is None or not isinstance(found.session, Engine) or found.session.state.ended:
            return
        engine = found.session
        if not engine.state.paused_run:
            self._held.add(run)
            await engine.do(Pause())
        async for _ in engine.follow(engine.state.frame - 1):
            if not _busy(engine.state):
                break
        await self.close(run)

    async def close(self, run: str) -> None:
        """Closes a run if it is open; what was acknowledged is on disk, and the pause of a `drain` is taken back."""
        async with self._one_by_one:
            await self._close(run)

    async def _close(self, run: str) -> None:
        if found := self._open.pop(run, None):
            await found.closing.aclose()
        if run in self._held:
            self._held.remove(run)
            with suppress(Refused):  # it has ended, or somebody else took the pause back
                await command(self._home, run, Continue())

    async def aclose(self) -> None:
        """Closes all runs, and the connections of their models."""
        for run in list(self._open):
            await self.close(run)
        await self._models.aclose()


def _busy(state: Swarm) -> bool:
    """Whether a model is called, or something is done to the world; what waits for a human is not in flight."""
    waits = {(state.gates[gate].node, state.gates[gate].seq) for gate in state.open_gates}
    return any(
        step.kind in _IN_FLIGHT
        and step.begun >= 0
        and step.ended < 0
        and (step.node, step.seq) not in waits
        and not _asks_human(state, step.node)
        for step in state.steps.values()
    )


def _asks_human(state: Swarm, node: str) -> bool:
    return state.nodes[node].report is not None or state.nodes[node].model == "human"
