"""A follower of a run: hands the newest state to a screen, at most so many times a second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from swarm.frames import Frame
from swarm.session import Session
from swarm.state import Swarm

Show = Callable[[Swarm, Sequence[Frame]], None]

INTERVAL = 1 / 30
"""Seconds between two states that are shown."""


async def follow(
    session: Session,
    show: Show,
    since: int = -1,
    *,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] | None = None,
) -> None:
    """Reads a session until it ends and shows what is newest.

    The session's cursor drops nothing, so whatever is written during a pause arrives with the next batch: thirty
    pictures a second, however many frames.

    Args:
        session: The run.
        show: Gets the newest state, and all frames since it was last called.
        since: Number of the last frame that is known already.
        pause: Waits for some seconds.
        clock: Tells seconds; the event loop's by default.
    """
    clock = clock or asyncio.get_running_loop().time
    gathered: list[Frame] = []
    shown = -INTERVAL
    async for batch in session.follow(since):
        gathered += batch
        behind = batch[-1].frame < session.state.frame
        if behind and clock() - shown < INTERVAL:
            continue
        show(session.state, gathered)
        gathered, shown = [], clock()
        await pause(0 if behind else INTERVAL)
