"""Where in the history a person looks: now, or at a frame of the past."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from app.follow import INTERVAL
from swarm.errors import SwarmError
from swarm.session import Session
from swarm.state import Swarm


class Scrubber:
    """Reads states of the past, the one that is wanted last; keys that come faster than states are not queued.

    Args:
        session: The run.
        start: Runs a coroutine in the background.
        show: Called when `past` has changed, at most thirty times a second.
        say: Tells the person what went wrong.
        pause: Waits for some seconds.
    """

    def __init__(
        self,
        session: Session,
        start: Callable[[Coroutine[Any, Any, None]], object],
        show: Callable[[], None],
        say: Callable[[str], None],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.past: Swarm | None = None
        self._session, self._start, self._show, self._say, self._pause = session, start, show, say, pause
        self._wanted: int | None = None
        self._reading = False

    @property
    def away(self) -> bool:
        """Whether another moment than now is wanted, or shown."""
        return self._wanted is not None

    @property
    def wanted(self) -> int:
        """The frame that is wanted, whether it is shown already or not."""
        return self._session.state.frame if self._wanted is None else self._wanted

    @property
    def arrived(self) -> bool:
        """Whether what is wanted is what is shown."""
        return self._wanted is None or (self.past is not None and self.past.frame == self._wanted)

    def step(self, count: int) -> None:
        """Goes some frames on, or back where `count` is negative."""
        self.go(self.wanted + count)

    def go(self, frame: int) -> None:
        """Goes to a frame; one that is not there yet is now."""
        if frame >= self._session.state.frame:
            self.now()
            return
        self._wanted = max(0, frame)
        if not self._reading:
            self._reading = True
            self._start(self._read())

    def now(self) -> None:
        """Goes back to now."""
        was_past = self._wanted is not None
        self._wanted = self.past = None
        if was_past:
            self._show()

    async def _read(self) -> None:
        try:
            while not self.arrived:
                state = await self._session.at(self.wanted)
                if self._wanted is not None:
                    self.past = state
                    self._show()
                    await self._pause(INTERVAL)
        except SwarmError as error:
            self._say(str(error))
            self.now()
        finally:
            self._reading = False
