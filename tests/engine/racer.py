"""A process that races with another one: each line of standard input is a moment at which both do the same.

`python -m tests.engine.racer ROOT RUN` opens a run, or follows it, and leaves a note; without RUN it begins a run. What
became of it is a line on standard output.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from swarm.commands import Tell
from swarm.errors import Locked
from swarm.follower import Follower
from swarm.home import Home
from swarm.runs import Start, start
from swarm.session import Session
from swarm.workspace.probe import Probe
from tests.engine.headless import use
from tests.engine.real import taken_up


async def _moment() -> str:
    return (await asyncio.to_thread(sys.stdin.readline)).strip()


async def _stay(session: Session, what: str) -> None:
    """Holds on to a run until the other process has tried as well, and has told its note."""
    print(what, flush=True)
    await session.do(Tell(node="1", text=await _moment()))
    print("told", flush=True)
    await _moment()


async def open_again_and_again(home: Home, run: str) -> None:
    """Opens a run at each moment, or follows who was faster."""
    while await _moment():
        try:
            async with taken_up(home, run) as engine:
                await _stay(engine, "drives")
        except Locked as error:
            async with Follower(home, run) as follower:
                await _stay(follower, f"follows {error}")
        print("left", flush=True)


async def begin_again_and_again(home: Home) -> None:
    """Begins a run at each moment, always with the same title."""
    while goal := await _moment():
        print(await start(home, Start(goal=goal, title="race", model="plan")), flush=True)


if __name__ == "__main__":
    use(Probe(tier="none"))
    home = Home(Path(sys.argv[1]))
    asyncio.run(open_again_and_again(home, sys.argv[2]) if sys.argv[2:] else begin_again_and_again(home))
