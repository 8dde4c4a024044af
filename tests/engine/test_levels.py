"""A level that is loosened while gates wait: those that it lets through are decided at once, by its rule."""

from __future__ import annotations

from typing import Any

import pytest

from swarm import commands as c
from swarm import frames as f
from swarm.context import NodeContext
from swarm.engine import Engine
from swarm.state import Swarm
from swarm.values import Ask, Level, Limits, Report
from tests.engine import kit
from tests.engine.doubles import Mortal, Shelf
from tests.engine.kit import Stage, child, done, write_child
from tests.engine.recount import check_history
from tests.engine.test_retry import made, planned, until_gate


async def _root(node: NodeContext) -> Report:
    _, pairs = await node.spawn([child("fan", "2"), child("fan", "1"), write_child("a"), child("breaks")])
    return done(" ".join(report.outcome for _, report in pairs))


async def _breaks(node: NodeContext) -> Report:
    raise ValueError("broken")


def _stage(**start: Any) -> Stage:
    actions = {"root": _root, "fan": kit.fan, "leaf": kit.leaf, "write": kit.write, "breaks": _breaks}
    return Stage(actions, world=Shelf(), **start)


async def _waiting(engine: Engine) -> Swarm:
    """Two spawns, a write with its end foreseen, and a failure wait."""
    await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
    return await kit.settled(engine)


def _open(state: Swarm) -> list[str]:
    return sorted(state.gates[gate].kind for gate in state.open_gates)


_LEFT: dict[Level, tuple[list[str], dict[str, str]]] = {
    "step": (["failure", "spawn", "spawn", "terminate", "write"], {}),
    "guided": (["failure", "spawn", "spawn", "terminate", "write"], {}),
    "effects": (["failure", "write"], {}),
    "questions": (["failure"], {"a": "text of a"}),
    "auto": (["failure"], {"a": "text of a"}),
}


@pytest.mark.parametrize("level", _LEFT)
async def test_the_gates_that_a_looser_level_lets_through_are_decided_with_it_and_no_others(level: Level) -> None:
    stage = _stage()
    async with stage.open() as engine:
        before = await _waiting(engine)
        assert _open(before) == _LEFT["step"][0]
        command = c.SetLevel(level=level)
        await engine.do(command)
        state = await kit.settled(engine)
    assert (_open(state), stage.world.files) == _LEFT[level]
    decided = [frame for frame in stage.frames if isinstance(frame, f.GateDecided) and frame.command == command.id]
    assert len(decided) == 5 - len(_open(state))
    assert {(frame.by, frame.decision) for frame in decided} <= {("rule", "approve")}
    assert all(frame.rule.startswith(f"level {level}: ") for frame in decided)
    check_history(stage.frames)


async def test_a_subtree_that_is_loosened_leaves_the_gates_beside_it_and_one_that_is_tighter_keeps_its_own() -> None:
    async def root(node: NodeContext) -> Report:
        await node.spawn([write_child("a"), write_child("b")])
        return done()

    stage = Stage({"root": root, "write": kit.write}, world=Shelf(), level="effects")
    async with stage.open() as engine:
        await kit.settled(engine)
        await engine.do(c.SetLevel(node="2", level="step"))
        await engine.do(c.SetLevel(level="auto"))
        state = await kit.settled(engine)
        assert ([state.gates[gate].node for gate in state.open_gates], stage.world.files) == (["2"], {"b": "text of b"})
        await engine.do(c.SetLevel(node="2", level="questions"))
        assert (await kit.settled(engine)).status == "done"
    assert check_history(stage.frames).ended


async def test_what_a_child_that_is_only_proposed_would_ask_first_goes_through_with_its_spawn() -> None:
    stage = planned("# One\n\n## Part\n\n```txt a.txt\nx\n```\n\n```sh check\ntrue\n```\n")
    async with stage.open() as engine:
        gate = await until_gate(
            engine, lambda _, gate: gate.kind == "spawn" and gate.proposal.children[0].action == "review_directive"
        )
        (check,) = [other for other in kit.foreseen(engine.state) if other.kind == "run"]
        assert check.node not in engine.state.nodes
        await engine.do(c.SetLevel(level="questions"))
        state = await kit.settled(engine)
    assert (state.status, made(stage)) == ("done", ["a.txt", "true"])
    assert state.gates[gate.id].decision.frame + 1 == state.gates[check.id].decision.frame
    check_history(stage.frames)


async def test_a_level_that_was_set_for_a_node_is_in_force_again_once_what_is_above_it_allows_it() -> None:
    async def root(node: NodeContext) -> Report:
        await node.spawn([child("parent", "a"), child("parent", "b")])
        return done()

    async def parent(node: NodeContext) -> Report:
        await node.spawn([child("asks")])
        return done()

    async def asks(node: NodeContext) -> Report:
        await node.ask([Ask(name="q", text="?")])
        return done()

    stage = Stage({"root": root, "parent": parent, "asks": asks}, level="auto")
    async with stage.open() as engine:
        await kit.settled(engine)
        await engine.do(c.SetLevel(node="2", level="effects"))
        seen = []
        for level in ("step", "effects", "questions", "auto"):
            await engine.do(c.SetLevel(level=level))
            nodes = engine.state.nodes
            child_of = {node.parent: node.level for node in nodes.values()}
            seen.append((nodes["2"].level, child_of["2"], nodes["3"].level))
    assert seen == [
        ("step", "step", "step"),
        ("effects", "effects", "effects"),
        ("effects", "effects", "questions"),
        ("effects", "effects", "auto"),
    ]


async def test_a_limit_that_waits_is_not_the_end_of_a_run_that_is_set_to_auto() -> None:
    stage = Stage({"root": kit.fan, "leaf": kit.leaf}, goal="3", limits=Limits(fan_out=2), level="questions")
    async with stage.open() as engine:
        assert _open(await kit.settled(engine)) == ["budget"]
        await engine.do(c.SetLevel(level="auto"))
        state = await kit.settled(engine)
        assert (state.ended, _open(state)) == (None, ["budget"])


async def test_a_level_whose_approvals_were_cut_off_gives_them_when_the_run_is_taken_up() -> None:
    stage = _stage()
    async with stage.open() as engine:
        await _waiting(engine)
        first = len(stage.log.lines)
        await engine.do(c.SetLevel(level="questions"))
        expected = await kit.settled(engine)
    lines = stage.log.lines
    for last in range(first, first + 5):
        stage.log, stage.world = Mortal(lines[: last + 1]), Shelf()
        async with stage.open() as engine:
            state = await kit.settled(engine)
        assert (_open(state), kit.named(state)) == (["failure"], kit.named(expected)), last
        check_history(stage.frames)
