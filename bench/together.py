"""Group commit: frames a second, each synced before its task goes on, from many tasks at once and from one alone.

Three times: through the bare log (whoever waits is written with the next group, and nothing else is done), through the
ledger (which numbers, folds and encodes each frame), and, only to be looked at, with the whole engine (nodes that take
approved steps).
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path

from bench import floor
from bench.own_steps import Desk, keep, take
from bench.stage import RUN, deciding, engine
from bench.table import Bound, Figure, Sizes
from swarm import frames as f
from swarm.actions.base import Action
from swarm.context import NodeContext
from swarm.fold import fold
from swarm.ledger import Ledger
from swarm.store.filelog import FileLog
from swarm.store.folder import SwarmFolder
from swarm.values import Child, Limits, Report

Append = Callable[[], Awaitable[object]]

_EACH = 8
"""Appends of each task in a round; one alone makes as many as 64 of them."""


def measure(sizes: Sizes, place: Path) -> Iterator[Figure]:
    size = len(f.encode(_frame(1)))
    least = f"{1 / floor.synced(place, size):,.0f}/s"
    for name, opened in (("the bare log", _bare), ("the ledger", _ledger)):
        one, many = asyncio.run(_rates(opened, sizes, place / name))
        yield Figure(_name(name, sizes), _rate(many), f"one {_rate(one)}", least, many / one, Bound(8, least=True))
    one = asyncio.run(_engine(1, sizes.window, place / "one"))
    many = asyncio.run(_engine(sizes.tasks, 2, place / "many"))
    yield Figure(_name("the whole engine", sizes), _rate(many), f"one {_rate(one)}", least, many / one)


def _name(what: str, sizes: Sizes) -> str:
    return f"{sizes.tasks:,} at once, {what}"


def _rate(frames: float) -> str:
    return f"{frames:,.0f}/s"


def _frame(number: int) -> f.Frame:
    return f.StepEnded(node="1", seq=number, step="recall", key="what is known", value=["x" * 120], frame=number)


async def _rates(opened: Callable[[FileLog], Awaitable[Append]], sizes: Sizes, place: Path) -> tuple[float, float]:
    """Frames a second of one task and of many: medians of rounds in turn."""
    log = FileLog(SwarmFolder(place))
    append = await opened(log)
    one, many = [], []
    for _ in range(sizes.rounds):
        one.append(await _timed(append, 1, _EACH * 64))
        many.append(await _timed(append, sizes.tasks, _EACH))
    await log.close()
    return statistics.median(one), statistics.median(many)


async def _timed(append: Append, tasks: int, each: int) -> float:
    async def task() -> None:
        for _ in range(each):
            await append()

    began = time.perf_counter()
    await asyncio.gather(*(task() for _ in range(tasks)))
    return tasks * each / (time.perf_counter() - began)


async def _bare(log: FileLog) -> Append:
    line = f.encode(_frame(1))
    lock = asyncio.Lock()
    waiting: list[bytes] = []
    written = last = -1

    async def append() -> None:
        nonlocal written, last
        waiting.append(line)
        last += 1
        mine = last
        async with lock:
            if written < mine:
                group, waiting[:] = list(waiting), []
                written = await log.append(RUN, written, group)

    return append


async def _ledger(log: FileLog) -> Append:
    first: list[f.Frame] = [
        f.RunStarted(frame=0, run=RUN, goal="g", title="t", model="none", level="step"),
        f.NodeSpawned(frame=1, node="1", step=0, index=0, child=Child(action="root", directive="d")),
    ]
    await log.append(RUN, -1, [f.encode(frame) for frame in first])
    ledger = Ledger(log, RUN, fold(first))
    numbers = count(1)
    return lambda: ledger.append(_frame(next(numbers)))


async def _engine(nodes: int, steps: int, place: Path) -> float:
    """Frames a second of nodes that take approved steps side by side."""

    async def root(node: NodeContext) -> Report:
        await node.spawn([Child(action="leaf", directive="take steps") for _ in range(nodes)])
        return Report(outcome="done", summary="all taken")

    async def leaf(node: NodeContext) -> Report:
        await take(node, "gathered", steps, [])
        return Report(outcome="done", summary="taken")

    actions = {"root": Action("root", root, keep), "leaf": Action("leaf", leaf, keep)}
    limits = Limits(nodes=nodes + 1, fan_out=nodes)
    async with engine(place, actions, Desk(), limits) as running:
        began = time.perf_counter()
        await deciding(running)
        return running.state.frame / (time.perf_counter() - began)
