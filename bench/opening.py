"""Opening a long run, beside reading the same file and `json.loads` of each line."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.long_run import write_long_run
from bench.stage import RUN
from bench.table import Bound, Figure, Sizes, milli
from swarm.checkpoint import Checkpoint
from swarm.home import Home
from swarm.state import Swarm
from swarm.store.filelog import FileLog
from swarm.store.journal import Journal

_BOUND = Bound(4)


def measure(sizes: Sizes, place: Path) -> Iterator[Figure]:
    subprocess.run(["git", "init", "--quiet", place], check=True)
    home = Home(place)
    state = asyncio.run(_written(home, sizes.frames))
    path, name = home.folder.history(RUN), f"opening {sizes.frames:,} frames"

    def beside(what: str, opened: Callable[[], object], bound: Bound | None) -> Figure:
        plain, ours = _turns([lambda: _loaded(path), opened], sizes.rounds)
        return Figure(f"{name}, {what}", milli(ours), f"json.loads {milli(plain)}", "", ours / plain, bound)

    yield beside("checked and indexed", lambda: Journal.open(path, write=False).close(), _BOUND)
    yield beside("to the state, no checkpoint", lambda: home.state(RUN), None)
    _keep_checkpoint(home, state)
    yield beside("to the state, by its checkpoint", lambda: home.state(RUN), _BOUND)


async def _written(home: Home, frames: int) -> Swarm:
    log = FileLog(home.folder)
    state = await write_long_run(log, RUN, frames)
    await log.close()
    return state


def _keep_checkpoint(home: Home, state: Swarm) -> None:
    """Leaves the checkpoint that a run leaves when it is closed."""
    journal = Journal.open(home.folder.history(RUN), write=False)
    Checkpoint(home.folder.checkpoint(RUN)).save(state, journal.one(state.frame))
    journal.close()


def _turns(doings: list[Callable[[], object]], rounds: int) -> list[float]:
    taken: list[list[float]] = [[] for _ in doings]
    for _ in range(rounds):
        for doing, times in zip(doings, taken, strict=True):
            began = time.perf_counter()
            doing()
            times.append(time.perf_counter() - began)
    return [statistics.median(times) for times in taken]


def _loaded(path: Path) -> None:
    for line in path.read_bytes().splitlines():
        json.loads(line)
