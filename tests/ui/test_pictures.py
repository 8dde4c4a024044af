"""Pictures of the whole app, drawn from recorded journals; each is looked at before it is accepted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import TextArea

from app.tui import SwarmApp
from swarm import frames as f
from swarm.store.journal import Journal
from tests.ui.live import MemoryDesk, MemorySession
from widgets.card import CardView
from widgets.forms import RejectForm

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
