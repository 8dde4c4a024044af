"""Pausing, continuing and stopping: nothing begins while paused, and a stop leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from swarm import commands as c
from swarm import frames as f
from swarm.context import NodeContext
from swarm.errors import Refused
from swarm.home import Home
from swarm.models.base import Request
from swarm.proposals import EFFECTS, Run
from swarm.state import Swarm
from swarm.values import Report
from swarm.workspace.worktree import Worktree
from tests.engine import kit
from tests.engine.doubles import Mortal, Scripted, Shelf
from tests.engine.kit import Stage, child, done
from tests.engine.real import begun, taken_up, worktree_of
from tests.engine.recount import check_history

_BEGINNINGS = (f.NodeStarted, f.StepBegun, f.NodeSpawned)


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
    check_history(stage.frames)


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
    check_history(stage.frames)


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
    check_history(stage.frames)


async def test_stopping_the_run_ends_every_node_and_takes_back_every_gate_and_question() -> None:
    stage = _paused_stage()
    async with stage.open() as engine:
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
        await kit.settled(engine)
        await engine.do(c.Stop(reason="enough"))
        state = await kit.settled(engine)
    assert (state.status, state.why, state.waiting) == ("stopped", "enough", 0)
    assert {node.status for node in state.nodes.values()} == {"stopped"}
    check_history(stage.frames)


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
    check_history(stage.frames)


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
    check_history(stage.frames)


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
        await engine.do(kit.approve(kit.gate_of(state, "run", "2")))
        state = await kit.settled(engine)
        assert (state.nodes["2"].status, state.nodes["3"].status) == ("waiting_gate", "done")


# Stopped in the middle of an effect, in a real workspace


async def _stopped_when(root: Path, plan: str, seen: Callable[[Path], bool]) -> tuple[Home, str, Swarm]:
    """A run whose first part is stopped as soon as something is seen in its worktree, and the rest then done."""
    home, run = await begun(root, plan, level="questions")
    async with taken_up(home, run) as engine:
        async with asyncio.timeout(kit.PATIENCE):
            while not seen(home.folder.worktree(run)):  # noqa: ASYNC110 - a file says nothing when it appears
                await asyncio.sleep(0.01)
        effects = [step for step in engine.state.steps.values() if step.kind in EFFECTS and step.begun >= 0]
        await engine.do(c.Stop(node=effects[0].node))
        return home, run, await kit.settled(engine)


async def test_what_a_stopped_command_had_changed_is_committed_and_not_as_the_humans(tmp_path: Path) -> None:
    plan = "# S\n\n## A\n\n```sh run\necho half > half.txt; sleep 100\n```\n"
    home, run, state = await _stopped_when(tmp_path / "repository", plan, lambda root: (root / "half.txt").exists())
    worktree = worktree_of(home, run)
    assert worktree.dirty() == []
    assert worktree.file_at(worktree.head, "half.txt") == b"half\n"
    assert "workspace.edited" not in {frame.kind for frame in home.frames(run)}
    assert state.nodes["1"].status in ("failed", "incomplete", "stopped")


async def test_a_commit_that_is_under_way_when_its_node_is_stopped_is_finished_before_the_next_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    commit = Worktree.commit
    entered, never = Event(), Event()

    def slow(self: Worktree, message: str, *rest: Any) -> Any:
        order.append(f"begins {message}")
        entered.set()
        never.wait(0.2)  # long enough for the stop to come and the next effect to ask for its turn
        made = commit(self, message, *rest)
        order.append(f"ends {message}")
        return made

    monkeypatch.setattr(Worktree, "commit", slow)
    plan = "# S\n\n## A\n\n### One\n\n```txt one.txt\n1\n```\n\n### Two\n\n```txt two.txt\n2\n```\n"
    await _stopped_when(tmp_path / "repository", plan, lambda _: entered.is_set())
    assert [line.split()[0] for line in order] == ["begins", "ends"] * 2
