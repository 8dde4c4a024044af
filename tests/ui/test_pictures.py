"""Pictures of the whole app, drawn from recorded journals; each is looked at before it is accepted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import TextArea

from app.screens.board import BoardScreen
from app.tui import SwarmApp
from swarm import frames as f
from swarm.store.journal import Journal
from tests.ui.live import MemoryDesk, MemorySession, written
from widgets.card import CardView
from widgets.comparison import Comparison
from widgets.files import FileList
from widgets.forms import RejectForm
from widgets.reader import Reader

JOURNALS = Path(__file__).parents[1] / "journals"
SIZES = {"wide": (120, 40), "narrow": (80, 24), "huge": (200, 50)}


def recorded(name: str) -> list[f.Frame]:
    journal = Journal.open(JOURNALS / f"{name}.jsonl", write=False)
    try:
        return [f.decode(line) for line in journal.read()]
    finally:
        journal.close()


def board(name: str) -> SwarmApp:
    """The app on a recorded run, 41 seconds after its last frame."""
    session = MemorySession(recorded(name))
    session.kept = written(session.history)
    now = session.state.at + timedelta(seconds=41)
    return SwarmApp(MemoryDesk(session), session, clock=lambda: now)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("phase", "wide"),
        ("phase", "narrow"),
        ("phase", "huge"),
        ("question", "wide"),
        ("writes", "wide"),
        ("done", "wide"),
        ("failure", "wide"),
        ("failure", "narrow"),
    ],
)
def test_board(name: str, size: str, snap_compare: Callable[..., bool]) -> None:
    assert snap_compare(board(name), terminal_size=SIZES[size], run_before=_stands)


def test_a_form_leaves_what_it_is_about_in_sight(snap_compare: Callable[..., bool]) -> None:
    async def reject(pilot: Pilot[object]) -> None:
        await _stands(pilot)
        pilot.app.screen.query_one(CardView).post_message(events.Key("r", "r"))
        while not isinstance(pilot.app.screen, RejectForm):
            await pilot.pause(0.02)
        pilot.app.screen.query_one(TextArea).cursor_blink = False

    assert snap_compare(board("writes"), terminal_size=SIZES["wide"], run_before=reject)


async def _stands(pilot: Pilot[object]) -> None:
    """Lets what waits stand until it can be decided, as its bar is dim before."""
    app = pilot.app
    assert isinstance(app, SwarmApp)
    while app.board is None or not app.board.query("#card, #question"):
        await pilot.pause(0.02)
    if app.board.session.state.open_questions:
        await pilot.press("i", "1")
    while not app.board.query(".decision-bar.-armed"):
        await pilot.pause(0.02)


async def _looks(pilot: Pilot[object], frame: int, *keys: str) -> BoardScreen:
    """Goes to a frame and presses keys there."""
    await _stands(pilot)
    app = pilot.app
    assert isinstance(app, SwarmApp)
    assert app.board is not None
    await pilot.press("t")
    app.board.scrubber.go(frame)
    while not (app.board.scrubber.arrived and app.board.in_past):
        await pilot.pause(0.02)
    await pilot.press(*keys)
    await pilot.pause(0.1)
    return app.board


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_the_past(size: str, snap_compare: Callable[..., bool]) -> None:
    async def jump(pilot: Pilot[object]) -> None:
        board = await _looks(pilot, 60, "D")
        while not (board.scrubber.arrived and board.middle.card.ballot.gates):
            await pilot.pause(0.02)

    assert snap_compare(board("done"), terminal_size=SIZES[size], run_before=jump)


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_files_of_the_past(size: str, snap_compare: Callable[..., bool]) -> None:
    async def browse(pilot: Pilot[object]) -> None:
        board = await _looks(pilot, 60, "c", "F")
        while not board.query_one(FileList).current:
            await pilot.pause(0.02)

    assert snap_compare(board("done"), terminal_size=SIZES[size], run_before=browse)


@pytest.mark.parametrize("size", ["wide", "narrow", "huge"])
def test_two_frames_compared(size: str, snap_compare: Callable[..., bool]) -> None:
    async def compare(pilot: Pilot[object]) -> None:
        await _looks(pilot, 60, "=", "c", "c", "=")
        while not (pilot.app.screen.query(Reader) and pilot.app.screen.query_one(Comparison).current):
            await pilot.pause(0.02)
        await pilot.press("G")
        while "@@" not in pilot.app.screen.query_one(Reader).plain:
            await pilot.pause(0.02)

    assert snap_compare(board("done"), terminal_size=SIZES[size], run_before=compare)
