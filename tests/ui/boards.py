"""The program as a person uses it: an app, what one sees of it, and keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal, TypeVar
from unittest.mock import patch

from textual.pilot import Pilot
from textual.screen import Screen

from app.screens.board import BoardScreen
from app.settings import Settings
from app.tui import SwarmApp
from swarm import frames as f
from swarm.commands import Command
from swarm.proposals import Write
from swarm.values import Ask
from tests.ui.live import MemoryDesk, MemorySession, a_later_day
from tests.ui.sample import NOW
from widgets import arming
from widgets.card import CardView

C = TypeVar("C", bound=Command)


class Program:
    """An app, and what a person sees and does."""

    def __init__(self, app: SwarmApp, desk: MemoryDesk, pilot: Pilot[Any]) -> None:
        self.app, self.desk, self.pilot = app, desk, pilot

    @property
    def text(self) -> str:
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, true: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not true():
                await self.pilot.pause(0.01)

    async def on(self, screen: type[Screen[Any]]) -> None:
        await self.until(lambda: isinstance(self.app.screen, screen))
        await self.pilot.pause()


class Board(Program):
    """A program that shows a run."""

    def __init__(self, app: SwarmApp, desk: MemoryDesk, pilot: Pilot[Any], session: MemorySession) -> None:
        super().__init__(app, desk, pilot)
        self.session = session

    @property
    def screen(self) -> BoardScreen:
        assert self.app.board is not None
        return self.app.board

    @property
    def card(self) -> CardView:
        return self.screen.query_one("#card", CardView)

    async def decide(self, key: str) -> None:
        """Presses a decision key as a person would: once the card stands, and alone."""
        await self.until(lambda: self.card.query_one(".decision-bar").has_class("-armed"))
        await self.pilot.pause(2 * arming.ALONE)
        await self.pilot.press(key)

    def sent(self, kind: type[C]) -> list[C]:
        return [command for command in self.session.sent if isinstance(command, kind)]


@asynccontextmanager
async def program(
    first: Literal["runs", "welcome"], *sessions: MemorySession, desk: MemoryDesk | None = None
) -> AsyncIterator[Program]:
    """The program at one of its first screens, 100 × 30, two days after the runs began."""
    desk = desk or MemoryDesk(*sessions)
    app = SwarmApp(desk, first, Settings(), clock=a_later_day)
    async with app.run_test(size=(100, 30)) as pilot:
        yield Program(app, desk, pilot)


@asynccontextmanager
async def board(
    session: MemorySession | None = None, size: tuple[int, int] = (120, 30), settings: Settings | None = None
) -> AsyncIterator[Board]:
    """The board of a run; a card stands at once, as that is tested with the card."""
    session = session or MemorySession()
    desk = MemoryDesk(session)
    app = SwarmApp(desk, session, settings, clock=lambda: NOW)
    with patch.multiple(arming, STAND=0.0, AFTER_FIELD=0.0):
        async with app.run_test(size=size) as pilot:
            found = Board(app, desk, pilot, session)
            await found.until(lambda: app.board and len(app.board.marks.weights) > session.state.frame)
            await pilot.pause()
            yield found


def write_gate(gate: str, path: str, seq: int = 4) -> f.GateOpened:
    write = Write(path=path, content="x\n")
    return f.GateOpened(node="7", gate=gate, seq=seq, proposal=write, digest=write.digest)


def a_question(name: str, seq: int = 2, **fields: Any) -> f.QuestionAsked:
    return f.QuestionAsked(node="7", question=name, seq=seq, ask=Ask(name="version", text="Which version?", **fields))
