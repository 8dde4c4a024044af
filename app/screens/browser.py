"""The files of the moment that is looked at: a list, and one of them as it was."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NamedTuple

from app.latest import Latest
from swarm.errors import SwarmError
from swarm.found import FileChange
from swarm.session import Session
from swarm.state import Swarm
from widgets import diff
from widgets.files import FileList, FileText, text_rows
from widgets.glyphs import glyph
from widgets.lines import Row
from widgets.proposed import note
from widgets.words import count

KEPT = 32
"""Of how many commits the list of files is remembered."""

Listed = tuple[tuple[FileChange, ...], tuple[str, ...]]


class Look(NamedTuple):
    """A file of a moment, or the list of them where there is no path."""

    run: str
    base: str
    commit: str
    frame: int
    path: str


class Browser:
    """Two widgets, and what is shown in them; moments that are passed more quickly than git can read are left out.

    Args:
        session: The run.
        start: Runs a coroutine in the background.

    Attributes:
        on: Whether files are shown.
        files: The list.
        text: A file.
    """

    def __init__(self, session: Session, start: Callable[[Coroutine[Any, Any, None]], object]) -> None:
        self.on = False
        self.files, self.text = FileList(id="files"), FileText(id="file")
        self._session = session
        self._looks: Latest[Look] = Latest(start, self._read)
        self._listed: OrderedDict[tuple[str, str], Listed] = OrderedDict()
        self._path = self._shown = ""

    @property
    def front(self) -> str:
        """Id of the widget that is looked at."""
        return "file" if self._path else "files"

    def turn(self, *, on: bool) -> None:
        """Shows the list, or no files any more."""
        self.on, self._path = on, ""

    def show(self, state: Swarm, path: str | None = None) -> None:
        """Shows the files of a state.

        Args:
            state: The run at a moment.
            path: The file to show from now on, empty for the list; None for what was shown.
        """
        self._path = self._path if path is None else path
        self._looks.want(Look(state.run, state.base, state.commit, state.frame, self._path))

    async def _read(self, look: Look) -> None:
        where = f"frame {look.frame} · {glyph('commit')} {look.commit[:7]}"
        try:
            listed = await self._list(look.base, look.commit)
            rows = await self._rows(look, *listed)
        except SwarmError as error:
            rows = [note(str(error), 0)]
            self.files.complain(f"Files · {where}", str(error))
        else:
            self.files.show(f"Files · {where}", *listed)
        if look.path:
            self.text.show(look.path, where, rows, top=look.path != self._shown)
        self._shown = look.path

    async def _list(self, base: str, commit: str) -> Listed:
        """What has changed since the run began, and all that is there."""
        found = self._listed.get((base, commit))
        if found is None:
            copy = self._session.copy
            found = await copy.changes(base, commit), await copy.paths(commit)
            self._listed[base, commit] = found
            if len(self._listed) > KEPT:
                self._listed.popitem(last=False)
        return found

    async def _rows(self, look: Look, changes: Sequence[FileChange], paths: Sequence[str]) -> list[Row]:
        """A file as it was; one that the run had deleted as its patch."""
        if not look.path:
            return []
        change = next((change for change in changes if change.path == look.path), None)
        if change is None and look.path not in paths:
            return [note(f"It was not there at frame {look.frame}.", 0)]
        if change is None or change.status != "D":
            return text_rows(await self._session.copy.text(look.commit, look.path))
        gone = note(f"Deleted: it had {count(change.removed or 0, 'line')}.", 0)
        return [gone, Row(), *diff.patch(await self._session.patch(look.base, look.commit, look.path))]
