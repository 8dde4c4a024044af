"""A process of its own that drives a run until nothing can go on; each frame on disk is a line on standard output.

It is there to be killed: `python -m tests.engine.headless ROOT RUN`.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from swarm.engine import Engine
from swarm.home import Home
from tests.engine.real import taken_up


async def _tell(engine: Engine) -> None:
    async for frames in engine.follow(engine.state.frame):
        for frame in frames:
            print(frame.frame, frame.kind, flush=True)


async def main(root: str, run: str) -> None:
    async with taken_up(Home(Path(root)), run) as engine:
        telling = asyncio.create_task(_tell(engine))
        await engine.settled()
        telling.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
