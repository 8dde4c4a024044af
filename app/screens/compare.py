"""Two frames of a run compared: nodes, gates, reports, questions and files that differ."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import Screen

from app import key_lines, keys
from app.latest import Latest
from app.screens.notice import Notice
from swarm.difference import difference
from swarm.errors import SwarmError
from swarm.session import Session
from widgets.comparison import Compared, Comparison, Differs, differing, full
from widgets.glyphs import glyph
from widgets.proposed import note
from widgets.reader import Reader
from widgets.status import KeyLine, OneLine


class CompareScreen(Screen[None]):
    """What differs between two frames, the earlier one first.

    Args:
        session: The run.
        before: Number of the first frame.
        after: Number of the second.
        changed: Keys as the person bound them, by id.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.COMPARING)]

    def __init__(self, session: Session, before: int, after: int, changed: keys.Changed) -> None:
        super().__init__()
        self._session, self._frames, self._changed = session, (before, after), changed
        self._two: Compared | None = None
        self._reads: Latest[Differs] = Latest(self.run_worker, self._read)

    def compose(self) -> ComposeResult:
        """The list, and what its cursor is on."""
        yield OneLine(id="compared")
        with Container(id="comparing"):
            yield Comparison(id="differs")
            yield Reader(id="difference")
        yield KeyLine(id="keys")
        yield Notice()

    def on_mount(self) -> None:
        """Reads both moments."""
        self.query_one(KeyLine).show(
            key_lines.line("comparing", self._changed), key_lines.line("always", self._changed)
        )
        self.query_one(Comparison).focus()
        self._compare()

    @work
    async def _compare(self) -> None:
        first, second = self._frames
        try:
            before, after = await self._session.at(first), await self._session.at(second)
            found = await asyncio.to_thread(difference, before, after)
            files = await self._session.copy.changes(before.commit, after.commit)
        except SwarmError as error:
            self.query_one(Notice).say(str(error), stays=True)
            return
        two = self._two = Compared(before, after, found, files)
        lines = await asyncio.to_thread(differing, two)
        commits = " → ".join(dict.fromkeys(f"{glyph('commit')} {state.commit[:7]}" for state in (before, after)))
        left = [(f" frame {first} → frame {second}", "strong"), (f" · {two.words}", "muted")]
        self.query_one(OneLine).put(left, [(f"{commits} ", "muted")])
        self.query_one(Comparison).show(lines)

    @on(Comparison.Pointed)
    def _pointed(self, event: Comparison.Pointed) -> None:
        self._reads.want(event.what)

    async def _read(self, what: Differs) -> None:
        two = self._two
        if two is None:
            return
        try:
            ends = two.before.commit, two.after.commit
            patch = await self._session.patch(*ends, what.id) if what.kind == "file" else ""
            rows = await asyncio.to_thread(lambda: list(full(two, what, patch)))
        except SwarmError as error:
            rows = [note(str(error), 0)]
        self.query_one(Reader).show(what.name, what.way, rows, top=True)

    def action_back(self) -> None:
        """Goes back to the board."""
        self.dismiss()

    def action_other(self) -> None:
        """Goes to the text, or back to the list."""
        here = self.query_one(Comparison)
        (self.query_one(Reader) if here.has_focus else here).focus()
