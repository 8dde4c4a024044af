"""Commands of the board that write the run to a file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual import work

from app.screens.run_screen import RunScreen
from app.screens.sheet import Sheet
from swarm.errors import SwarmError
from widgets.forms import NameForm

EXPORTS = (
    ".html is a page that opens anywhere, .svg a picture of the tree, .json everything, .md a plan that does it again."
)
SNAPSHOT = "With a git bundle of its commits beside it: `swarm run --from FILE` goes on from it, also in another clone."

Write = Callable[[str, str, int], Awaitable[str]]


class Writing(RunScreen):
    """A screen that shows a run, now or at a frame of the past: that moment is what is written."""

    @work
    async def action_export(self) -> None:
        """Writes the run as a page, a picture, data or a plan."""
        await self._write(f"Export · {self._moment}", EXPORTS, f"{self.shown.run}.html", self.desk.export)

    @work
    async def action_snapshot(self) -> None:
        """Writes what another clone needs to go on with the run."""
        name = f"{self.shown.run}-{self.shown.frame}.snapshot.json"
        await self._write(f"Snapshot · {self._moment}", SNAPSHOT, name, self.desk.snapshot)

    @property
    def _moment(self) -> str:
        return f"run {self.shown.run} at frame {self.shown.frame}"

    async def _write(self, title: str, about: str, name: str, write: Write) -> None:
        run, frame = self.shown.run, self.shown.frame
        file = await self.app.push_screen_wait(NameForm(title, about, name))
        if not file or not await self._may_write(file):
            return
        try:
            self.say(await write(run, file, frame))
        except SwarmError as error:
            self.say(str(error))

    async def _may_write(self, file: str) -> bool:
        """Whether there is no such file, or the person wants it replaced."""
        if not await asyncio.to_thread(Path(file).exists):
            return True
        sheet = Sheet("There already", f"{file} is there already.", [("r", "replace it")])
        way = await self.app.push_screen_wait(sheet)
        return way == "r"
