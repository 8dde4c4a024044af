"""Nodes are spawned, run, paused, stopped and joined; limits hold; the history has one writer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from swarm import commands as c
from swarm import frames as f
from swarm.context import NodeContext
from swarm.errors import Conflict, MergeRefused, Refused, WriteFailed
from swarm.fold import fold
from swarm.models.base import Request
from swarm.proposals import AnyProposal, Merge, Run
from swarm.state import Gate, Swarm
from swarm.values import Child, Limits, Report
from tests.engine import kit
from tests.engine.kit import Mortal, Scripted, Shelf, Stage, child, done, write_child

_BEGINNINGS = (f.NodeStarted, f.StepBegun, f.NodeSpawned)


async def _fan(node: NodeContext) -> Report:
    count = int(node.directive)
    _, pairs = await node.spawn([child("leaf", str(number)) for number in range(count)])
    return done(f"{len(pairs)} of {count}")


def _fanned(count: int, **start: Any) -> Stage:
    return Stage({"root": _fan, "leaf": kit.leaf}, goal=str(count), **start)


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
    kit.check_history(stage.frames)


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
        assert await asyncio.wait_for(reader, kit.PATIENCE) == whole + 2
        with pytest.raises(WriteFailed):
            await engine.do(c.Pause())
        assert engine.state.frame == engine.ledger.head.frame == whole + 1


async def _count(batches: Any) -> int:
    return sum([len(frames) async for frames in batches])


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
    kit.check_history(stage.frames)


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
    kit.check_history(stage.frames)


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


# Pausing and stopping


async def _thinks(node: NodeContext) -> Report:
    await kit.query(node)
    await node.run(Run(title=node.directive, script="true"))
    return done(node.directive)


async def _two(node: NodeContext) -> Report:
    _, pairs = await node.spawn([child("thinks", "left"), child("thinks", "right")])
    return done(" ".join(f"{child.directive}: {report.outcome}" for child, report in pairs))


def _paused_stage(**start: Any) -> Stage:
    return Stage({"root": _two, "thinks": _thinks}, world=Shelf(), **start)


def _begun(stage: Stage, since: int, *nodes: str) -> list[str]:
    return [
        f"{frame.kind} {frame.node}"
        for frame in stage.frames[since:]
        if isinstance(frame, _BEGINNINGS) and (not nodes or frame.node in nodes)
    ]


@pytest.mark.parametrize("restarted", [False, True])
async def test_nothing_begins_while_the_run_is_paused(restarted: bool) -> None:
    stage = _paused_stage()
    async with stage.open() as engine:
        state = await kit.settled(engine)
        await engine.do(c.Pause())
        await engine.do(kit.approve(kit.gate_of(state, "spawn")))
        assert (await kit.settled(engine)).status == "paused"
    if restarted:
        async with stage.open() as engine:
            assert (await kit.settled(engine)).status == "paused"
    paused = next(frame.frame for frame in stage.frames if isinstance(frame, f.Paused))
    assert _begun(stage, paused) == []
    async with stage.open() as engine:
        await engine.do(c.Continue())
        assert (await kit.drive(engine)).status == "done"
    kit.check_history(stage.frames)


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_paused_subtree_begins_nothing_and_holds_up_nobody_else(restarted: bool) -> None:
    stage = _paused_stage()
    async with stage.open() as engine:
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
        state = await kit.settled(engine)
        left, right = kit.gate_of(state, "run", "2"), kit.gate_of(state, "run", "3")
        await engine.do(c.Pause(node="2"))
        if not restarted:
            await engine.do(kit.approve(left, right))
            await kit.settled(engine)
    if restarted:
        async with stage.open() as engine:
            await engine.do(kit.approve(left, right))
            await kit.settled(engine)
    async with stage.open() as engine:
        state = await kit.settled(engine)
        assert (state.nodes["2"].status, state.nodes["3"].status) == ("paused", "waiting_gate")
        paused = next(frame.frame for frame in stage.frames if isinstance(frame, f.Paused))
        assert _begun(stage, paused, "2") == []
        await engine.do(c.Continue(node="2"))
        assert (await kit.drive(engine)).nodes["1"].report == done("left: done right: done")
    kit.check_history(stage.frames)


async def test_a_pause_above_holds_a_node_that_was_continued_itself() -> None:
    stage = _paused_stage()
    async with stage.open() as engine:
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
        state = await kit.settled(engine)
        await engine.do(c.Pause(node="1"))
        await engine.do(c.Pause(node="2"))
        await engine.do(c.Continue(node="2"))
        await engine.do(kit.approve(kit.gate_of(state, "run", "2")))
        state = await kit.settled(engine)
        assert (state.idle, state.steps["2", 2].begun) == (True, -1)
        await engine.do(c.Continue(node="1"))
        assert (await kit.drive(engine)).status == "done"


async def test_stopping_a_subtree_ends_it_and_the_rest_goes_on() -> None:
    stage = _paused_stage()
    async with stage.open() as engine:
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
        await kit.settled(engine)
        await engine.do(c.Stop(node="2", reason="not needed"))
        state = await kit.drive(engine)
    assert state.nodes["2"].report == Report(outcome="stopped", summary="not needed")
    assert state.nodes["1"].report == done("left: stopped right: done")
    kit.check_history(stage.frames)


async def test_stopping_the_run_ends_every_node_and_takes_back_every_gate_and_question() -> None:
    stage = _paused_stage()
    async with stage.open() as engine:
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
        await kit.settled(engine)
        await engine.do(c.Stop(reason="enough"))
        state = await kit.settled(engine)
    assert (state.status, state.why, state.waiting) == ("stopped", "enough", 0)
    assert {node.status for node in state.nodes.values()} == {"stopped"}
    kit.check_history(stage.frames)


@pytest.mark.parametrize("lag", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("turns", [0, 1, 2, 3, 4])
async def test_a_stop_that_comes_while_a_node_goes_on_leaves_no_node_and_no_gate_behind(lag: int, turns: int) -> None:
    stage = _paused_stage()
    stage.log = Mortal(stage.log.lines, lag=lag)
    async with stage.open() as engine:
        spawn = kit.gate_of(await kit.settled(engine), "spawn")
        approving = asyncio.create_task(engine.do(kit.approve(spawn)))
        for _ in range(turns * (lag + 1)):
            await asyncio.sleep(0)
        await engine.do(c.Stop(node="1", reason="enough"))
        await asyncio.gather(approving, return_exceptions=True)
        assert (await kit.settled(engine)).status == "stopped"
    kit.check_history(stage.frames)


async def test_a_stop_takes_back_a_call_that_is_under_way() -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    class Endless(Scripted):
        async def reply(self, request: Request, on_text: Any) -> Any:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

    async def root(node: NodeContext) -> Report:
        return done(await kit.query(node))

    stage = Stage({"root": root}, model=Endless())
    async with stage.open() as engine:
        await asyncio.wait_for(begun.wait(), kit.PATIENCE)
        await engine.do(c.Stop(node="1"))
        await asyncio.wait_for(cancelled.wait(), kit.PATIENCE)
        assert (await kit.settled(engine)).status == "stopped"
    kit.check_history(stage.frames)


# Levels and limits


async def test_a_child_starts_with_the_level_of_its_parent_and_a_tighter_one_holds_for_what_comes_later() -> None:
    stage = _paused_stage(level="effects")
    async with stage.open() as engine:
        await kit.settled(engine)
        await engine.do(c.SetLevel(node="2", level="step"))
        with pytest.raises(Refused, match="may not be looser than what is above it \\(effects\\)"):
            await engine.do(c.SetLevel(node="3", level="auto"))
        await engine.do(c.SetLevel(level="auto"))
        state = await kit.settled(engine)
        assert [state.nodes[node].level for node in "123"] == ["auto", "step", "auto"]
        await engine.do(kit.approve(kit.gate_of(state, "run", "2"), kit.gate_of(state, "run", "3")))
        state = await kit.settled(engine)
        assert (state.nodes["2"].status, state.nodes["3"].status) == ("waiting_gate", "done")


def _round(number: int) -> Child:
    return child("root", str(number), arguments={"round": number})


async def _rounds(node: NodeContext) -> Report:
    number = node.child.arguments.get("round", 1)
    if number < 5:
        _, pairs = await node.spawn([_round(number + 1)])
        return pairs[0][1]
    return done(value=node.node.depth)


async def _deep(node: NodeContext) -> Report:
    if node.node.depth < 4:
        await node.spawn([child("root", "deeper")])
    return done(value=node.node.depth)


async def _fails_twice(node: NodeContext) -> Report:
    if node.node.attempt < 4:
        raise ValueError("again")
    return done()


_LIMITED: dict[str, tuple[kit.Body, Limits, str]] = {
    "nodes": (_fan, Limits(nodes=5), "9 nodes of 5"),
    "fan_out": (_fan, Limits(fan_out=7), "8 children at once of 7"),
    "depth": (_deep, Limits(depth=3), "depth 4 of 3"),
    "attempts": (_fails_twice, Limits(attempts=3), "attempt 4 of 3"),
}


def _limited(name: str, **start: Any) -> Stage:
    body, limits, _ = _LIMITED[name]
    return Stage({"root": body, "leaf": kit.leaf}, goal="8", limits=limits, **start)


def _retries(state: Swarm, gate: Gate) -> c.Decide:
    return kit.choose(gate, "retry") if gate.kind == "failure" else kit.yes(state, gate)


async def _to_the_limit(engine: Any) -> Swarm:
    while not kit.waits_at("budget")(state := await kit.settled(engine)):
        due = [state.gates[gate] for gate in sorted(state.open_gates, key=int)]
        await engine.do(_retries(state, due[0]))
    return state


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("name", _LIMITED)
async def test_a_limit_that_would_be_passed_asks_and_once_raised_the_run_goes_on(name: str, restarted: bool) -> None:
    stage = _limited(name)
    async with stage.open() as engine:
        state = await _to_the_limit(engine)
        gate = kit.gate_of(state, "budget")
        assert gate.proposal.why == _LIMITED[name][2]
        assert state.status == "waiting"
        if not restarted:
            await engine.do(kit.choose(gate, "raise"))
            assert (await kit.drive(engine, _retries)).status == "done"
    if restarted:
        async with stage.open() as engine:
            await engine.do(kit.choose(gate, "raise"))
            assert (await kit.drive(engine, _retries)).status == "done"
    assert kit.kinds(stage.frames).count("limits.raised") == 1
    kit.check_history(stage.frames)


@pytest.mark.parametrize("name", _LIMITED)
async def test_a_limit_that_is_not_raised_ends_the_run_over_budget(name: str) -> None:
    stage = _limited(name)
    async with stage.open() as engine:
        gate = kit.gate_of(await _to_the_limit(engine), "budget")
        await engine.do(kit.choose(gate, "stop"))
        state = await kit.settled(engine)
    assert (state.status, state.why) == ("over_budget", f"stopped at a limit: {_LIMITED[name][2]}")
    kit.check_history(stage.frames)


@pytest.mark.parametrize("name", ["nodes", "fan_out", "depth"])
async def test_at_auto_a_limit_is_the_end(name: str) -> None:
    stage = _limited(name, level="auto")
    async with stage.open() as engine:
        state = await kit.settled(engine)
    assert state.status == "over_budget"
    assert kit.kinds(stage.frames).count("run.ended") == 1
    kit.check_history(stage.frames)


async def test_successors_are_no_deeper_and_pass_no_limit() -> None:
    stage = Stage({"root": _rounds}, level="auto", limits=Limits(depth=1))
    state = await stage.finish()
    assert (state.status, state.nodes["1"].report) == ("done", done(value=0))


async def test_of_several_nodes_at_a_limit_one_raise_lets_all_go_on_and_no_gate_stays_behind() -> None:
    async def root(node: NodeContext) -> Report:
        await node.spawn([child("fan", "2"), child("fan", "2"), child("fan", "2")])
        return done()

    stage = Stage({"root": root, "fan": _fan, "leaf": kit.leaf}, level="questions", limits=Limits(nodes=5))
    async with stage.open() as engine:
        state = await kit.settled(engine)
        gates = [state.gates[gate] for gate in sorted(state.open_gates, key=int)]
        assert [gate.kind for gate in gates] == ["budget"] * 3
        await engine.do(kit.choose(gates[0], "raise"))
        state = await kit.settled(engine)
    assert (state.status, len(state.nodes)) == ("done", 10)
    assert sorted(state.gates[gate.id].status for gate in gates) == ["applied", "withdrawn", "withdrawn"]
    kit.check_history(stage.frames)


async def test_nodes_that_spawn_in_the_same_moment_do_not_pass_a_limit_together() -> None:
    async def root(node: NodeContext) -> Report:
        await node.spawn([child("fan", "3"), child("fan", "3"), child("fan", "3")])
        return done()

    stage = Stage({"root": root, "fan": _fan, "leaf": kit.leaf}, level="questions", limits=Limits(nodes=8))
    stage.log = Mortal(stage.log.lines, lag=5)
    async with stage.open() as engine:
        state = await kit.settled(engine)
        assert len(state.nodes) <= 8
        assert {state.gates[gate].kind for gate in state.open_gates} == {"budget"}


# The offer at the end


class _Mergeable(Shelf):
    """Has something to merge, and can be made to refuse it."""

    refuses = ""
    merged = 0

    async def merge_offer(self) -> Merge:
        return Merge(branch="swarm/kit-1", into="main", commits=1, files=("a",))

    async def merge(self, offer: AnyProposal) -> str:
        if self.refuses:
            raise MergeRefused(self.refuses)
        self.merged += 1
        return "c9"


def _merging() -> Stage:
    return Stage({"root": kit.write}, goal="a", level="auto", world=_Mergeable())


async def test_a_run_that_is_done_offers_its_merge_which_is_never_in_the_way_of_its_end() -> None:
    stage = _merging()
    async with stage.open() as engine:
        state = await kit.settled(engine)
        assert (state.status, state.waiting) == ("done", 1)
        await engine.do(kit.approve(kit.gate_of(state, "merge")))
        state = await kit.settled(engine)
    assert (state.merged, stage.world.merged) == ("main", 1)
    async with stage.open() as engine:
        await kit.settled(engine)
    assert stage.world.merged == 1


async def test_a_merge_that_was_approved_at_rest_is_carried_out_by_the_next_process() -> None:
    stage = _merging()
    async with stage.open() as engine:
        gate = kit.gate_of(await kit.settled(engine), "merge")
    stage.log = Mortal(stage.log.lines, len(stage.log.lines) + 1)
    async with stage.open() as engine:
        await engine.do(kit.approve(gate))
        with pytest.raises(WriteFailed):
            await kit.settled(engine)
    stage.world.merged = 0
    stage.log = Mortal(stage.log.lines)
    async with stage.open() as engine:
        assert (await kit.settled(engine)).merged == "main"
    assert stage.world.merged == 1


async def test_a_merge_that_is_refused_changes_nothing_and_its_gate_says_why() -> None:
    stage = _merging()
    stage.world.refuses = "main has moved"
    async with stage.open() as engine:
        gate = kit.gate_of(await kit.settled(engine), "merge")
        await engine.do(kit.approve(gate))
        state = await kit.settled(engine)
    assert (state.merged, state.gates[gate.id].status, state.gates[gate.id].why) == ("", "stale", "main has moved")


async def test_a_run_that_did_not_end_well_offers_no_merge() -> None:
    stage = _merging()
    async with stage.open() as engine:
        await engine.do(c.Stop())
        state = await kit.settled(engine)
    assert (state.status, state.waiting) == ("stopped", 0)


async def test_a_fault_beside_the_nodes_is_told_to_who_waits() -> None:
    class Broken(_Mergeable):
        async def merge_offer(self) -> Merge:
            raise MergeRefused("git says no")

    stage = Stage({"root": kit.write}, goal="a", level="auto", world=Broken())
    async with stage.open() as engine:
        with pytest.raises(MergeRefused, match="git says no"):
            await kit.settled(engine)
    assert stage.state.status == "done"


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
