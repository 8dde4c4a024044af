"""Runs that are cut off anywhere go on, and nothing that was finished is done twice."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from swarm import commands as c
from swarm import frames as f
from swarm.actions.base import Space
from swarm.context import NodeContext
from swarm.errors import HistoryError
from swarm.fold import fold
from swarm.mending import mended
from swarm.models.base import Reply, Request
from swarm.models.plan import PlanModel
from swarm.proposals import Run, Write
from swarm.spaces.builtin import builtin_space
from swarm.state import Gate, Swarm
from swarm.values import Ask, Document, Limits, Report
from tests.engine import kit
from tests.engine.doubles import Mortal, Shelf
from tests.engine.kit import Stage, child, done, write_child
from tests.engine.real import begun, taken_up
from tests.engine.recount import check_history

# Cut off after any frame


async def _root(node: NodeContext) -> Report:
    await node.remember(Document(name="why", text="because"))
    colour = Ask(name="colour", text="Which?", choices=("red", "blue"), default="red")
    answers = await node.ask([colour, Ask(name="n", text="How many?", default="2")])
    first = await kit.query(node, colour=answers["colour"])
    parts = [write_child("a.txt"), write_child("b.txt"), child("command", "make")]
    _, written = await node.spawn(parts, key="parts")
    await node.spawn([child("leaf", "again")], key="more")
    second = await kit.query(node, key="second", first=first)
    summary = "; ".join(report.summary for _, report in written)
    return done(f"{summary}; {second}; {answers['n']}")


async def _command(node: NodeContext) -> Report:
    thought = await kit.query(node)
    await node.run(Run(title=node.directive, script="make"))
    return done(f"ran {thought}")


def _stage(**start: Any) -> Stage:
    actions = {"root": _root, "write": kit.write, "command": _command, "leaf": kit.leaf}
    return Stage(actions, world=Shelf(), **start)


_PLAN = """# Plan

## First

```sh check
true
```

### A

```txt a.txt
one
```

## Second

? name: What name? [x|y] = x

- [ ] B

  ```sh run
  make
  ```
"""


class _Counting(PlanModel):
    """The plan model, which remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(builtin_space().root)
        self.asked: list[Request] = []

    async def reply(self, request: Request, on_text: Any) -> Reply:
        self.asked.append(request)
        return await super().reply(request, on_text)


def _plan(**start: Any) -> Stage:
    space = builtin_space()
    actions = {**space.actions, "root": space.actions["organise_context"]}
    stage = Stage(actions, goal=_PLAN, world=Shelf(), model=_Counting(), model_name="plan", **start)
    stage.space = Space(space.root, stage.space.actions)
    return stage


def _outcome(state: Swarm) -> Any:
    nodes = [(node.directive, node.status, node.report) for node in state.subtree("1")]
    return state.status, nodes, dict(state.memory), state.usage


def _effects(stage: Stage) -> Counter[str]:
    performed = [proposal for _, proposal in stage.world.performed]
    return Counter(item.path if isinstance(item, Write) else item.title for item in performed)


def _no_failure(state: Swarm, gate: Gate) -> c.Decide:
    assert gate.kind != "failure", gate.proposal
    return kit.yes(state, gate)


async def _cut_off(stage: Stage, last: int) -> None:
    """Drives a run until its disk fails after a frame; what is there is what is left."""
    mortal = Mortal(stage.log.lines, last)
    with suppress(HistoryError):
        async with stage.open(mortal) as engine:
            await kit.drive(engine, _no_failure)
    assert len(mortal.lines) == last + 1
    stage.log = Mortal(mortal.lines)


_RUNS = {"step": (_stage, {}), "auto": (_stage, {"level": "auto", "defaults": True}), "plan": (_plan, {})}


@pytest.mark.parametrize("kind", _RUNS)
async def test_a_run_that_is_cut_off_after_any_frame_ends_as_if_it_had_not_been(kind: str) -> None:
    make, fields = _RUNS[kind]
    whole = make(**fields)
    expected = _outcome(await whole.finish())
    assert expected[0] == "done"
    for last in range(1, len(whole.frames) - 1, 5 if kind == "plan" else 1):
        stage = make(**fields)
        await _cut_off(stage, last)
        assert _outcome(await stage.finish(_no_failure)) == expected, last
        assert _effects(stage) == _effects(whole), last
        assert stage.world.files == whole.world.files, last
        final = stage.frames[last]
        twice = isinstance(final, f.StepBegun) and final.step == "think"
        assert len(stage.model.asked) <= len(whole.model.asked) + 1 + twice, last
        check_history(stage.frames)


async def test_no_thought_whose_answer_is_on_disk_is_asked_again() -> None:
    whole = _stage()
    await whole.finish()
    for last in range(1, len(whole.frames) - 1):
        stage = _stage()
        await _cut_off(stage, last)
        paid = [frame for frame in stage.frames if isinstance(frame, f.StepEnded) and frame.step == "think"]
        stage.model.asked.clear()
        await stage.finish()
        assert len(stage.model.asked) == len(whole.model.asked) - len(paid), last


async def test_an_effect_whose_intent_is_on_disk_and_that_was_not_begun_is_carried_out_once() -> None:
    whole = _stage()
    await whole.finish()
    for frame in whole.frames:
        if isinstance(frame, f.StepBegun) and frame.step == "write":
            stage = _stage()
            await _cut_off(stage, frame.frame)
            stage.world.performed = [(intent, item) for intent, item in stage.world.performed if intent < frame.frame]
            await stage.finish(_no_failure)
            assert _effects(stage) == _effects(whole)


# Groups that are there in part


async def _asks(node: NodeContext) -> Report:
    return done(str(await node.ask([Ask(name="a", text="a?"), Ask(name="b", text="b?")])))


async def _breaks(node: NodeContext) -> Report:
    if node.node.attempt == 1:
        raise ValueError("broken")
    return done("mended")


async def _top(node: NodeContext) -> Report:
    await node.spawn([child("middle"), child("leaf", "beside")])
    return done()


async def _middle(node: NodeContext) -> Report:
    await node.spawn([child("asks"), child("breaks"), write_child("a")])
    return done()


async def _waiting(**start: Any) -> tuple[Stage, Swarm]:
    """A run with questions, a failure, a write and an end that wait in a subtree, and an end beside it."""
    actions = {"root": _top, "middle": _middle, "asks": _asks, "breaks": _breaks, "write": kit.write, "leaf": kit.leaf}
    stage = Stage(actions, world=Shelf(), **start)
    async with stage.open() as engine:
        for _ in range(2):
            state = await kit.settled(engine)
            await engine.do(kit.approve(kit.gate_of(state, "spawn")))
        return stage, await kit.settled(engine)


def _middle_of(state: Swarm) -> str:
    return next(node.id for node in state.nodes.values() if node.action == "middle")


_COMMANDS: dict[str, Any] = {
    "stop the run": lambda state: c.Stop(),
    "stop a subtree": lambda state: c.Stop(node=_middle_of(state)),
    "retry": lambda state: kit.choose(kit.gate_of(state, "failure"), "retry"),
    "pass": lambda state: kit.choose(kit.gate_of(state, "failure"), "pass"),
    "skip": lambda state: kit.choose(kit.gate_of(state, "failure"), "skip"),
    "stop at a gate": lambda state: kit.choose(kit.gate_of(state, "write"), "stop"),
    "reject": lambda state: kit.reject(kit.gate_of(state, "write")),
}


def _waits(state: Swarm) -> Any:
    """What is left to decide, and what has ended."""
    kinds = sorted(state.gates[gate].kind for gate in state.open_gates)
    return state.status, kit.named(state), kinds, len(state.open_questions)


@pytest.mark.parametrize("name", _COMMANDS)
async def test_a_command_whose_frames_were_cut_off_is_carried_out_to_its_end(name: str) -> None:
    stage, state = await _waiting()
    before = list(stage.log.lines)
    async with stage.open() as engine:
        await engine.do(_COMMANDS[name](state))
        expected = _waits(await kit.settled(engine))
    whole = list(stage.log.lines)
    opened = len(before) + 1
    group = [frame for frame in stage.frames[opened:] if frame.command]
    for last in range(opened, opened + len(group)):
        stage.log = Mortal(whole[: last + 1])
        async with stage.open() as engine:
            assert _waits(await kit.settled(engine)) == expected, last
        check_history(stage.frames)


async def test_a_stop_at_a_limit_that_was_cut_off_still_ends_the_run_as_over_budget() -> None:
    async def root(node: NodeContext) -> Report:
        await node.spawn([child("leaf", name) for name in "abc"])
        return done()

    for cut in range(1, 4):
        stage = Stage({"root": root, "leaf": kit.leaf}, level="auto", limits=Limits(nodes=2))
        async with stage.open() as engine:
            await kit.settled(engine)
        (asked,) = [gate for gate in stage.state.gates.values() if gate.kind == "budget"]
        stage.log = Mortal(stage.log.lines[: asked.opened + cut])
        async with stage.open() as engine:
            state = await kit.settled(engine)
        assert (state.status, state.why) == ("over_budget", "stopped at a limit: 4 nodes of 2"), cut
        check_history(stage.frames)


async def test_a_run_whose_very_beginning_was_cut_off_says_so_instead_of_waiting_forever(tmp_path: Path) -> None:
    home, run = await begun(tmp_path / "repository", _PLAN)
    history = home.folder.history(run)
    lines = history.read_bytes().splitlines(keepends=True)
    history.write_bytes(b"".join(lines[:2]))
    with pytest.raises(HistoryError, match=f"run {run} was stopped before it began: delete it"):
        async with taken_up(home, run):
            pass


# Cut off between a new attempt, or a batch, and what belongs to it


async def _anew(node: NodeContext) -> Report:
    await node.spawn([child("asks")], key=node.directive)
    return done()


async def _waiting_for(key: str) -> Stage:
    """A run whose root has children of a batch of this key, which ask."""
    stage = Stage({"root": _anew, "asks": _asks}, goal=key)
    async with stage.open() as engine:
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
        await kit.settled(engine)
    return stage


async def test_children_of_the_attempt_before_are_stopped_though_only_the_new_attempt_is_on_record() -> None:
    stage = await _waiting_for("one")
    other = f.NodeRetried(frame=len(stage.frames), node="1", attempt=2, keep=False, directive="two")
    stage.log = Mortal([*stage.log.lines, f.encode(other)])
    async with stage.open() as engine:
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
        state = await kit.settled(engine)
    assert [(node.id, node.status) for node in state.children("1")] == [("2", "stopped"), ("3", "waiting_answer")]
    assert {state.questions[name].node for name in state.open_questions} == {"3"}
    check_history(stage.frames)


async def test_a_batch_that_was_cut_off_is_made_whole_before_anybody_can_take_it_back() -> None:
    stage = Stage({"root": kit.fan, "leaf": kit.leaf}, goal="3")
    async with stage.open() as engine:
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
        await kit.settled(engine)
    first = next(frame.frame for frame in stage.frames if isinstance(frame, f.NodeSpawned) and frame.parent)
    stage.log = Mortal(stage.log.lines[: first + 1])
    frames = mended(stage.state)
    assert kit.kinds(frames) == ["node.spawned", "node.spawned", "step.begun"]
    assert fold(frames, stage.state).steps["1", 1].children == ("2", "3", "4")
    assert mended(fold(frames, stage.state)) == []
