"""Nodes go on before what they wrote is on disk, and act on nothing that is not; a step costs few appends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from swarm import frames as f
from swarm.context import NodeContext
from swarm.effects import Effect, Mark
from swarm.errors import WriteFailed
from swarm.proposals import AnyProposal, Save
from swarm.values import Report
from swarm.world import NoWorld
from tests.engine import kit
from tests.engine.doubles import Mortal, Scripted, Shelf
from tests.engine.kit import Stage, child, done
from tests.engine.recount import check_history

SAVE = Save(name="a", text="b")


class Counting(Mortal):
    """A log that remembers the kinds of each group; it may be held up, and may fail when it goes on."""

    def __init__(self, frames: Sequence[bytes]) -> None:
        super().__init__(frames)
        self.groups: list[list[str]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def append(self, run: str, expected: int, frames: Sequence[bytes]) -> int:
        self.groups.append([f.decode(line).kind for line in frames])
        await self.open.wait()
        return await super().append(run, expected, frames)


class Inert(NoWorld):
    """Effects that change nothing outside of the history."""

    def __init__(self) -> None:
        self.performed = 0

    async def perform(self, proposal: AnyProposal, mark: Mark) -> Effect:
        self.performed += 1
        return Effect(value={})


async def _saves(node: NodeContext) -> Report:
    for _ in range(3):
        await node.gated(SAVE)
    return done()


async def _thinks(node: NodeContext) -> Report:
    await node.gated(SAVE)
    return done(await kit.query(node))


async def _fans(node: NodeContext) -> Report:
    await node.spawn([child("leaf")])
    await node.gated(SAVE)
    return done()


async def _groups(stage: Stage, kind: str) -> list[list[str]]:
    """What was written from each decision on a gate of a kind up to the next thing that waits for a human."""
    log = Counting(stage.log.lines)
    found: list[list[str]] = []
    async with stage.open(log) as engine:
        while not (state := await kit.settled(engine)).ended:
            (gate,) = [state.gates[name] for name in state.open_gates]
            log.groups.clear()
            await engine.do(kit.approve(gate))
            await kit.settled(engine)
            if gate.kind == kind:
                found = [*log.groups]
    check_history(log.frames)
    return found


async def _last_save(world: NoWorld) -> list[list[str]]:
    return await _groups(Stage({"root": _saves}, world=world), "save")


async def test_a_step_that_changes_nothing_outside_of_the_history_costs_one_append() -> None:
    assert await _last_save(Inert()) == [["gate.decided", "step.ended", "gate.opened"]]


async def test_a_step_that_acts_costs_two_the_intent_with_the_decision_and_the_result_with_what_comes_next() -> None:
    assert await _last_save(Shelf()) == [["gate.decided", "step.begun"], ["step.ended", "gate.opened"]]


async def test_an_end_wakes_the_parent_within_its_own_append() -> None:
    groups = await _groups(Stage({"root": _fans, "leaf": kit.leaf}, world=Inert(), level="step"), "terminate")
    assert groups == [["gate.decided", "node.ended", "run.ended"]]
    stage = Stage({"root": _fans, "leaf": kit.leaf}, world=Inert())
    log = Counting(stage.log.lines)
    async with stage.open(log) as engine:
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
        gate = kit.gate_of(await kit.settled(engine), "terminate")
        log.groups.clear()
        await engine.do(kit.approve(gate))
    assert log.groups == [["gate.decided", "node.ended", "step.ended", "gate.opened"]]


async def _held(world: Shelf | Inert, body: kit.Body, model: Scripted, fails: bool) -> tuple[Stage, Any, list[Any]]:
    """A decision whose write is held up: what was done, seen and acknowledged meanwhile, and after it went on."""
    stage = Stage({"root": body}, world=world, model=model)
    log = Counting(stage.log.lines)
    seen: list[Any] = []
    async with stage.open(log) as engine:
        gate = kit.gate_of(await kit.settled(engine), "save")
        log.open.clear()
        told = asyncio.create_task(engine.do(kit.approve(gate)))
        for _ in range(50):
            await asyncio.sleep(0)
        assert log.groups[-1][0] == "gate.decided"
        seen.append((told.done(), len(engine.state.open_gates), len(model.asked), _performed(world)))
        if fails:
            log.last = len(log.lines) - 1
        log.open.set()
        result = (await asyncio.gather(told, return_exceptions=True))[0]
        if fails:
            with pytest.raises(WriteFailed):
                await kit.settled(engine)
        else:
            await kit.settled(engine)
        seen.append((len(model.asked), _performed(world)))
    stage.log = Mortal(log.lines)
    return stage, result, seen


def _performed(world: Shelf | Inert) -> int:
    return len(world.performed) if isinstance(world, Shelf) else world.performed


@pytest.mark.parametrize("fails", [False, True])
async def test_nothing_is_done_shown_or_acknowledged_while_the_decision_is_not_on_disk(fails: bool) -> None:
    stage, result, seen = await _held(Shelf(), _saves, Scripted(), fails)
    assert seen[0] == (False, 1, 0, 0)
    assert seen[1] == (0, 0 if fails else 1)
    assert isinstance(result, WriteFailed) if fails else result is None
    assert (await stage.finish()).status == "done"
    assert _performed(stage.world) == 3  # type: ignore[arg-type]


@pytest.mark.parametrize("fails", [False, True])
async def test_a_node_that_ran_ahead_calls_no_model_before_it_is_on_disk(fails: bool) -> None:
    model = Scripted()
    stage, result, seen = await _held(Inert(), _thinks, model, fails)
    assert seen == [(False, 1, 0, 1), (0 if fails else 1, 1)]
    assert isinstance(result, WriteFailed) if fails else result is None
    assert (await stage.finish()).status == "done"
    assert len(model.asked) == 1
    check_history(stage.frames)


async def test_who_runs_far_ahead_is_held_up() -> None:
    async def root(node: NodeContext) -> Report:
        for _ in range(500):
            await node.gated(SAVE)
        return done()

    stage = Stage({"root": root}, world=Inert(), level="auto")
    log = Counting(stage.log.lines)
    async with stage.open(log) as engine:
        assert (await kit.settled(engine)).status == "done"
    assert len(log.groups) > 5
    assert max(map(len, log.groups)) < 100


async def test_a_command_that_is_sent_again_while_its_write_fails_is_not_acknowledged() -> None:
    stage = Stage({"root": _saves}, world=Inert())
    log = Counting(stage.log.lines)
    async with stage.open(log) as engine:
        command = kit.approve(kit.gate_of(await kit.settled(engine), "save"))
        log.open.clear()
        first, again = (asyncio.create_task(engine.do(command)) for _ in range(2))
        await asyncio.sleep(0)
        log.last = len(log.lines) - 1
        log.open.set()
        results = await asyncio.gather(first, again, return_exceptions=True)
    assert [type(result) for result in results] == [WriteFailed, WriteFailed]
