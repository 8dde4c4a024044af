"""Random decisions, crashes and failures in any order: no counter drifts, nothing hangs, every node ends once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swarm import commands as c
from swarm.context import NodeContext
from swarm.effects import Effect, Mark
from swarm.engine import Engine
from swarm.errors import HistoryError, Refused
from swarm.proposals import (
    AnyProposal,
    Failure,
    Run,
    Spawn,
    Terminate,
    Write,
)
from swarm.results import Pair
from swarm.state import Gate, Swarm
from swarm.values import LEVELS, Ask, Limits, Report
from tests.engine import kit
from tests.engine.doubles import Mortal, Shelf
from tests.engine.kit import Stage, child, done, write_child
from tests.engine.recount import check_history

# A tree of all kinds of steps, and random decisions on it


async def _root(node: NodeContext) -> Report:
    _, first = await node.spawn([child("mixed", "one"), child("mixed", "two"), child("asks", "three")], key="first")

    def fails(second: Sequence[Pair]) -> str:
        return ", ".join(child.directive for child, report in (*first, *second) if report.outcome == "failed")

    await node.spawn([write_child("a"), child("breaks", "four")], key="second", fails=fails)
    return done("all")


async def _mixed(node: NodeContext) -> Report:
    await kit.query(node)
    result, pairs = await node.spawn([child("leaf", f"{node.directive}.{index}") for index in range(2)])
    await node.run(Run(title=f"run {node.directive}", script="true"))
    return done(f"{result.outcome} {len(pairs)}")


async def _asks(node: NodeContext) -> Report:
    answers = await node.ask([Ask(name="a", text="a?", choices=("x", "y")), Ask(name="b", text="b?", default="z")])
    await node.together(
        *(node.run(Run(title=name, script=name, readonly=True), key=name) for name in answers),
    )
    return done(str(answers))


async def _breaks(node: NodeContext) -> Report:
    if node.node.attempt == 1:
        raise ValueError("broken\nbadly")
    return done("mended")


ACTIONS = {"root": _root, "mixed": _mixed, "asks": _asks, "breaks": _breaks, "write": kit.write, "leaf": kit.leaf}


def _edited(gate: Gate) -> Any:
    match gate.proposal:
        case Spawn(children=children):
            return Spawn(children=(*children[1:], child("leaf", "added")))
        case Terminate(report=report):
            return Terminate(report=report.model_copy(update={"summary": "edited"}))
        case Write() as write:
            return write.model_copy(update={"content": "edited"})
        case Run() as run:
            return run.model_copy(update={"script": "edited"})
        case Failure() as failure:
            return failure.model_copy(update={"directive": "edited"})
    return None


def _decision(pick: Random, state: Swarm) -> c.Command:
    gates = [state.gates[name] for name in sorted(state.open_gates, key=int)]
    first = pick.choice(gates)
    verb = pick.choice(first.proposal.choices)
    if verb == "edit":
        return kit.edit(first, _edited(first), "because")
    some = [first] if verb == "report" else [first, *pick.choices(gates, k=pick.randint(0, 2))]
    report = done("by hand") if verb == "report" else None
    return c.Decide(gates=kit.seen(*some), verb="choose", choice=verb, reason="because", report=report)


def _command(pick: Random, state: Swarm) -> c.Command:
    live = sorted((node.id for node in state.nodes.values() if node.report is None), key=int)
    node = pick.choice(live)
    kinds = ["decide"] * 12 * bool(state.open_gates) + ["answer"] * 6 * bool(state.open_questions)
    kinds += ["continue"] * 3 * bool(state.paused_run or state.paused) + ["pause", "level", "tell", "retry", "stop"]
    match pick.choice(kinds):
        case "decide":
            return _decision(pick, state)
        case "answer":
            return c.Answer(question=pick.choice(sorted(state.open_questions)), answer="x")
        case "continue":
            return c.Continue(node=pick.choice([None, *sorted(state.paused)]))
        case "pause":
            return c.Pause(node=pick.choice([None, node]))
        case "level":
            return c.SetLevel(node=pick.choice([None, node]), level=pick.choice(LEVELS))
        case "tell":
            return c.Tell(node=node, text="a note")
        case "retry":
            return c.Retry(node=node, keep=bool(pick.getrandbits(1)))
    return c.Stop(node=node, reason="enough") if node != "1" or bool(pick.getrandbits(1)) else c.Pause()


async def _random_commands(pick: Random, engine: Engine) -> None:
    for _ in range(pick.randint(5, 40)):
        if bool(pick.getrandbits(1)):
            await kit.settled(engine)
        if engine.ledger.head.ended:
            return
        try:
            await engine.do(_command(pick, engine.ledger.head))
        except Refused:
            continue


async def _unpause(engine: Engine) -> None:
    for node in (None, *sorted(engine.ledger.head.paused)):
        with suppress(Refused):
            await engine.do(c.Continue(node=node))


class _Fragile(Shelf):
    """Effects fail now and then."""

    def __init__(self, pick: Random) -> None:
        super().__init__()
        self._pick = pick
        self.provable = bool(pick.getrandbits(1))

    async def perform(self, proposal: AnyProposal, mark: Mark) -> Effect:
        await asyncio.sleep(0)
        if self._pick.random() < 0.1:
            raise OSError("the disk is\nfull")
        return await super().perform(proposal, mark)


async def _interleaved(pick: Random) -> Stage:
    """A run in a few sessions, some of which end with a crash, and a last one that drives it to its end."""
    level = pick.choice(LEVELS)
    stage = Stage(ACTIONS, world=_Fragile(pick), level=level, limits=Limits(nodes=pick.choice([8, 200])))
    for _ in range(pick.randint(1, 3)):
        last = len(stage.log.lines) + pick.randint(3, 60)
        log = Mortal(stage.log.lines, pick.choice([None, last]), lag=pick.randint(0, 5))
        with suppress(HistoryError):
            async with stage.open(log) as engine:
                await _random_commands(pick, engine)
        stage.log = Mortal(log.lines)
        if stage.state.ended:
            return stage
    async with stage.open() as engine:
        await _unpause(engine)
        await kit.drive(engine)
    return stage


_CAMPAIGN = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


@settings(max_examples=25, derandomize=True, **_CAMPAIGN)
@given(st.randoms(use_true_random=False))
def test_counters_hold_under_any_interleaving_of_decisions_and_crashes_and_every_node_ends_once(pick: Random) -> None:
    stage = asyncio.run(_interleaved(pick))
    assert check_history(stage.frames).ended


@pytest.mark.soak
@settings(max_examples=3000, **_CAMPAIGN)
@given(st.integers(0, 10**12))
def test_counters_hold_in_a_long_campaign(seed: int) -> None:
    stage = asyncio.run(_interleaved(Random(seed)))
    assert check_history(stage.frames).ended
