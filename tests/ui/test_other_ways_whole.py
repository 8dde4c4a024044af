"""Decide, undo, redo and fork on the screen: a real engine on a real repository."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Input

from app import examples
from app.live_desk import LiveDesk
from app.screens.board import BoardScreen
from app.screens.fork_form import ForkForm
from app.screens.runs import RunsScreen
from app.tui import SwarmApp
from swarm.home import Home
from widgets import arming
from widgets.deliberate import Deliberate


@pytest.fixture(autouse=True)
def _keys_count_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STAND", "AFTER_FIELD"):
        monkeypatch.setattr(arming, name, 0.0)
    monkeypatch.setattr(arming, "ALONE", 0.01)


class Driver:
    """The app on a run of the word counter, and keys."""

    def __init__(self, app: SwarmApp, pilot: Pilot[object]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def board(self) -> BoardScreen:
        assert self.app.board is not None
        return self.app.board

    async def until(self, true: Callable[[], object]) -> None:
        while not true():
            await self.pilot.pause(0.01)

    async def rests(self) -> None:
        """Until the run that is shown waits, and its card with it."""
        await self.until(lambda: self.app.screen is self.app.board and self.board.session.state.idle)
        await self.until(lambda: set(self.board.choice.gates) & set(self.board.session.state.open_gates))

    async def deliberate(self, key: str) -> None:
        await self.until(lambda: self.app.screen.query(".decision-bar.-armed"))
        await self.pilot.pause(0.05)
        await self.pilot.press(key)

    async def shows(self, run: str) -> None:
        await self.until(lambda: self.app.board and self.app.screen is self.app.board and self.board.newest.run == run)


@asynccontextmanager
async def driver(root: Path) -> AsyncIterator[tuple[Driver, LiveDesk]]:
    async with LiveDesk(Home(root)) as desk:
        app = SwarmApp(desk, await desk.start("plan.md", "plan", "effects"))
        async with app.run_test(size=(120, 40)) as pilot, asyncio.timeout(40):
            yield Driver(app, pilot), desk


async def test_a_decision_is_undone_redone_and_another_way_is_gone_from_an_earlier_frame(tmp_path: Path) -> None:
    root = examples.copy("wordcount", tmp_path / "wordcount")
    home = Home(root)
    async with driver(root) as (d, desk):
        await d.rests()
        first = d.board.newest.run
        gate = d.board.choice.gates[0]
        await d.deliberate("a")
        await d.until(lambda: gate not in d.board.session.state.open_gates)
        await d.rests()
        commits = d.board.session.state.commits
        assert commits == 1, "the first effect is a file"
        before = list(home.frames(first))

        await d.pilot.press("u")
        await d.until(lambda: isinstance(d.app.screen, Deliberate))
        await d.deliberate("t")
        await d.until(lambda: d.app.board and d.board.newest.run != first)
        await d.rests()
        second = d.board.newest.run
        assert gate in d.board.newest.open_gates
        assert d.board.session.state.commits == 0
        assert home.row(first).writer is None, "the run that was undone is closed"
        rows = {row.run: row for row in await desk.list_runs()}
        assert (rows[first].instead, rows[second].depth) == (second, 1)

        await d.pilot.press("ctrl+r")
        await d.shows(first)
        await d.rests()
        assert d.board.session.state.commits == commits
        assert list(home.frames(first))[: len(before)] == before
        assert home.row(second).writer is None

        await d.pilot.press("f")
        await d.until(lambda: isinstance(d.app.screen, ForkForm))
        d.app.screen.query_one("#fork-frame", Input).value = "5"
        await d.pilot.press("ctrl+s")
        await d.until(lambda: d.app.board and d.board.newest.run not in (first, second))
        third = d.board.newest.run
        assert d.board.newest.origin == f"{first}@5"
        assert home.row(first).writer is not None, "the run that was forked stays open"

        await d.rests()
        await d.pilot.press("o")
        await d.until(lambda: isinstance(d.app.screen, RunsScreen) and d.app.screen._rows)
        table = d.app.screen.query_one(DataTable)
        listed = [table.get_row_at(place) for place in range(table.row_count)]
        assert [(cells[1].plain, cells[0].plain[2:]) for cells in listed] == [
            (first, "waiting"),
            (second, "undone"),
            (third, "waiting"),
        ]
        assert listed[1][3].plain.startswith("└ from frame ")
        assert listed[1][3].plain.endswith(f"· undone, see {first}")
