"""Where in the history a person looks: now, or at a frame of the past."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from swarm.errors import SwarmError
from swarm.session import Session
from swarm.state import Swarm


class Scrubber:
    """Reads states of the past, the one that is wanted last; keys that come faster than states are not queued.

    Args:
        session: The run.
        start: Runs a coroutine in the background.
        show: Called when `past` has changed.
        say: Tells the person what went wrong.
    """

    def __init__(
        self,
        session: Session,
        start: Callable[[Coroutine[Any, Any, None]], object],
        show: Callable[[], None],
        say: Callable[[str], None],
    ) -> None:
        self.past: Swarm | None = None
        self._session, self._start, self._show, self._say = session, start, show, say
        self._wanted: int | None = None
        self._reading = False

    @property
    def away(self) -> bool:
        """Whether another moment than now is wanted, or shown."""
        return self._wanted is not None

    def step(self, count: int) -> None:
        """Goes some frames on, or back where `count` is negative."""
        here = self._session.state.frame if self._wanted is None else self._wanted
        self.go(here + count)

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
            while self._wanted is not None and (self.past is None or self.past.frame != self._wanted):
                state = await self._session.at(self._wanted)
                if self._wanted is not None:
                    self.past = state
                    self._show()
        except SwarmError as error:
            self._say(str(error))
            self.now()
        finally:
            self._reading = False
