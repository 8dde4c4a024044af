"""The desk over real runs."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.live_desk import LiveDesk
from swarm.commands import Decide, Seen, Tell
from swarm.engine import Engine
from swarm.errors import Damaged, PathRefused, PlanError, SwarmError, UsageError, WriteFailed
from swarm.follower import Follower
from swarm.frames import NodeTold
from swarm.home import Home
from swarm.session import Session
from swarm.store import appender
from tests.cli.calls import PLAN, git
from tests.cli.live import driven


@pytest.fixture
async def desk(root: Path) -> AsyncIterator[LiveDesk]:
    async with LiveDesk(Home(root)) as desk:
        yield desk


async def _waits(session: Session) -> None:
    async for _ in session.follow():
        if session.state.open_gates:
            return


async def test_a_run_is_started_listed_opened_once_and_deleted(desk: LiveDesk, root: Path) -> None:
    session = await desk.start("plan.md", "plan", "guided")
    await _waits(session)

    rows = await desk.list_runs()
    assert [(row.run, row.title, row.status, row.waiting) for row in rows] == [
        ("greet-reader-1", "Greet the reader", "waiting", 1)
    ]
    assert await desk.open("greet-reader-1") is session
    assert isinstance(session, Engine)
    await desk.delete("greet-reader-1")
    assert await desk.list_runs() == []
    assert not (root / ".swarm" / "runs" / "greet-reader-1").exists()


async def test_a_run_that_another_process_drives_is_followed_then_taken_up(
    root: Path, run: str, desk: LiveDesk
) -> None:
    with driven(root, run):
        followed = await desk.open(run)
        assert isinstance(followed, Follower)
        assert await desk.open(run) is followed

    assert isinstance(await desk.open(run), Engine)


async def test_a_drained_run_is_closed_and_not_left_paused(desk: LiveDesk, root: Path) -> None:
    session = await desk.start("plan.md", "plan", "step")
    await _waits(session)

    await desk.drain("greet-reader-1")

    home = Home(root)
    assert home.row("greet-reader-1").writer is None
    assert not home.state("greet-reader-1").paused_run
    again = await desk.open("greet-reader-1")
    assert again is not session
    await again.do(Decide(gates=(Seen(gate="1"),), verb="approve"))


async def test_the_example_runs_on_a_copy_of_its_own(
    desk: LiveDesk, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    session = await desk.example()
    await _waits(session)

    assert session.state.title == "Build a word counter with tests"
    assert [row.run for row in await desk.list_runs()] == [session.state.run]
    assert git(root, "branch", "--list", "swarm/*") == ""


async def test_a_preview_shows_what_would_start(desk: LiveDesk, root: Path) -> None:
    (root / "dirty.txt").write_text("not committed")

    shown = await desk.preview("plan.md", "", "guided")

    for words in ("Greet the reader", "model plan", "guided", "nodes", "not seen", "greeting.txt"):
        assert words in shown
    with pytest.raises(UsageError, match=r"missing\.md"):
        await desk.preview("missing.md", "", "step")
    with pytest.raises(SwarmError, match="oracle"):
        await desk.start("Say hello", "oracle", "step")
    assert await desk.list_runs() == []


async def test_plans_are_outlined_and_saved_to_new_files_of_the_workspace(desk: LiveDesk, root: Path) -> None:
    assert "writes     greeting.txt" in await desk.outline(PLAN)
    with pytest.raises(PlanError):
        await desk.outline("# A\n\n```sh run\n")
    assert (await desk.template()).startswith("# ")

    assert await desk.save_plan("plans/new.md", PLAN) == "plans/new.md"
    assert (root / "plans" / "new.md").read_text() == PLAN
    with pytest.raises(UsageError, match="there already"):
        await desk.save_plan("plan.md", "")
    with pytest.raises(UsageError, match=r"end in \.md"):
        await desk.save_plan("setup.py", "")
    for outside in ("../out.md", "/tmp/out.md", ".git/out.md"):
        with pytest.raises(PathRefused):
            await desk.save_plan(outside, PLAN)


async def test_models_are_listed_after_the_one_that_is_found_and_endpoints_are_kept(
    desk: LiveDesk, tmp_path: Path
) -> None:
    assert [row.name for row in await desk.models()] == ["", "plan", "human"]

    spec = await desk.save_profile("home", "http://localhost:1/v1", SecretStr("secret"), "small")

    assert spec == "openai:home"
    rows = await desk.models()
    assert (rows[1].name, "small at localhost:1" in rows[1].words) == ("openai:home", True)
    assert "secret" not in repr(rows)
    with pytest.raises(SwarmError):
        await desk.test_model("http://localhost:1/v1", SecretStr(""), "small")
    (tmp_path / "configuration" / "swarmkeeper" / "settings.toml").write_text('model = "human"\n')
    assert "model human" in await desk.preview("Say hello", "", "step")


LONG = """\
# Wait

```sh run
sleep 60
```
"""


async def test_a_drain_that_is_broken_off_leaves_no_pause_and_does_not_wait_for_what_is_in_doubt(root: Path) -> None:
    (root / "long.md").write_text(LONG)
    home = Home(root)
    async with LiveDesk(home) as desk:
        session = await desk.start("long.md", "plan", "auto")
        async for _ in session.follow():
            if any(step.kind == "run" and step.begun >= 0 for step in session.state.steps.values()):
                break
        draining = asyncio.create_task(desk.drain("wait-1"))
        async for _ in session.follow():
            if session.state.paused_run:
                break
        draining.cancel()
    assert not home.state("wait-1").paused_run

    async with LiveDesk(home) as desk:
        session = await desk.open("wait-1")
        await _waits(session)
        assert [gate.kind for gate in map(session.state.gates.get, session.state.open_gates) if gate] == ["in_doubt"]
        await desk.drain("wait-1")
    assert not home.state("wait-1").paused_run


# Disks that fail, histories that are damaged


async def test_a_run_whose_disk_fails_says_so_at_once_and_goes_on_when_it_is_opened_again(
    desk: LiveDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await desk.start("plan.md", "plan", "guided")
    await _waits(session)
    told = session.state.frame
    reader = asyncio.create_task(_read_on(session))

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(appender, "_sync", full)
        with pytest.raises(WriteFailed, match="No space left on device"):
            await session.do(Tell(node="1", text="hello"))
        with pytest.raises(WriteFailed):
            await reader
        assert "make room" in session.problem

    again = await desk.open(session.state.run)
    assert again is not session
    assert (again.problem, again.state.frame >= told) == ("", True)
    await again.do(Tell(node="1", text="there is room"))
    texts = [frame.text for frame in await again.frames() if isinstance(frame, NodeTold)]
    assert texts == ["there is room"]


async def _read_on(session: Session) -> None:
    async for _ in session.follow(session.state.frame):
        pass


async def test_a_damaged_run_is_only_looked_at_and_forked(desk: LiveDesk, root: Path, run: str) -> None:
    history = root / ".swarm" / "runs" / run / "history.jsonl"
    lines = history.read_bytes().splitlines(keepends=True)
    history.write_bytes(b"".join([*lines[:4], *lines[5:]]))

    (row,) = await desk.list_runs()
    assert (row.title, row.status) == ("Greet the reader", None)
    assert "damaged from frame 3 on" in row.problem
    session = await desk.open(run)
    assert isinstance(session, Follower)
    assert (session.state.frame, session.problem) == (2, row.problem)
    with pytest.raises(Damaged):
        await session.do(Tell(node="1", text="hello"))
    fork = await desk.fork(run, 2, None, carry=False)
    assert (fork.problem, fork.state.origin) == ("", f"{run}@2")

    history.write_bytes(b"".join(lines))
    mended = await desk.open(run)
    assert isinstance(mended, Engine)
    assert mended.problem == ""
