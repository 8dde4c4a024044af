"""What was approved is what happens, also where the node or the level is another one when the run is taken up again."""

from __future__ import annotations

from typing import Any

import pytest

from swarm import commands as c
from swarm import frames as f
from swarm.context import NodeContext
from swarm.decide import decide
from swarm.proposals import Run
from swarm.state import Gate, Swarm
from swarm.values import Level, Limits, Report
from tests.engine import kit
from tests.engine.doubles import Mortal, Shelf
from tests.engine.kit import Body, Stage, child, done, write_child
from tests.engine.recount import check_history


def _changeable(kind: str) -> tuple[list[str], Body]:
    """An action whose next proposal of a kind depends on a word that can be changed between two processes."""
    words = ["one"]

    async def root(node: NodeContext) -> Report:
        if kind == "spawn":
            await node.spawn([child("leaf", words[-1])])
        return done(words[-1])

    return words, root


def _names(state: Swarm) -> str:
    """The directives of the children, and the summary of the root."""
    report = state.nodes["1"].report
    return " ".join([*(node.directive for node in state.children("1")), report.summary if report else "no end"])


def _statuses(state: Swarm, kind: str) -> list[str]:
    gates = sorted((gate for gate in state.gates.values() if gate.kind == kind and gate.node == "1"), key=_number)
    return [gate.status for gate in gates]


def _number(gate: Gate) -> int:
    return int(gate.id)


@pytest.mark.parametrize(("kind", "names"), [("spawn", "two two"), ("terminate", "two")])
@pytest.mark.parametrize("decided", [True, False])
async def test_what_a_node_proposes_otherwise_when_it_is_taken_up_again_is_shown_anew(
    kind: str, names: str, decided: bool
) -> None:
    words, root = _changeable(kind)
    stage = Stage({"root": root, "leaf": kit.leaf})
    async with stage.open() as engine:
        gate = kit.gate_of(await kit.settled(engine), kind)
    words.append("two")
    if decided:
        stage.log = _decided_at_rest(stage, kit.approve(gate))
    async with stage.open() as engine:
        state = await kit.settled(engine)
        assert state.gates[gate.id].status == "stale"
        assert state.gates[gate.id].why == "its node proposes something else by now"
        assert "two" in str(kit.gate_of(state, kind).proposal)
        state = await kit.drive(engine)
    assert _names(state) == names
    check_history(stage.frames)


def _decided_at_rest(stage: Stage, command: c.Command) -> Mortal:
    """The log with a command that was taken while nobody drove the run."""
    state = stage.state
    frames = decide(state, command)
    numbered = [frame.model_copy(update={"frame": state.frame + 1 + place}) for place, frame in enumerate(frames)]
    return Mortal([*stage.log.lines, *map(f.encode, numbered)])


async def test_the_end_that_a_human_edited_is_the_end_whatever_the_node_would_say_by_now() -> None:
    words, root = _changeable("terminate")
    stage = Stage({"root": root})
    async with stage.open() as engine:
        gate = kit.gate_of(await kit.settled(engine), "terminate")
    words.append("two")
    edited = gate.proposal.model_copy(update={"report": done("by hand")})
    stage.log = _decided_at_rest(stage, kit.edit(gate, edited))
    assert _names(await stage.finish()) == "by hand"


# A level that is narrowed


async def _foreseen(level: Level) -> tuple[Stage, Gate]:
    """A write that waits; the end that is foreseen after it went through by the level."""
    stage = Stage({"root": kit.write}, world=Shelf(), level=level, goal="a.txt")
    async with stage.open() as engine:
        return stage, kit.gate_of(await kit.settled(engine), "write")


@pytest.mark.parametrize(("level", "statuses"), [("step", ["stale", "open"]), ("effects", ["applied"])])
@pytest.mark.parametrize("at_rest", [True, False])
async def test_what_a_level_decided_beforehand_is_asked_about_where_a_tighter_one_would_ask(
    level: Level, statuses: list[str], at_rest: bool
) -> None:
    stage, write = await _foreseen("effects")
    narrow = c.SetLevel(level=level)
    if at_rest:
        stage.log = _decided_at_rest(stage, narrow)
    async with stage.open() as engine:
        await engine.do(narrow)
        await engine.do(kit.approve(write))
        state = await kit.settled(engine)
    assert _statuses(state, "terminate") == statuses
    assert (state.ended is None) == ("open" in statuses)
    check_history(stage.frames)


async def _writes(node: NodeContext) -> Report:
    await node.spawn([child("runs"), write_child("a.txt")])
    return done()


async def _runs(node: NodeContext) -> Report:
    await node.run(Run(title="one", script="one"))
    return done()


async def test_an_effect_that_waits_for_its_turn_is_asked_about_once_the_level_is_narrowed() -> None:
    stage = Stage({"root": _writes, "runs": _runs, "write": kit.write}, world=Shelf(), level="questions")
    told: list[str] = []

    async def narrow(proposal: Any) -> None:
        if not told:
            told.append(proposal.kind)
            await engine.do(c.SetLevel(level="effects"))

    stage.world.before = narrow
    async with stage.open() as engine:
        state = await kit.settled(engine)
        assert len(stage.world.performed) == 1
        waits = kit.gate_of(state, "write" if told == ["run"] else "run")
        await engine.do(kit.approve(waits))
        assert (await kit.settled(engine)).ended == "done"
    check_history(stage.frames)


async def test_children_that_waited_at_a_limit_are_asked_about_once_the_level_is_narrowed() -> None:
    stage = Stage({"root": kit.fan, "leaf": kit.leaf}, level="effects", goal="3", limits=Limits(nodes=2))
    async with stage.open() as engine:
        limit = kit.gate_of(await kit.settled(engine), "budget")
        await engine.do(c.SetLevel(level="step"))
        await engine.do(kit.choose(limit, "raise"))
        state = await kit.settled(engine)
        assert (len(state.nodes), _statuses(state, "spawn")) == (1, ["stale", "open"])
        assert (await kit.drive(engine)).ended == "done"
    check_history(stage.frames)
