"""The main job on the screen, by keys alone: a real engine on a real repository."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from app import examples
from app.live_desk import LiveDesk
from app.tui import SwarmApp
from swarm.commands import Command
from swarm.home import Home
from swarm.session import Session
from swarm.values import Level
from widgets import arming
from widgets.card import CardView

DECISIONS = {"step": 17, "guided": 8, "effects": 7, "questions": 1, "auto": 1}
README = (Path(__file__).parents[2] / "README.md").read_text()


@pytest.fixture(autouse=True)
def _cards_stand_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a card stands before it can be decided is tested with the card."""
    monkeypatch.setattr(arming, "STAND", 0.0)
    monkeypatch.setattr(arming, "AFTER_FIELD", 0.0)
    monkeypatch.setattr(arming, "ALONE", 0.01)


class Counted:
    """A session that counts the commands which reach it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.commands: list[Command] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    async def do(self, command: Command) -> None:
        await self._session.do(command)
        self.commands.append(command)


async def decided(root: Path, level: Level) -> Counted:
    """Presses keys until the run has ended: `a` on a card, a number and enter on a question; counts the decisions."""
    async with LiveDesk(Home(root)) as desk:
        session = Counted(await desk.start("plan.md", "plan", level))
        app = SwarmApp(desk, session)  # type: ignore[arg-type]
        async with app.run_test(size=(120, 40)) as pilot, asyncio.timeout(40):
            await pilot.pause()
            board = app.board
            assert board is not None
            while session.state.ended is None:
                await _until(pilot, lambda: session.state.waiting or session.state.ended)
                if session.state.ended:
                    break
                before = len(session.commands)
                if session.state.open_questions:
                    await pilot.press("i")
                    await _until(pilot, lambda: board.pane == "question")
                    await _press(pilot, board.query_one("#question"), "1", "enter")
                else:
                    await _until(pilot, lambda: set(board.choice.gates) & set(session.state.open_gates))
                    await _press(pilot, board.query_one(CardView), "a")
                await _until(pilot, lambda: len(session.commands) > before)  # noqa: B023
                await _until(pilot, lambda: session.state.idle or session.state.ended)
        return session


async def _press(pilot: Pilot[object], where: Widget, *keys: str) -> None:
    """Presses keys, the last one alone and once the bar is armed."""
    await pilot.press(*keys[:-1])
    await _until(pilot, lambda: where.query_one(".decision-bar").has_class("-armed"))
    await pilot.pause(0.02)
    await pilot.press(keys[-1])


async def _until(pilot: Pilot[object], true: Callable[[], object]) -> None:
    while not true():
        await pilot.pause(0.01)


@pytest.mark.parametrize("level", DECISIONS)
async def test_the_word_counter_takes_few_decisions(level: Level, tmp_path: Path) -> None:
    root = examples.copy("wordcount", tmp_path / "wordcount")
    session = await decided(root, level)
    assert session.state.ended == "done"
    assert len(session.commands) == DECISIONS[level]
    assert f"| `{level}`" in README
    assert f"| {DECISIONS[level]} |" in next(line for line in README.splitlines() if line.startswith(f"| `{level}`"))


def test_the_example_stays_within_what_was_promised() -> None:
    assert DECISIONS["step"] <= 20
    assert DECISIONS["guided"] <= 8
