"""The whole engine on a real journal, without a model or a workspace, and a human who approves whatever is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn

from swarm import commands as c
from swarm import frames as f
from swarm.actions.base import Action, Entry, Space
from swarm.engine import Engine
from swarm.fold import fold
from swarm.ledger import Ledger
from swarm.models.registry import Models
from swarm.spaces.memory import Memory
from swarm.store.filelog import FileLog
from swarm.store.folder import SwarmFolder
from swarm.values import Child, Limits
from swarm.world import NoWorld

RUN = "bench-1"


@asynccontextmanager
async def engine(
    place: Path, actions: Mapping[str, Action], world: NoWorld | None = None, limits: Limits | None = None
) -> AsyncIterator[Engine]:
    """A new run at level `step` in a folder; its root's action is `root`."""
    log = FileLog(SwarmFolder(place))
    started = f.RunStarted(
        frame=0, run=RUN, goal="measure", title="measure", model="none", level="step", limits=limits or Limits()
    )
    child = Child(action="root", directive="measure")
    root = f.NodeSpawned(node="1", parent=None, step=0, index=0, child=child)
    first: list[f.Frame] = [started, root.model_copy(update={"frame": 1})]
    try:
        await log.append(RUN, -1, [f.encode(frame) for frame in first])
        ledger = Ledger(log, RUN, fold(first))
        space = Space(Entry("none", "", entries=()), dict(actions))
        async with Engine(ledger, space, Models(_no_model), world or NoWorld(), Memory()) as running:
            yield running
    finally:
        await log.close()


async def deciding(running: Engine, seen: Callable[[f.Frame], None] | None = None) -> None:
    """Approves each gate as it opens, with one command per gate, until the run ends; `seen` gets every frame."""
    async for frames in running.follow():
        for frame in frames:
            if seen:
                seen(frame)
            if isinstance(frame, f.GateOpened):
                await running.do(c.Decide(gates=(c.Seen(gate=frame.gate, digest=frame.digest),), verb="approve"))
            elif isinstance(frame, f.RunEnded):
                return


def _no_model(spec: str) -> NoReturn:
    raise AssertionError(spec)
