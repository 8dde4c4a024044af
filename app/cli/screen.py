"""Opening the app; textual is not loaded before."""

from __future__ import annotations

import asyncio
import os

from app.cli import codes
from app.cli.output import say
from app.cli.workspace import on_a_terminal
from app.models import profiles
from app.settings import Settings, load_settings
from swarm.catalogue import RunRow
from swarm.errors import UsageError
from swarm.family import replaced
from swarm.home import Home


def need_terminal() -> None:
    """Sees that there is a terminal to show the app on.

    Raises:
        UsageError: If there is none.
    """
    if not on_a_terminal():
        raise UsageError(
            "input, output and errors do not all go to a terminal: say --headless to go on without a screen"
        )


def show_first(home: Home) -> int:
    """Shows the one run that waits, else all runs, or the ways to begin where there are neither runs nor endpoints.

    A run that an undo has replaced does not count.
    """
    need_terminal()
    rows = home.rows()
    elsewhere = replaced(rows)
    waiting = [row.id for row in rows if _waits(row) and row.id not in elsewhere]
    if len(waiting) == 1:
        return show(home, waiting[0])
    return show(home, "" if rows or profiles() else None)


def _waits(row: RunRow) -> bool:
    return row.status in ("waiting", "running", "paused") and row.waiting > 0


def show(home: Home, run: str | None) -> int:
    """Shows a run, the list of runs (empty name) or the welcome (None) until the person leaves; gives the exit code."""
    for text in asyncio.run(_app(home, run, load_settings(os.environ))):
        say(text)
    return codes.DONE


async def _app(home: Home, run: str | None, settings: Settings) -> tuple[str, ...]:
    from app.live_desk import LiveDesk
    from app.tui import run_board, run_runs, run_welcome

    async with LiveDesk(home) as desk:
        if run is None:
            return await run_welcome(desk, settings)
        if not run:
            return await run_runs(desk, settings)
        return await run_board(await desk.open(run), desk, settings)
