"""How a person leaves a run: it keeps its place, whatever is in flight."""

from __future__ import annotations

from app.farewell import farewell
from app.screens.run_screen import RunScreen
from app.screens.sheet import Sheet
from swarm.errors import SwarmError
from widgets.words import count


class Leaving(RunScreen):
    """A screen that can be left while the run is at work."""

    _asking = False
    _draining = False

    async def leave(self) -> tuple[str, ...] | None:
        """The lines that stay in the terminal; None if the human stays after all, or is being asked already."""
        if self._asking:
            return None
        if not self._draining:
            way = await self.ask_to_close("Leave; the run keeps its place", "leave")
            if not way or (way == "f" and not await self._drained()):
                return None
        return (*([self.problem] if self.problem else []), *farewell(self.session.state, self.desk.place))

    async def ask_to_close(self, title: str, verb: str) -> str:
        """How the run is to be closed: `f` once what is in flight has ended, `l` at once, empty not at all.

        Args:
            title: Of the sheet that asks; there is none where nothing is at work.
            verb: What follows.
        """
        state = self.session.state
        if not state.live or state.status != "running" or self.problem:
            return "l"
        about = f"{count(state.live, 'node')} of run {state.run} {'is' if state.live == 1 else 'are'} at work."
        ways = (("f", f"finish what is in flight, then {verb}"), ("l", f"{verb} now: it is begun again at resume"))
        self._asking = True
        try:
            return await self.app.push_screen_wait(Sheet(title, about, ways))
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
