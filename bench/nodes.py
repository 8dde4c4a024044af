"""What a node costs from its spawn to its end: every gate approved by a command, every frame on disk."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from swarm import commands as c
from swarm import frames as f
from swarm.actions.base import Action, Entry, Space
from swarm.context import NodeContext
from swarm.engine import Engine
from swarm.fold import fold
from swarm.ledger import Ledger
from swarm.models.registry import Models
from swarm.spaces.memory import Memory
from swarm.store.filelog import FileLog
from swarm.store.folder import SwarmFolder
from swarm.values import Child, Limits, Report
from swarm.world import NoWorld

BATCH = 100
MARKS = (100, 1_000, 10_000)


async def _leaf(node: NodeContext) -> Report:
    return Report(outcome="done", summary="counted")


async def _keep(node: NodeContext, report: Report, reason: str) -> Report:
    return report


def _grow(total: int) -> Callable[[NodeContext], object]:
    async def grow(node: NodeContext) -> Report:
        for _ in range(total // BATCH):
            await node.spawn([Child(action="leaf", directive=f"count {index}") for index in range(BATCH)])
        return Report(outcome="done", summary="all counted")

    return grow


async def _approve(engine: Engine, seen: dict[int, float], began: float) -> None:
    """Approves each gate as it opens, as a person with one command per gate; notes when marks of ended nodes pass."""
    ended = 0
    async for frames in engine.follow():
        for frame in frames:
            if isinstance(frame, f.GateOpened):
                await engine.do(c.Decide(gates=(c.Seen(gate=frame.gate, digest=frame.digest),), verb="approve"))
            elif isinstance(frame, f.NodeEnded):
                ended += 1
                if ended % 1000 == 0 or ended in MARKS:
                    seen[ended] = time.perf_counter() - began
            elif isinstance(frame, f.RunEnded):
                return


async def measure(total: int) -> tuple[dict[int, float], int, int]:
    """Seconds at which so many nodes had ended, frames written, and peak memory in KiB."""
    with tempfile.TemporaryDirectory() as place:
        log = FileLog(SwarmFolder(Path(place)))
        started = f.RunStarted(run="bench-1", goal="count", title="count", model="none", level="step",
                               limits=Limits(nodes=total + 10, fan_out=BATCH))  # fmt: skip
        root = f.NodeSpawned(node="1", parent=None, step=0, index=0, child=Child(action="grow", directive="count"))
        first = [frame.model_copy(update={"frame": number}) for number, frame in enumerate((started, root))]
        await log.append("bench-1", -1, [f.encode(frame) for frame in first])
        actions = {"grow": Action("grow", _grow(total), _keep), "leaf": Action("leaf", _leaf, _keep)}  # type: ignore[arg-type]
        space = Space(Entry("none", "", entries=()), actions)
        ledger = Ledger(log, "bench-1", fold(first))
        seen: dict[int, float] = {}
        began = time.perf_counter()
        async with Engine(ledger, space, Models(_no_model), NoWorld(), Memory()) as engine:
            await _approve(engine, seen, began)
            frames = engine.state.frame + 1
        await log.close()
    return seen, frames, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _no_model(spec: str) -> object:
    raise AssertionError(spec)


def sqlite_seconds(rows: int) -> float:
    """Seconds for as many durable rows in SQLite (WAL, synchronous FULL), one transaction each."""
    with tempfile.TemporaryDirectory() as place:
        database = sqlite3.connect(Path(place) / "peer.db", isolation_level=None)
        database.execute("pragma journal_mode=wal")
        database.execute("pragma synchronous=full")
        database.execute("create table frames (n integer primary key, line blob)")
        line = b"x" * 300
        began = time.perf_counter()
        for number in range(rows):
            database.execute("insert into frames values (?, ?)", (number, line))
        database.close()
        return time.perf_counter() - began


def main() -> None:
    """Prints the table."""
    total = MARKS[-1]
    seen, frames, memory = asyncio.run(measure(total))
    print("nodes from spawn to end, each gate approved by a command, each frame on disk before it counts")
    print(f"{'nodes':>8} {'seconds':>9} {'ms a node':>10}")
    for mark in MARKS:
        print(f"{mark:>8} {seen[mark]:>9.2f} {seen[mark] / mark * 1000:>10.3f}")
    first, last = seen[1000], seen[total] - seen[total - 1000]
    print(f"the last 1,000 nodes cost {last / first:.2f} times the first 1,000 (at most 1.5)")
    print(f"{frames} frames, {frames / seen[total]:.0f} a second; peak memory {memory / 1024:.0f} MiB")
    peer = sqlite_seconds(2_000) / 2_000
    ours = seen[total] / frames
    print(f"peer: one durable SQLite row {peer * 1e6:.0f} µs; one of our frames, engine and all, {ours * 1e6:.0f} µs")
