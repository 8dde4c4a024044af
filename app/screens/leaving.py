"""How a person leaves a run: it keeps its place, whatever is in flight."""

from __future__ import annotations

from app.farewell import farewell
from app.screens.run_screen import RunScreen
from app.screens.sheet import Sheet
from swarm.errors import SwarmError
from swarm.state import Swarm
from widgets.words import count


class Leaving(RunScreen):
    """A screen that can be left while the run is at work."""

    _asking = False
    _draining = False

    async def leave(self) -> tuple[str, ...] | None:
        """The lines that stay in the terminal; None if the human stays after all, or is being asked already."""
        state = self.session.state
        if self._asking:
            return None
        if state.live and state.status == "running" and not self._draining:
            way = await self._ask(state)
            if not way or (way == "f" and not await self._drained()):
                return None
        return farewell(self.session.state, self.desk.place)

    async def _ask(self, state: Swarm) -> str:
        about = f"{count(state.live, 'node')} of run {state.run} {'is' if state.live == 1 else 'are'} at work."
        ways = (("f", "finish what is in flight, then leave"), ("l", "leave now: it is begun again at resume"))
        self._asking = True
        try:
            return await self.app.push_screen_wait(Sheet("Leave; the run keeps its place", about, ways))
        finally:
            self._asking = False

    async def _drained(self) -> bool:
        self._draining = True
        self.say("finishing what is in flight; q leaves at once")
        try:
            await self.desk.drain(self.session.state.run)
        except SwarmError as error:
            self._draining = False
            self.say(str(error))
        return self._draining
