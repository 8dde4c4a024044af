"""A process that has a run open, as the app has."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.calls import environment

_CODE = """
import asyncio, sys
from pathlib import Path
from app.models import models
from swarm.home import Home
from swarm.runs import opened

async def main():
    home = Home(Path.cwd())
    async with opened(home, sys.argv[1], models(home)) as engine:
        print("open", flush=True)
        async for _ in engine.follow():
            if getattr(engine.state, sys.argv[2]):
                break

try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
"""


@contextmanager
def driven(root: Path, run: str, until: str = "ended") -> Iterator[subprocess.Popen[str]]:
    """A process that drives a run until its state says so."""
    live = subprocess.Popen(
        [sys.executable, "-P", "-c", _CODE, run, until], cwd=root, env=environment(), stdout=subprocess.PIPE, text=True
    )
    assert live.stdout
    try:
        assert live.stdout.readline() == "open\n"
        yield live
    finally:
        live.send_signal(signal.SIGINT)
        live.wait(timeout=30)
        live.stdout.close()
