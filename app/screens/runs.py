"""The list of runs: what they do, what waits in them, what they cost; start, open, delete."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import DataTable, Static

from app.desk import Desk, RunRow
from app.keys import RUNS, bindings
from app.requests import NewRun, ShowBoard
from app.screens.notice import Notice
from swarm.errors import SwarmError
from widgets import glyphs, safe
from widgets.descent import title
from widgets.forms import ConfirmForm
from widgets.words import fit

REFRESH = 2.0
"""Seconds between two looks at the list."""


_LONGEST = 32
"""Cells that a title takes: the id before it says which run it is."""


class RunsScreen(Screen[None]):
    """All runs of the workspace, the newest first, forks below the run that they came from.

    Args:
        desk: Knows them.
        clock: Tells the time, UTC.
        shown: Id of the run whose board is open below; it is not deleted under it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(RUNS)]
    COMMAND_KEYS = RUNS

    def __init__(self, desk: Desk, clock: Callable[[], datetime], shown: str = "") -> None:
        super().__init__()
        self._desk, self._clock, self._shown = desk, clock, shown
        self._rows: list[RunRow] = []
        self._cells: list[tuple[Text, ...]] = []

    def compose(self) -> ComposeResult:
        """A table, or a line that says that there is nothing yet."""
        table: DataTable[Text] = DataTable(cursor_type="row", id="runs")
        table.border_title = "Runs"
        yield table
        yield Static("No runs yet: press n to start one.", id="no-runs")
        yield Notice(" enter open   n new   d delete   : commands   ? keys   esc back   q quit")

    def on_mount(self) -> None:
        """Reads the list, and again from time to time."""
        self._table.add_columns("", "run", "waits", "title", "cost", "age", "branch")
        self.set_interval(REFRESH, self._look_again)

    def on_screen_resume(self) -> None:
        """Something may have changed while another screen was above."""
        self.reload()

    def _look_again(self) -> None:
        if self.is_current:
            self.reload()

    def jumps(self) -> list[tuple[str, Callable[[], object]]]:
        """Nothing to go to beside the rows."""
        return []

    @property
    def _table(self) -> DataTable[Text]:
        return self.query_one("#runs", DataTable)

    @property
    def _chosen(self) -> RunRow | None:
        row = self._table.cursor_row
        return self._rows[row] if 0 <= row < len(self._rows) else None

    @work(exclusive=True, group="list")
    async def reload(self) -> None:
        """Reads the list anew; the cursor stays on its run."""
        try:
            rows = await self._desk.list_runs()
        except SwarmError as error:
            self.query_one(Notice).say(str(error))
            return
        chosen, before = self._chosen, self._cells
        self._rows, self._cells = rows, [self._line(row) for row in rows]
        self.set_class(not rows, "-empty")
        if self._cells != before:
            self._fill(chosen)

    def _fill(self, chosen: RunRow | None) -> None:
        table = self._table
        table.clear()
        for row, cells in zip(self._rows, self._cells, strict=True):
            table.add_row(*cells, key=row.run)
        if chosen and any(row.run == chosen.run for row in self._rows):
            table.move_cursor(row=table.get_row_index(chosen.run), animate=False)

    def _line(self, row: RunRow) -> tuple[Text, ...]:
        cost = "—" if row.cost is None else f"${row.cost:.2f}"
        run, branch = safe.line(row.run), safe.line(row.branch)
        what = title(fit(safe.line(row.title), _LONGEST), safe.line(row.origin), row.depth, row.instead)
        cells = (_sign(row), run, str(row.waiting or ""), what, cost, age(self._clock() - row.started), branch)
        style = "dim" if row.instead else ""
        return tuple(Text(cell, style) for cell in cells)

    @on(DataTable.RowSelected)
    @work(exclusive=True, group="open")
    async def _open(self) -> None:
        row = self._chosen
        if row is None:
            return
        try:
            self.post_message(ShowBoard(await self._desk.open(row.run)))
        except SwarmError as error:
            self.query_one(Notice).say(row.problem or str(error))

    def action_new(self) -> None:
        """Shows the form of a new run."""
        self.post_message(NewRun())

    def action_back(self) -> None:
        """Goes back to the board below, if there is one."""
        if len(self.app.screen_stack) > 2:
            self.dismiss()

    @work(exclusive=True, group="delete")
    async def action_delete(self) -> None:
        """Deletes the chosen run once its id was typed."""
        row = self._chosen
        if row is None:
            return
        if row.run == self._shown:
            self.query_one(Notice).say(
                f"run {row.run} is open on the board: open another one first, or delete it later"
            )
            return
        kept = f" Branch {row.branch} stays, with its commits." if row.branch else ""
        what = f"Deletes run {row.run} for good: its history and its worktree.{kept}{_broken_off(row)}"
        if not await self.app.push_screen_wait(ConfirmForm(what, row.run)):
            return
        try:
            await self._desk.delete(row.run)
        except SwarmError as error:
            self.query_one(Notice).say(str(error))
        self.reload()


def _broken_off(row: RunRow) -> str:
    return " It is at work: what is in flight is broken off." if row.status == "running" else ""


def _sign(row: RunRow) -> str:
    if row.status is None:
        return f"{glyphs.glyph('failed')} damaged"
    status = "undone" if row.instead else row.status
    return f"{glyphs.glyph(status)} {glyphs.word(status)}"


def age(span: timedelta) -> str:
    """A span in its largest unit, such as `3 h`."""
    seconds = max(0, int(span.total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
