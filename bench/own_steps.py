"""Our side of the comparison: one node whose every step waits at a gate that a command approves.

Run as `python -m bench.own_steps MODE FOLDER`, see `bench.contender`. A step here is the proposal with its digest
(synced before it is shown), the decision (synced before it is acknowledged) and the result (synced before what follows
from it is shown). As the peer's step it changes nothing outside of its state, so all three may share one append.

Modes:
    small: The proposal and the result are a few words.
    gathered: Both carry a report of 200 bytes, and the action gathers the reports of all its steps. They are kept once
        each in the history and nowhere twice, so a step writes as much at its end as at its beginning.
    acting: The same by effects that may change the world: decision and intent are synced before each of them, for
        which the peer has no counterpart.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench.stage import deciding, engine
from swarm.actions.base import Action
from swarm.context import NodeContext
from swarm.effects import Effect, Mark
from swarm.proposals import AnyProposal, Save
from swarm.values import Report
from swarm.world import NoWorld

REPORT = 200

Body = Callable[[NodeContext], Awaitable[Report]]


class Desk(NoWorld):
    """A world where saving a text has it for its result; it changes nothing, or counts as one that does."""

    def __init__(self, *, acts: bool = False) -> None:
        self.acts = acts

    async def perform(self, proposal: AnyProposal, mark: Mark) -> Effect:
        assert isinstance(proposal, Save)
        return Effect(value={"report": proposal.text})


def text_of(mode: str, number: int) -> str:
    text = f"report {number}"
    return text if mode == "small" else text.ljust(REPORT, "x")


async def keep(node: NodeContext, report: Report, reason: str) -> Report:
    return report


async def take(node: NodeContext, mode: str, steps: int, gathered: list[str]) -> None:
    """Takes so many approved steps."""
    for _ in range(steps):
        proposal = Save(name="report", text=text_of(mode, len(gathered)))
        result = await node.gated(proposal)
        gathered.append(result.value["report"])


def _told(mode: str) -> Body:
    """An action that takes steps as the standard input says, and answers with the time that they took."""

    async def told(node: NodeContext) -> Report:
        gathered: list[str] = []
        while line := await asyncio.to_thread(sys.stdin.readline):
            began = time.perf_counter()
            await take(node, mode, int(line), gathered)
            print(json.dumps({"seconds": time.perf_counter() - began}), flush=True)
        return Report(outcome="done", summary=f"{len(gathered)} reports")

    return told


async def main(mode: str, place: Path) -> None:
    actions = {"root": Action("root", _told(mode), keep)}
    async with engine(place, actions, Desk(acts=mode == "acting")) as running:
        await deciding(running)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
