"""Runs that are cut off anywhere go on, and nothing that was finished is done twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from swarm import commands as c
from swarm import frames as f
from swarm.context import NodeContext
from swarm.errors import HistoryError
from swarm.proposals import Run, Write
from swarm.state import Swarm
from swarm.values import Ask, Document, Limits, Report
from tests.engine import kit
from tests.engine.kit import Mortal, Scripted, Shelf, Stage, child, done, write_child


async def _root(node: NodeContext) -> Report:
    await node.remember(Document(name="why", text="because"))
    answers = await node.ask(
        [Ask(name="colour", text="Which?", choices=("red", "blue"), default="red"), Ask(name="n", text="How many?", default="2")]
    )
    first = await kit.query(node, colour=answers["colour"])
    _, written = await node.spawn([write_child("a.txt"), write_child("b.txt"), child("command", "make")], key="parts")
    result, _ = await node.spawn([child("leaf", "again")], key="more")
    second = await kit.query(node, key="second", first=first)
    summary = "; ".join(report.summary for _, report in written)
    return done(f"{summary}; {result.outcome}; {second}; {answers['n']}")


async def _command(node: NodeContext) -> Report:
    thought = await kit.query(node)
    await node.run(Run(title=node.directive, script="make"))
    return done(f"ran {thought}")


def _stage(**start: Any) -> Stage:
    actions = {"root": _root, "write": kit.write, "command": _command, "leaf": kit.leaf}
    return Stage(actions, world=Shelf(), **start)


def _outcome(state: Swarm) -> Any:
    reports = {node.directive: (node.status, node.report.summary if node.report else "") for node in state.nodes.values()}
    return state.status, reports, dict(state.memory), state.usage


def _effects(world: Any) -> Counter[str]:
    return Counter(p.path if isinstance(p, Write) else p.title for _, p in world.performed if isinstance(p, Write | Run))


async def _cut_and_resumed(stage: Stage, last: int) -> Swarm:
    """Drives a run until its disk fails after a frame, then takes it up with what is there."""
    mortal = Mortal(stage.log.lines, last)
    try:
        async with stage.open(mortal) as engine:
            await kit.drive(engine)
    except HistoryError:
        assert len(mortal.lines) == last + 1
    stage.log = Mortal(mortal.lines)
    return await stage.finish()


@pytest.mark.parametrize("start", [{"level": "step"}, {"level": "auto", "defaults": True}], ids=["step", "auto"])
async def test_a_run_that_is_cut_off_after_any_frame_ends_as_if_it_had_not_been(start: dict[str, Any]) -> None:
    whole = _stage(**start)
    expected = _outcome(await whole.finish())
    for last in range(1, len(whole.frames) - 1):
        stage = _stage(**start)
        assert _outcome(await _cut_and_resumed(stage, last)) == expected, last
        assert _effects(stage.world) == _effects(whole.world), last
        begun = [frame for frame in whole.frames[: last + 1] if isinstance(frame, f.StepBegun) and frame.step == "think"]
        assert len(stage.model.asked) - len(whole.model.asked) <= 1, last
        assert stage.world.files == whole.world.files
