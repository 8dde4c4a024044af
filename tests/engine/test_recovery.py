"""Runs that are cut off anywhere go on, and nothing that was finished is done twice."""

from __future__ import annotations

import asyncio
import select
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from swarm import commands as c
from swarm import frames as f
from swarm.actions.base import Space
from swarm.context import NodeContext
from swarm.errors import HistoryError
from swarm.home import Home
from swarm.models.base import Reply, Request
from swarm.models.plan import PlanModel
from swarm.proposals import Run, Write
from swarm.runs import Start, command, start
from swarm.spaces.builtin import builtin_space
from swarm.state import Gate, Swarm
from swarm.values import Ask, Document, Limits, Report
from swarm.workspace.worktree import Worktree
from tests.engine import kit
from tests.engine.kit import Mortal, Shelf, Stage, child, done, write_child

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
        begun = stage.frames[last]
        twice = isinstance(begun, f.StepBegun) and begun.step == "think"
        assert len(stage.model.asked) <= len(whole.model.asked) + 1 + twice, last
        kit.check_history(stage.frames)


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
        kit.check_history(stage.frames)


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
        kit.check_history(stage.frames)


# Killed for real

_KILLED = "# Killed\n" + "".join(
    f"""
## Phase {phase}

```sh check
test -s runs/{phase}a
```

### Part {phase}a

```txt files/{phase}a.txt
text {phase}
```

```sh run
mkdir -p runs && echo once >> runs/{phase}a
```

### Part {phase}b

```sh run
mkdir -p runs && echo once >> runs/{phase}b && echo {phase} > files-{phase}b.txt
```
"""
    for phase in "12"
)


async def _started(root: Path) -> tuple[Home, str]:
    home = Home(kit.repository(root))
    what = Start(goal=_KILLED, title="killed", model="plan", level="auto", allow_unsandboxed=True)
    return home, await start(home, what)


def _session(home: Home, run: str, lines: int | None, patience: float) -> None:
    """Drives a run in a process of its own, and kills that after so many frames and a moment."""
    program = [sys.executable, "-m", "tests.engine.headless", str(home.root), run]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        seen = 0
        while (lines is None or seen < lines) and process.stdout.readline():
            seen += 1
        if lines is not None and seen == lines:
            select.select([process.stdout], [], [], patience)
            process.kill()
        assert process.wait(kit.PATIENCE) in (0, -9), process.stderr.read().decode()


async def _decide_doubts(home: Home, run: str) -> int:
    """Says of each command in doubt whether it was done, as its own file in the worktree tells; gives how many."""
    state = home.state(run)
    gates = [state.gates[gate] for gate in state.open_gates if state.gates[gate].kind != "merge"]
    for gate in gates:
        assert gate.kind == "in_doubt", gate
        step = state.steps[gate.node, int(gate.seq or 0)]
        run_proposal = state.gates[str(step.gate)].proposal
        assert isinstance(run_proposal, Run)
        mark = run_proposal.script.split(">> ")[1].split()[0]
        was_done = (home.folder.worktree(run) / mark).exists()
        await command(home, run, kit.choose(gate, "done" if was_done else "again"))
    return len(gates)


def _files(home: Home, run: str) -> dict[str, bytes]:
    worktree = Worktree.open(home.repository, home.folder.worktree(run), f"swarm/{run}")
    assert worktree.dirty() == []
    return {path: worktree.file_at(worktree.head, path) or b"" for path in worktree.files()}


async def _killed_again_and_again(root: Path, seed: int, kills: int) -> tuple[dict[str, bytes], int, int]:
    """The files of a run that was killed at random moments, how often it was killed, and how many effects asked."""
    pick = Random(seed)
    home, run = await _started(root)
    killed = doubts = 0
    while not home.state(run).ended:
        lines = pick.randint(1, 14) if killed < kills else None
        await asyncio.to_thread(_session, home, run, lines, pick.uniform(0, 0.03))
        killed += lines is not None
        doubts += await _decide_doubts(home, run)
    frames = list(home.frames(run))
    kit.check_history(frames[: next(n for n, frame in enumerate(frames) if isinstance(frame, f.RunEnded)) + 1])
    return _files(home, run), killed, doubts


async def _check_kills(folder: Path, seed: int, kills: int) -> None:
    whole, _, _ = await _killed_again_and_again(folder / "whole", seed, 0)
    files, killed, _ = await _killed_again_and_again(folder / "killed", seed, kills)
    assert killed >= min(kills, 5)
    assert files == whole
    assert {path: text for path, text in files.items() if path.startswith("runs/")} == {
        f"runs/{name}": b"once\n" for name in ("1a", "1b", "2a", "2b")
    }


async def test_a_run_that_is_killed_at_ten_random_moments_has_the_files_of_an_unbroken_one(
    tmp_path: Path,
) -> None:
    await _check_kills(tmp_path, seed=1, kills=10)


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(2, 22))
async def test_many_runs_that_are_killed_again_and_again(tmp_path: Path, seed: int) -> None:
    await _check_kills(tmp_path, seed, kills=30)
