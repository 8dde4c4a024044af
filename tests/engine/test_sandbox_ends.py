"""The contract of `Sandbox`, which every tier passes, as to the end: nothing of a command stays; what proves it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from blockbuster import blockbuster_ctx

from swarm.workspace import exits, interpreter
from swarm.workspace.probe import sandbox_of
from swarm.workspace.sandbox import Command, Place, Sandbox, Tier
from tests.engine.sandboxes import HOLD, Lifesign, checkout, names, sh

DAEMONS = f"{HOLD} for i in 1 2 3; do setsid sh -c 'sleep 1000 & sleep 1000' > /dev/null 2>&1 & done; "
ENGINE = f"""
import asyncio, sys
from pathlib import Path
from swarm.workspace.probe import sandbox_of
from swarm.workspace.sandbox import Command, Place

tier, worktree, root, proof = sys.argv[1:]
command = Command(script={HOLD!r} + "setsid sleep 1000 & sleep 1000")
asyncio.run(sandbox_of(tier).run(command, Place(Path(worktree), Path(root)), Path(proof)))
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return checkout(tmp_path)


@pytest.fixture(params=get_args(Tier))
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return sandbox_of(request.param)


@pytest.fixture
def lifesign(place: Place) -> Iterator[Lifesign]:
    sign = Lifesign(place.worktree / "fifo")
    yield sign
    sign.close()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return tmp_path / "temporary"


class TestEnd:
    async def test_is_that_of_its_daemons(self, sandbox: Sandbox, place: Place, lifesign: Lifesign) -> None:
        assert (await sh(sandbox, place, f"{DAEMONS} exit 3")).code == 3
        assert lifesign.over()

    async def test_does_not_wait_for_daemons_that_hold_the_output(
        self, sandbox: Sandbox, place: Place, lifesign: Lifesign
    ) -> None:
        outcome = await sh(sandbox, place, f"{HOLD} setsid sleep 1000 & echo done")
        assert outcome.output == "done\n"
        assert outcome.seconds < 5
        assert lifesign.over()

    async def test_by_the_time_kills_the_tree(self, sandbox: Sandbox, place: Place, lifesign: Lifesign) -> None:
        outcome = await sh(sandbox, place, f"trap '' TERM INT HUP; {DAEMONS} echo begun; sleep 1000", timeout=0.3)
        assert (outcome.timed_out, outcome.code, outcome.output) == (True, 137, "begun\n")
        assert 0.3 <= outcome.seconds < 3
        assert lifesign.over()

    async def test_by_the_time_may_come_before_the_beginning(
        self, sandbox: Sandbox, place: Place, lifesign: Lifesign
    ) -> None:
        for milliseconds in (0.01, 1, 2, 4, 6, 8):
            outcome = await sh(sandbox, place, f"{HOLD} sleep 1000", timeout=milliseconds / 1000)
            assert outcome.timed_out
            assert outcome.seconds < 1
            assert lifesign.dead()

    async def test_by_the_time_comes_even_if_it_cannot_be_noted(
        self, sandbox: Sandbox, place: Place, lifesign: Lifesign, tmp_path: Path
    ) -> None:
        command = Command(script=f"{HOLD} sleep 1000", timeout=0.3)
        running = asyncio.create_task(sandbox.run(command, place, tmp_path / "exit"))
        assert await asyncio.to_thread(lifesign.begun)
        (tmp_path / "exit").unlink()
        assert (await running).timed_out
        assert lifesign.over()

    async def test_by_cancelling_kills_the_tree_however_often_it_is_cancelled(
        self, sandbox: Sandbox, place: Place, lifesign: Lifesign, temporary: Path
    ) -> None:
        running = asyncio.create_task(sh(sandbox, place, f"{DAEMONS} sleep 1000"))
        assert await asyncio.to_thread(lifesign.begun)
        while not running.done():
            running.cancel()
            await asyncio.sleep(0)
        assert running.cancelled()
        assert lifesign.over()
        assert names(temporary) == []

    async def test_by_cancelling_leaves_nothing_at_whatever_moment(
        self, sandbox: Sandbox, place: Place, lifesign: Lifesign, temporary: Path
    ) -> None:
        await sh(sandbox, place, "true")
        descriptors = set(names(Path("/proc/self/fd")))
        for rounds in (0, 1, 2, 3, 5, 8, *range(13, 600, 50)):
            running = asyncio.create_task(sh(sandbox, place, f"{HOLD} setsid sleep 1000 & sleep 1000"))
            for _ in range(rounds):
                await asyncio.sleep(0)
            running.cancel()
            await asyncio.wait([running])
            assert running.cancelled()
            assert lifesign.dead()
            assert names(temporary) == []
        assert set(names(Path("/proc/self/fd"))) <= descriptors

    async def test_by_a_deadline_around_it_is_told_as_such(
        self, sandbox: Sandbox, place: Place, lifesign: Lifesign
    ) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await sh(sandbox, place, f"{HOLD} sleep 1000")
        assert lifesign.over()

    def test_is_that_of_an_engine_that_is_killed(
        self, sandbox: Sandbox, place: Place, lifesign: Lifesign, tmp_path: Path
    ) -> None:
        proof = tmp_path / "exit"
        arguments = [sandbox.tier, str(place.worktree), str(place.root), str(proof)]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(tmp_path)}
        process = subprocess.Popen([sys.executable, "-c", ENGINE, *arguments], env=environment)
        assert lifesign.begun(), "the command did not begin"
        process.kill()
        process.wait()
        assert lifesign.over(patience=5)
        assert exits.recover(proof) is None

    async def test_leaves_nothing_in_the_temporary_folder(
        self, sandbox: Sandbox, place: Place, temporary: Path
    ) -> None:
        await sh(sandbox, place, "echo $TMPDIR; touch $TMPDIR/scratch")
        assert names(temporary) == []


class TestProof:
    async def test_is_there_when_the_command_has_finished(self, sandbox: Sandbox, place: Place, tmp_path: Path) -> None:
        proof = tmp_path / "exit"
        await sandbox.run(Command(script="exit 5"), place, proof)
        recovered = exits.recover(proof)
        assert recovered is not None
        assert (recovered.code, recovered.timed_out, recovered.tier) == (5, False, sandbox.tier)
        assert recovered.output == exits.LOST
        assert 0 <= recovered.seconds < 10
        assert proof.stat().st_mode & 0o777 == 0o600

    async def test_is_not_there_while_it_runs_nor_when_it_was_cancelled(
        self, sandbox: Sandbox, place: Place, lifesign: Lifesign, tmp_path: Path
    ) -> None:
        proof = tmp_path / "exit"
        running = asyncio.create_task(sandbox.run(Command(script=f"{HOLD} sleep 1000"), place, proof))
        assert await asyncio.to_thread(lifesign.begun)
        assert "exit-code" not in exits.read(proof)
        running.cancel()
        await asyncio.wait([running])
        assert exits.recover(proof) is None

    async def test_of_an_earlier_attempt_does_not_count(self, sandbox: Sandbox, place: Place, tmp_path: Path) -> None:
        proof = tmp_path / "exit"
        await sandbox.run(Command(script="exit 5"), place, proof)
        os.close(exits.begin(proof, sandbox.tier))
        assert exits.recover(proof) is None


async def test_the_event_loop_is_not_blocked(sandbox: Sandbox, place: Place) -> None:
    await asyncio.to_thread(interpreter.system_python)
    with blockbuster_ctx("swarm"):
        outcome = await sh(sandbox, place, "echo ok", timeout=20)
        late = await sh(sandbox, place, "sleep 1000", timeout=0.2)
        running = asyncio.create_task(sh(sandbox, place, "sleep 1000"))
        await asyncio.wait([running], timeout=0.1)
        running.cancel()
        await asyncio.wait([running])
    assert outcome.output == "ok\n"
    assert late.timed_out
    assert running.cancelled()
