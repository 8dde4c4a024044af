"""Going back by one decision, and forth again: one run is closed, the other one opened."""

from __future__ import annotations

import asyncio

from app.sessions import Sessions
from swarm import forks
from swarm.errors import Damaged, UnknownName
from swarm.home import Home
from swarm.reversal import redo_of
from swarm.session import Session


async def undone(home: Home, sessions: Sessions, run: str, seen: int, *, finish: bool) -> Session:
    """Opens a fork from before the last decision in place of a run; nothing is closed if there can be none.

    Args:
        home: Of the run.
        sessions: Where it is open.
        run: Its id.
        seen: Frame of the decision that is meant.
        finish: Wait for what is in flight.

    Raises:
        SwarmError: If the fork cannot be made, or not be opened.
    """
    new = await forks.undo(home, run, seen)
    await _close(sessions, run, finish)
    return await sessions.open(new)


async def redone(home: Home, sessions: Sessions, run: str, *, finish: bool) -> Session:
    """Opens the run that an undo came from in its place; nothing is closed if that cannot be opened.

    Raises:
        SwarmError: If nothing was undone, or the other run is gone or damaged.
    """
    origin = redo_of(await asyncio.to_thread(home.state, run))
    if origin not in home.folder.run_ids():
        raise UnknownName(f"run {origin} is gone, it was deleted: there is nothing to go back to")
    if problem := (await asyncio.to_thread(home.row, origin)).problem:
        raise Damaged(problem)
    await _close(sessions, run, finish)
    return await sessions.open(origin)


async def _close(sessions: Sessions, run: str, finish: bool) -> None:
    """Closes before the other one is opened: whichever was opened last stands for both in the list of runs."""
    if finish:
        await sessions.drain(run)
    await sessions.close(run)
