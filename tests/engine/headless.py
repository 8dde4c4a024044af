"""A process of its own that drives a run until nothing can go on; each frame on disk is a line on standard output.

It is there to be killed: `python -m tests.engine.headless ROOT RUN`.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from swarm.engine import Engine
from swarm.home import Home
from swarm.models.plan import PlanModel
from swarm.models.registry import Models
from swarm.runs import opened
from swarm.spaces.builtin import builtin_space


async def _tell(engine: Engine) -> None:
    async for frames in engine.follow(engine.state.frame):
        for frame in frames:
            print(frame.frame, frame.kind, flush=True)


async def main(root: str, run: str) -> None:
    models = Models(lambda _: PlanModel(builtin_space().root))
    async with opened(Home(Path(root)), run, models) as engine:
        telling = asyncio.create_task(_tell(engine))
        await engine.settled()
        telling.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
