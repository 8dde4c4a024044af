"""What a node costs from its spawn to its end: every gate approved by a command, every frame on disk."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from bench import floor
from bench.stage import RUN, deciding, engine
from bench.table import Bound, Figure, Sizes, micro
from swarm import frames as f
from swarm.actions.base import Action
from swarm.context import NodeContext
from swarm.store.folder import SwarmFolder
from swarm.values import Child, Limits, Report

BATCH = 100


async def _leaf(node: NodeContext) -> Report:
    return Report(outcome="done", summary="counted")


async def _keep(node: NodeContext, report: Report, reason: str) -> Report:
    return report


def _grow(total: int) -> Callable[[NodeContext], Awaitable[Report]]:
    async def grow(node: NodeContext) -> Report:
        for done in range(0, total, BATCH):
            batch = range(done, min(done + BATCH, total))
            await node.spawn([Child(action="leaf", directive=f"count {number}") for number in batch])
        return Report(outcome="done", summary="all counted")

    return grow


async def _run(total: int, place: Path) -> tuple[list[float], int]:
    """Seconds at which each node had ended, from the first on, and the number of frames."""
    ended: list[float] = []

    def seen(frame: f.Frame) -> None:
        if isinstance(frame, f.NodeEnded):
            ended.append(time.perf_counter())

    actions = {"root": Action("root", _grow(total), _keep), "leaf": Action("leaf", _leaf, _keep)}
    async with engine(place, actions, limits=Limits(nodes=total + 10, fan_out=BATCH)) as running:
        began = time.perf_counter()
        await deciding(running, seen)
        return [when - began for when in ended], running.state.frame + 1


def _sqlite_row(rows: int, size: int, place: Path) -> float:
    """Seconds for one durable row in SQLite (WAL, synchronous FULL), one transaction each."""
    database = sqlite3.connect(place / "peer.db", isolation_level=None)
    database.execute("pragma journal_mode=wal")
    database.execute("pragma synchronous=full")
    database.execute("create table frames (n integer primary key, line blob)")
    line = b"x" * size
    began = time.perf_counter()
    for number in range(rows):
        database.execute("insert into frames values (?, ?)", (number, line))
    database.close()
    return (time.perf_counter() - began) / rows


def measure(sizes: Sizes, place: Path) -> Iterator[Figure]:
    total = sizes.nodes
    ended, frames = asyncio.run(_run(total, place))
    part = min(1_000, total // 2)
    first, last = ended[part - 1] / part, (ended[total - 1] - ended[total - part - 1]) / part
    name = f"a node, spawn to end: the last {part:,} of {total:,}"
    yield Figure(name, micro(last), f"the first {micro(first)}", "", last / first, Bound(1.5))
    size = SwarmFolder(place).history(RUN).stat().st_size // frames
    ours, row = ended[total - 1] / frames, _sqlite_row(min(total, 2_000), size, place)
    least = micro(floor.synced(place, size))
    yield Figure("a frame of those, engine and all", micro(ours), f"SQLite row {micro(row)}", least, ours / row)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Figure("peak memory of the benchmark until here", f"{memory:,.0f} MiB")
