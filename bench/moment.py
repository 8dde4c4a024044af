"""The state at a random frame of a long run, beside folding the frames before it from the start."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from bench.long_run import write_long_run
from bench.stage import RUN
from bench.table import Bound, Figure, Sizes, milli
from swarm import frames as f
from swarm.fold import fold
from swarm.store.filelog import FileLog
from swarm.store.folder import SwarmFolder
from swarm.timeline import Timeline

_LOOKS = 100


def measure(sizes: Sizes, place: Path) -> Iterator[Figure]:
    first, looks, folds = asyncio.run(_looked(sizes, place))
    look, whole = statistics.median(looks), statistics.median(folds)
    name = f"of {sizes.frames:,} frames"
    yield Figure(f"the first look at a run {name}", milli(first))
    yield Figure(
        f"the state at a random frame {name}",
        milli(look),
        f"folding {milli(whole)}",
        "",
        whole / look,
        Bound(20, least=True),
    )
    yield Figure("the slowest of those", milli(max(looks)))


async def _looked(sizes: Sizes, place: Path) -> tuple[float, list[float], list[float]]:
    """Seconds for the first look at the last frame, for looks at random frames, and for folding up to some of them."""
    log = FileLog(SwarmFolder(place))
    last = (await write_long_run(log, RUN, sizes.frames)).frame

    async def read(after: int, upto: int) -> list[f.Frame]:
        return [f.decode(line) for line in await log.read(RUN, after, upto)]

    timeline, dice = Timeline(read), random.Random(sizes.frames)
    began = time.perf_counter()
    await timeline.at(last)
    first = time.perf_counter() - began
    looks: list[float] = []
    folds: list[float] = []
    for number in range(_LOOKS):
        frame = dice.randrange(last + 1)
        began = time.perf_counter()
        state = await timeline.at(frame)
        looks.append(time.perf_counter() - began)
        if number % (_LOOKS // 5) == 0:
            began = time.perf_counter()
            assert fold(await read(-1, frame)) == state, "another state"
            folds.append(time.perf_counter() - began)
    await log.close()
    return first, looks, folds
