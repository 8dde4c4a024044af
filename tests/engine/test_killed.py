"""A run in a process of its own that is killed again and again: kill -9, a real repository, real commands."""

from __future__ import annotations

import asyncio
import select
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from swarm import frames as f
from swarm.home import Home
from swarm.proposals import Run
from swarm.runs import command
from tests.engine import kit
from tests.engine.real import begun, worktree_of
from tests.engine.recount import check_history

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
mkdir -p runs && echo {phase} > files-{phase}b.txt && echo once >> runs/{phase}b
```
"""
    for phase in "12"
)


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
        ran = state.gates[str(state.steps[gate.node, int(gate.seq or 0)].gate)].proposal
        assert isinstance(ran, Run)
        mark = home.folder.worktree(run) / ran.script.split(">> ")[1].split()[0]
        was_done = mark.exists() and mark.read_text() == "once\n"
        await command(home, run, kit.choose(gate, "done" if was_done else "again"))
    return len(gates)


def _files(home: Home, run: str) -> dict[str, bytes]:
    worktree = worktree_of(home, run)
    assert worktree.dirty() == []
    return {path: worktree.file_at(worktree.head, path) or b"" for path in worktree.files()}


async def _killed_again_and_again(root: Path, seed: int, kills: int) -> tuple[dict[str, bytes], int, int]:
    """The files of a run that was killed at random moments, how often it was killed, and how many effects asked."""
    pick = Random(seed)
    home, run = await begun(root, _KILLED, level="auto")
    killed = doubts = 0
    while not home.state(run).ended:
        lines = pick.randint(1, 14) if killed < kills else None
        await asyncio.to_thread(_session, home, run, lines, pick.uniform(0, 0.03))
        killed += lines is not None
        doubts += await _decide_doubts(home, run)
    frames = list(home.frames(run))
    check_history(frames[: next(n for n, frame in enumerate(frames) if isinstance(frame, f.RunEnded)) + 1])
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
