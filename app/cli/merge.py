"""Taking the work of a run over into the person's branch."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from app.cli import options
from app.cli.steer import receipt, send
from app.cli.workspace import is_live
from app.models import models
from swarm.commands import Command, Decide, OfferMerge, Seen
from swarm.errors import MergeRefused, Refused
from swarm.follower import Follower
from swarm.home import Home
from swarm.proposals import Merge
from swarm.runs import opened
from swarm.state import Gate, Swarm
from swarm.workspace.merge import merge_preview

_PATIENCE = 60.0  # seconds


@click.command("merge")
@click.argument("run")
@options.as_json
@options.root
def merge_command(run: str, root: Path, as_json: bool) -> None:
    """Merge the branch of a run that has ended into yours, however it ended.

    All or nothing: where something would be lost or mixed, nothing is changed.
    """
    home = Home(root)
    name = home.find(run)
    state = home.state(name)
    if not state.ended:
        raise Refused(f"run {name} is {state.status}, not ended: `git merge {state.branch}` takes over what it has")
    gate = _offer(state)
    if gate is None or gate.status == "stale":
        state = _offered(home, name)
        gate = _offer(state)
    assert gate is not None
    if gate.status == "open":
        _look_first(home, state.branch)
        state = send(home, name, Decide(gates=(Seen(gate=gate.id, digest=gate.digest),), verb="approve"))
    if state.gates[gate.id].status == "decided":
        state = _settled(home, name)
    _check(state, state.gates[gate.id])
    receipt(home, state, f"{state.branch} is merged into {state.merged}", as_json=as_json)


def _offer(state: Swarm) -> Gate | None:
    """The newest merge gate."""
    gates = [gate for gate in state.gates.values() if isinstance(gate.proposal, Merge)]
    return max(gates, key=lambda gate: int(gate.id), default=None)


def _look_first(home: Home, branch: str) -> None:
    """Leaves the offer open where the merge could not be made now."""
    if problem := merge_preview(home.repository, branch).problem:
        raise MergeRefused(problem)


def _check(state: Swarm, gate: Gate) -> None:
    if gate.status == "applied" and state.merged:
        return
    by_hand = f"`git merge {state.branch}` does it by hand"
    if gate.decision and gate.decision.verb != "approve":
        raise Refused(f"the offer to merge run {state.run} was rejected: {by_hand}")
    raise MergeRefused(gate.why or f"run {state.run} is not merged yet: {by_hand}")


def _offered(home: Home, run: str) -> Swarm:
    """The run once its merge is offered: by this process, or by the one that has it open."""
    return send(home, run, OfferMerge()) if is_live(home, run) else asyncio.run(_driven(home, run, OfferMerge()))


def _settled(home: Home, run: str) -> Swarm:
    """The run once its merge was carried out: by this process, or by the one that has it open."""
    return asyncio.run(_followed(home, run) if is_live(home, run) else _driven(home, run))


async def _driven(home: Home, run: str, *commands: Command) -> Swarm:
    found = models(home)
    try:
        async with opened(home, run, found) as engine:
            await engine.settled()
            for command in commands:
                await engine.do(command)
            return engine.state
    finally:
        await found.aclose()


async def _followed(home: Home, run: str) -> Swarm:
    async with Follower(home, run) as follower:
        try:
            async with asyncio.timeout(_PATIENCE):
                async for _ in follower.follow():
                    gate = _offer(follower.state)
                    if gate and gate.status != "decided":
                        break
        except TimeoutError:
            pass
        return follower.state
