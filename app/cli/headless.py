"""A run without a screen: frames are printed as they come, until it ends or waits for a human."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from app.cli import codes
from app.cli.output import complain, put, say
from app.cli.render import inbox_text
from app.cli.telling import told
from app.farewell import place_of
from app.models import models
from swarm.engine import Engine
from swarm.errors import SwarmError
from swarm.frames import Frame, encode
from swarm.home import Home
from swarm.runs import opened
from swarm.state import Swarm

Show = Callable[[Frame], None]


def drive(home: Home, run: str, since: int, *, as_json: bool) -> int:
    """Goes on with a run until nothing is left to do without a human.

    Args:
        home: Of the run.
        run: Its id.
        since: Number of the last frame that is not printed.
        as_json: Print one frame a line as JSON, and nothing else.

    Returns:
        The exit code.

    Raises:
        SwarmError: If it could not be taken up.
        KeyboardInterrupt: If the person interrupted it; it can be taken up again.
    """
    show = _put if as_json else _say
    place = place_of(home.root)
    try:
        state, fault = asyncio.run(_driven(home, run, since, show))
    except KeyboardInterrupt:
        complain(f"interrupted: go on with `swarm resume {run}{place}`")
        raise
    if fault:
        complain(f"{fault}; go on with `swarm resume {run}{place}`")
        return codes.FAILED
    if not as_json:
        say(_last_words(state, place))
    return codes.of(state)


async def _driven(home: Home, run: str, since: int, show: Show) -> tuple[Swarm, SwarmError | None]:
    """The state in which the run was left, and what broke it off, if anything did."""
    found = models(home)
    try:
        async with opened(home, run, found) as engine:
            try:
                return await _settled(engine, since, show), None
            except SwarmError as error:
                return engine.state, error
    finally:
        await found.aclose()


async def _settled(engine: Engine, since: int, show: Show) -> Swarm:
    """Shows frames until the run has settled, and then the rest of them."""
    shown = since

    async def watch() -> None:
        nonlocal shown
        async for batch in engine.follow(since):
            for frame in batch:
                show(frame)
                shown = frame.frame

    watcher = asyncio.create_task(watch())
    settled = asyncio.create_task(engine.settled())
    try:
        await asyncio.wait({watcher, settled}, return_when=asyncio.FIRST_COMPLETED)
        if watcher.done():
            await watcher
        state = await settled
    finally:
        for task in (watcher, settled):
            task.cancel()
            with suppress(asyncio.CancelledError, SwarmError, OSError):
                await task
    for frame in await engine.frames(shown, state.frame):
        show(frame)
    return state


def _put(frame: Frame) -> None:
    put(encode(frame).decode())


def _say(frame: Frame) -> None:
    say(told(frame))


def _last_words(state: Swarm, place: str) -> str:
    lines = [f"run {state.run}: {state.status.replace('_', ' ')}" + (f": {state.why}" if state.why else "")]
    if state.status == "paused":
        lines.append(f"swarm continue {state.run}{place} takes the pause back")
    if state.waiting:
        lines.append(inbox_text(state))
    if not state.ended:
        lines.append(f"go on with: swarm resume {state.run}{place}")
    return "\n".join(lines)
