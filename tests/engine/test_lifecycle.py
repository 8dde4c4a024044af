"""The history has one writer, every node ends once, and joins wake a parent once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from swarm import commands as c
from swarm import frames as f
from swarm.context import NodeContext
from swarm.errors import Conflict, HistoryError, Refused, WriteFailed
from swarm.fold import fold
from swarm.proposals import AnyProposal
from swarm.state import Swarm
from swarm.values import Limits, Report
from tests.engine import kit
from tests.engine.doubles import Mortal, Shelf
from tests.engine.kit import Stage, child, done, write_child
from tests.engine.recount import check_history


def _fanned(count: int, **start: Any) -> Stage:
    return Stage({"root": kit.fan, "leaf": kit.leaf}, goal=str(count), **start)


# The history


async def test_a_second_writer_is_found_out_at_its_first_append_and_writes_nothing() -> None:
    stage = _fanned(2)
    async with stage.open() as first:
        await kit.settled(first)
        async with stage.open() as second:
            await second.do(c.Pause())
            with pytest.raises(Conflict):
                await first.do(kit.approve(kit.gate_of(first.state, "spawn")))
            with pytest.raises(Conflict):
                await kit.settled(first)
            lines = list(stage.log.lines)
            with pytest.raises(Conflict):
                await first.do(c.Tell(node="1", text="anybody there?"))
            assert stage.log.lines == lines
    check_history(stage.frames)


async def test_a_command_id_is_taken_once_also_after_a_restart() -> None:
    stage = _fanned(2)
    pause = c.Pause()
    async with stage.open() as engine:
        await asyncio.gather(*(engine.do(pause) for _ in range(5)))
    async with stage.open() as engine:
        await engine.do(pause)
        await engine.do(c.Continue())
        await engine.do(pause)
        assert not engine.state.paused_run
    assert kit.kinds(stage.frames).count("node.paused") == 1


async def test_a_reader_gets_every_frame_once_however_late_it_comes() -> None:
    stage = _fanned(30, limits=Limits(fan_out=30), level="auto")

    async def read(since: int) -> list[int]:
        found: list[int] = []
        async for frames in engine.follow(since):
            found += [frame.frame for frame in frames]
            await asyncio.sleep(0)
            if any(isinstance(frame, f.RunEnded) for frame in frames):
                return found
        return found

    async with stage.open() as engine:
        readers = [asyncio.create_task(read(since)) for since in (-1, 1, 5)]
        state = await kit.settled(engine)
        late = await read(3)
        found = await asyncio.gather(*readers)
    assert [*found, late] == [list(range(since + 1, state.frame + 1)) for since in (-1, 1, 5, 3)]


async def test_the_state_at_a_frame_is_the_fold_up_to_it() -> None:
    stage = _fanned(2)
    await stage.finish()
    frames = stage.frames
    async with stage.open() as engine:
        for number in range(len(frames)):
            assert await engine.at(number) == fold(frames[: number + 1])


async def test_when_the_disk_fails_everybody_who_waits_is_told_and_nothing_more_is_taken() -> None:
    stage = _fanned(3)
    whole = len(stage.log.lines)
    async with stage.open(Mortal(stage.log.lines, whole + 1)) as engine:
        reader = asyncio.create_task(_count(engine.follow()))
        with pytest.raises(WriteFailed, match="the disk is full"):
            await kit.settled(engine)
        assert await asyncio.wait_for(reader, kit.PATIENCE) == whole + 1
        with pytest.raises(WriteFailed):
            await engine.do(c.Pause())
        assert engine.state.frame == engine.ledger.head.frame == whole
        assert "the disk is full" in engine.problem


async def _count(batches: Any) -> int:
    """How many frames come before it is said that no more will."""
    count = 0

    async def take() -> None:
        nonlocal count
        async for frames in batches:
            count += len(frames)

    with pytest.raises(WriteFailed, match="the disk is full"):
        await take()
    return count


async def test_a_log_that_breaks_in_a_way_of_its_own_stops_the_run_as_well() -> None:
    class Broken(Mortal):
        async def append(self, run: str, expected: int, frames: Sequence[bytes]) -> int:
            raise OSError("the line went dead")

    stage = _fanned(3)
    with pytest.raises(HistoryError, match="the line went dead"):
        async with stage.open(Broken(stage.log.lines)) as engine:
            await kit.settled(engine)


async def test_a_fault_of_who_listens_stops_the_run_and_is_told_to_everybody() -> None:
    stage = _fanned(3)
    async with stage.open() as engine:
        await kit.settled(engine)

        def broken(frames: Sequence[f.Frame], state: Swarm) -> None:
            raise ValueError("broken\nbadly")

        engine.ledger.listen(broken)
        await engine.do(c.Tell(node="1", text="hear this"))
        words = "a fault in the program \\(ValueError: broken badly\\)"
        with pytest.raises(HistoryError, match=words):
            await asyncio.wait_for(engine.do(c.Tell(node="1", text="and this")), kit.PATIENCE)
        with pytest.raises(HistoryError, match=words):
            await kit.settled(engine)
        with pytest.raises(HistoryError, match=words):
            await kit.until(engine, lambda state: False)
        assert engine.state.notes["1", 0].text == "hear this"


async def test_a_closed_engine_leaves_nothing_behind_that_still_works() -> None:
    stage = _fanned(5)
    stage.log = Mortal(stage.log.lines, lag=3)
    async with stage.open() as engine:
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
        before = asyncio.all_tasks()
    assert not [task for task in before if task is not asyncio.current_task() and not task.done()]
    lines = len(stage.log.lines)
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(stage.log.lines) == lines


# Joins


@pytest.mark.parametrize("lag", [0, 4])
async def test_branches_that_finish_in_the_same_moment_wake_their_parent_once(lag: int) -> None:
    woken: list[int] = []

    async def root(node: NodeContext) -> Report:
        _, pairs = await node.spawn([child("leaf", str(number)) for number in range(5)])
        woken.append(len(pairs))
        return done()

    stage = Stage({"root": root, "leaf": kit.leaf})
    stage.log = Mortal(stage.log.lines, lag=lag)
    async with stage.open() as engine:
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
        ends = [gate for gate in (await kit.settled(engine)).gates.values() if gate.kind == "terminate"]
        assert len(ends) == 5
        await asyncio.gather(*(engine.do(kit.approve(gate)) for gate in ends))
        await kit.settled(engine)
    assert woken == [5]
    joins = [frame for frame in stage.frames if isinstance(frame, f.StepEnded) and frame.step == "spawn"]
    assert len(joins) == 1
    check_history(stage.frames)


async def test_a_parent_that_had_stopped_waiting_is_not_woken_by_its_children() -> None:
    stage = _fanned(2)
    async with stage.open() as engine:
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
        ends = [gate for gate in (await kit.settled(engine)).gates.values() if gate.kind == "terminate"]
        stop, approve = c.Stop(node="1", reason="enough"), kit.approve(ends[0])
        results = await asyncio.gather(engine.do(stop), engine.do(approve), return_exceptions=True)
        assert [type(result) for result in results] == [type(None), *[type(results[1])]]
        assert isinstance(results[1], Refused)
        assert (await kit.settled(engine)).status == "stopped"
    check_history(stage.frames)


async def test_a_thousand_leaves_run_to_the_end() -> None:
    stage = _fanned(1000, level="auto", limits=Limits(nodes=1001, fan_out=1000))
    state = await stage.finish()
    assert (state.status, len(state.nodes)) == ("done", 1001)
    assert state.nodes["1"].report == done("1000 of 1000")


async def test_a_thousand_gates_that_are_open_at_once_are_all_decided() -> None:
    stage = _fanned(1000, limits=Limits(nodes=1001, fan_out=1000))
    async with stage.open() as engine:
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
        state = await kit.settled(engine)
        assert len(state.open_gates) == 1000
        await engine.do(kit.approve(*(state.gates[gate] for gate in state.open_gates)))
        assert (await kit.drive(engine)).status == "done"


async def test_a_chain_of_fifteen_hundred_nodes_runs_to_the_end_and_can_be_taken_up_again() -> None:
    deep = 1500

    async def down(node: NodeContext) -> Report:
        left = int(node.directive)
        if not left:
            return done("the bottom", value=node.node.depth)
        _, pairs = await node.spawn([child("root", str(left - 1))])
        return pairs[0][1]

    stage = Stage({"root": down}, goal=str(deep), level="auto", limits=Limits(nodes=2000, depth=2000))
    stage.log = Mortal(stage.log.lines, last=5 * deep)
    with pytest.raises(WriteFailed):
        await stage.finish()
    stage.log = Mortal(stage.log.lines)
    state = await stage.finish()
    assert (state.status, len(state.nodes)) == ("done", deep + 1)
    assert state.nodes["1"].report == done("the bottom", value=deep)


async def test_writing_nodes_take_turns() -> None:
    inside = 0

    async def alone(proposal: AnyProposal) -> None:
        nonlocal inside
        inside += 1
        assert inside == 1
        await asyncio.sleep(0)
        inside -= 1

    async def root(node: NodeContext) -> Report:
        await node.spawn([write_child(str(number)) for number in range(6)])
        return done()

    stage = Stage({"root": root, "write": kit.write}, level="auto", world=Shelf())
    stage.world.before = alone
    assert (await stage.finish()).status == "done"
    assert len(stage.world.files) == 6
