"""The program on the screen: one app for the command line and for tests."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

from textual import on, work
from textual.app import App
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.screen import Screen

import styles
from app.desk import Desk
from app.keys import PROGRAM, Changed, bindings
from app.palette import SwarmCommands
from app.requests import Connect, NewRun, ShowBoard, ShowRuns, WritePlan
from app.screens.board import BoardScreen
from app.screens.connect import ConnectScreen
from app.screens.help import KeysHelp
from app.screens.new_run import NewRunScreen
from app.screens.plan import PlanScreen
from app.screens.runs import RunsScreen
from app.screens.welcome import WelcomeScreen
from app.settings import Settings
from app.themes import THEMES
from swarm.session import Session
from widgets import safe
from widgets.safe import TerminalGuard

Lines = tuple[str, ...]


def utc_now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)


class SwarmApp(App[Lines]):
    """Shows one run, the list of runs, or the ways to begin.

    Its result are the lines that stay in the terminal, untrusted as they are.

    Args:
        desk: Everything outside of a run.
        first: The run to show, or the screen to begin with.
        settings: Of the person.
        clock: Tells the time, UTC.
    """

    TITLE = "swarm"
    CSS_PATH = sorted(Path(styles.__file__).parent.glob("*.tcss"))
    COMMANDS: ClassVar = {SwarmCommands}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(PROGRAM)]
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (80, "-middle"), (120, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (16, "-low"), (30, "-high")]  # noqa: RUF012

    def __init__(
        self,
        desk: Desk,
        first: Session | Literal["runs", "welcome"],
        settings: Settings | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__()
        self._desk, self._first, self._clock = desk, first, clock
        self._settings = settings or Settings()
        self.changed_keys: Changed = self._settings.keys
        self._drafts: dict[str, str] = {}
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self._settings.theme if self._settings.theme in self.available_themes else THEMES[0].name
        self.set_keymap(self._settings.keys)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The usual ones, and last the guard that lets no control character through."""
        return [*super().get_line_filters(), TerminalGuard()]

    def on_mount(self) -> None:
        """Shows the screen to begin with; the terminal is to keep the title that its window had."""
        self._tell_terminal("\x1b[22;2t")
        self.push_screen(self._first_screen())

    def _first_screen(self) -> Screen[Any]:
        if self._first == "runs":
            return RunsScreen(self._desk, self._clock)
        if self._first == "welcome":
            return WelcomeScreen(self._desk)
        return self._new_board(self._first)

    def _new_board(self, session: Session) -> BoardScreen:
        return BoardScreen(session, self._desk, self._clock, self.changed_keys)

    @property
    def board(self) -> BoardScreen | None:
        """The board that is open, whatever is shown above it."""
        return next((screen for screen in self.screen_stack if isinstance(screen, BoardScreen)), None)

    # what screens ask for

    @on(ShowBoard)
    async def _enter(self, event: ShowBoard) -> None:
        """Shows the board of a run in place of all other screens; the same one if it was open."""
        stays = self.board if self.board and self.board.session is event.session else None
        while self.screen is not (stays or self.screen_stack[0]):
            await self.pop_screen()
        if stays is None:
            await self.push_screen(self._new_board(event.session))
        if event.said and self.board:
            self.board.say(event.said)

    @on(ShowRuns)
    def action_runs(self) -> None:
        """Shows the list of runs."""
        if not isinstance(self.screen, RunsScreen):
            shown = self.board.session.state.run if self.board else ""
            self.push_screen(RunsScreen(self._desk, self._clock, shown))

    @on(NewRun)
    def _new_run(self, event: NewRun) -> None:
        goal = event.goal or self._drafts.get("goal", "")
        self.push_screen(NewRunScreen(self._desk, goal, event.model), partial(self._keep, "goal"))

    @on(Connect)
    def action_connect(self) -> None:
        """Shows the form of an endpoint."""
        self.push_screen(ConnectScreen(self._desk))

    @on(WritePlan)
    def action_plan(self) -> None:
        """Shows the editor of a plan."""
        self.push_screen(PlanScreen(self._desk, self._drafts.get("plan", "")), partial(self._keep, "plan"))

    def _keep(self, name: str, draft: str | None) -> None:
        self._drafts[name] = draft or ""

    # what keys ask for

    def action_keys(self) -> None:
        """Shows all keys."""
        self.push_screen(KeysHelp(self.changed_keys))

    async def action_quit(self) -> None:
        """Leaves as `q` does."""
        self.action_leave()

    @work(group="leave")
    async def action_leave(self) -> None:
        """Leaves; a run on the board says how it will be left."""
        lines = await self.board.leave() if self.board else ()
        if lines is not None:
            self.exit(lines)

    # the window of the terminal

    def watch_title(self, title: str) -> None:
        """Shows the title in the terminal's window."""
        self._tell_terminal(f"\x1b]2;{safe.line(title)}\x07")

    def on_unmount(self) -> None:
        """Gives the window its own title back."""
        self._tell_terminal("\x1b[23;2t")

    def _tell_terminal(self, sequence: str) -> None:
        if self._driver and not self.is_headless:  # as `App.bell` does: there is no public way to the terminal
            self._driver.write(sequence)


async def run_board(session: Session, desk: Desk, settings: Settings | None = None) -> Lines:
    """Shows a run until the human leaves; returns the lines that stay in the terminal, to be made harmless."""
    return await _run(SwarmApp(desk, session, settings))


async def run_runs(desk: Desk, settings: Settings | None = None) -> Lines:
    """Shows the list of runs, and the runs that are opened from it."""
    return await _run(SwarmApp(desk, "runs", settings))


async def run_welcome(desk: Desk, settings: Settings | None = None) -> Lines:
    """Shows the ways to begin, where there is neither a run nor an endpoint."""
    return await _run(SwarmApp(desk, "welcome", settings))


async def _run(app: SwarmApp) -> Lines:
    gc.freeze()  # what was imported stays: looking at it in each collection costs a quarter of the time of a key
    return await app.run_async() or ()
