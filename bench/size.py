"""Bytes on disk per frame, all that the run's folder holds counted, beside the frames' own JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from bench.contender import own
from bench.long_run import write_long_run
from bench.stage import RUN
from bench.table import Bound, Figure, Sizes
from swarm.checkpoint import Checkpoint
from swarm.state import Swarm
from swarm.store.filelog import FileLog
from swarm.store.folder import SwarmFolder

_BOUND = Bound(1.6)


def measure(sizes: Sizes, place: Path) -> Iterator[Figure]:
    for mode in ("small", "gathered"):
        with own(mode, place / mode) as steps:
            steps.advance(sizes.steps)
        yield asyncio.run(_figure(place / mode, f"a frame of approved steps, {mode}"))
    state, last = asyncio.run(_written(sizes.frames, place / "long"))
    yield asyncio.run(_figure(place / "long", f"a frame of a run of {sizes.frames:,}"))
    Checkpoint(SwarmFolder(place / "long").checkpoint(RUN)).save(state, last)
    yield asyncio.run(_figure(place / "long", f"a frame of a run of {sizes.frames:,}, and its checkpoint"))


async def _written(frames: int, place: Path) -> tuple[Swarm, bytes]:
    """The state of a long run, and its last frame."""
    log = FileLog(SwarmFolder(place))
    state = await write_long_run(log, RUN, frames)
    [last] = await log.read(RUN, state.frame - 1)
    await log.close()
    return state, last


async def _figure(place: Path, name: str) -> Figure:
    folder = SwarmFolder(place)
    log = FileLog(folder)
    frames = await log.read(RUN)
    await log.close()
    disk = sum(file.stat().st_size for file in folder.run_dir(RUN).rglob("*") if file.is_file()) / len(frames)
    json = sum(map(len, frames)) / len(frames)
    return Figure(name, f"{disk:,.0f} bytes", f"its JSON {json:,.0f} bytes", "", disk / json, _BOUND)
