"""Limits on nodes, depth, fan-out and attempts: where one would be passed, the run asks."""

from __future__ import annotations

from typing import Any

import pytest

from swarm import commands as c
from swarm.context import NodeContext
from swarm.state import Gate, Swarm
from swarm.values import Child, Limits, Report
from tests.engine import kit
from tests.engine.doubles import Mortal
from tests.engine.kit import Stage, child, done
from tests.engine.recount import check_history


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
    "nodes": (kit.fan, Limits(nodes=5), "9 nodes of 5"),
    "fan_out": (kit.fan, Limits(fan_out=7), "8 children at once of 7"),
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
    check_history(stage.frames)


@pytest.mark.parametrize("name", _LIMITED)
async def test_a_limit_that_is_not_raised_ends_the_run_over_budget(name: str) -> None:
    stage = _limited(name)
    async with stage.open() as engine:
        gate = kit.gate_of(await _to_the_limit(engine), "budget")
        await engine.do(kit.choose(gate, "stop"))
        state = await kit.settled(engine)
    assert (state.status, state.why) == ("over_budget", f"stopped at a limit: {_LIMITED[name][2]}")
    check_history(stage.frames)


@pytest.mark.parametrize("name", ["nodes", "fan_out", "depth"])
async def test_at_auto_a_limit_is_the_end(name: str) -> None:
    stage = _limited(name, level="auto")
    async with stage.open() as engine:
        state = await kit.settled(engine)
    assert state.status == "over_budget"
    assert kit.kinds(stage.frames).count("run.ended") == 1
    check_history(stage.frames)


async def test_successors_are_no_deeper_and_pass_no_limit() -> None:
    stage = Stage({"root": _rounds}, level="auto", limits=Limits(depth=1))
    state = await stage.finish()
    assert (state.status, state.nodes["1"].report) == ("done", done(value=0))


async def test_of_several_nodes_at_a_limit_one_raise_lets_all_go_on_and_no_gate_stays_behind() -> None:
    async def root(node: NodeContext) -> Report:
        await node.spawn([child("fan", "2"), child("fan", "2"), child("fan", "2")])
        return done()

    stage = Stage({"root": root, "fan": kit.fan, "leaf": kit.leaf}, level="questions", limits=Limits(nodes=5))
    async with stage.open() as engine:
        state = await kit.settled(engine)
        gates = [state.gates[gate] for gate in sorted(state.open_gates, key=int)]
        assert [gate.kind for gate in gates] == ["budget"] * 3
        await engine.do(kit.choose(gates[0], "raise"))
        state = await kit.settled(engine)
    assert (state.status, len(state.nodes)) == ("done", 10)
    assert sorted(state.gates[gate.id].status for gate in gates) == ["applied", "withdrawn", "withdrawn"]
    check_history(stage.frames)


async def test_nodes_that_spawn_in_the_same_moment_do_not_pass_a_limit_together() -> None:
    async def root(node: NodeContext) -> Report:
        await node.spawn([child("fan", "3"), child("fan", "3"), child("fan", "3")])
        return done()

    stage = Stage({"root": root, "fan": kit.fan, "leaf": kit.leaf}, level="questions", limits=Limits(nodes=8))
    stage.log = Mortal(stage.log.lines, lag=5)
    async with stage.open() as engine:
        state = await kit.settled(engine)
        assert len(state.nodes) <= 8
        assert {state.gates[gate].kind for gate in state.open_gates} == {"budget"}
