"""Pictures of what leads to other runs: a family of forks, the form of a fork, the sheet of an undo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable

from app.screens.fork_form import ForkForm
from app.tui import SwarmApp
from tests.ui.live import MemoryDesk, MemorySession, row
from tests.ui.test_pictures import SIZES, board, recorded
from widgets.deliberate import Deliberate


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_runs(size: str, snap_compare: Callable[..., bool]) -> None:
    session = MemorySession(recorded("writes"))
    first, title = row(session), "Publish a release"
    second = replace(first, run="wc-2", origin="wc-1@12", depth=1, status="running", waiting=0, branch="swarm/wc-2")
    desk = MemoryDesk()
    desk.damaged = [
        replace(first, run="wc-1", branch="swarm/wc-1", instead="wc-2"),
        second,
        replace(second, run="wc-3", origin="wc-2@20", depth=2, status=None, problem="damaged at line 7"),
        replace(second, run="wc-4", origin="wc-1@31", depth=1, status="done", branch="swarm/wc-4"),
        replace(first, run="release-2", title=title, origin="release-1@4", branch="swarm/release-2"),
    ]
    app = SwarmApp(desk, "runs", clock=lambda: session.state.at + timedelta(hours=3))

    async def listed(pilot: Pilot[object]) -> None:
        while not pilot.app.screen.query_one(DataTable).row_count:
            await pilot.pause(0.02)

    assert snap_compare(app, terminal_size=SIZES[size], run_before=listed)


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_the_form_of_a_fork(size: str, snap_compare: Callable[..., bool]) -> None:
    async def fork(pilot: Pilot[object]) -> None:
        await _ready(pilot)
        await pilot.press("f")
        while not isinstance(pilot.app.screen, ForkForm):
            await pilot.pause(0.02)
        await pilot.press("down")
        await pilot.pause(0.3)

    assert snap_compare(board("writes"), terminal_size=SIZES[size], run_before=fork)


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_the_sheet_of_an_undo(size: str, snap_compare: Callable[..., bool]) -> None:
    async def undo(pilot: Pilot[object]) -> None:
        await _ready(pilot)
        await pilot.press("u")
        while not isinstance(pilot.app.screen, Deliberate) or not pilot.app.screen.query(".decision-bar.-armed"):
            await pilot.pause(0.02)

    assert snap_compare(board("writes"), terminal_size=SIZES[size], run_before=undo)


async def _ready(pilot: Pilot[object]) -> None:
    app = pilot.app
    assert isinstance(app, SwarmApp)
    while app.board is None or app.board.reversal is None:
        await pilot.pause(0.02)
