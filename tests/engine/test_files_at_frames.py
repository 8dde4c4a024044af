"""Going to a frame restores the files of that moment exactly, as a record says that was made beside the run."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from swarm import frames as f
from swarm.forks import fork
from swarm.home import Home
from tests.engine.changing import IGNORED, Record, Script, files_of, ignored_of
from tests.engine.real import begun, taken_up, worktree_of


def _human(folder: Path, dice: Random) -> Record:
    """A record, and a human who now and then edits, deletes, or adds a file in the worktree."""

    def edit(number: int) -> None:
        if dice.random() < 0.1:
            (folder / "by-hand.txt").write_text(f"edited after {number} frames\n")
            (folder / "again.txt").unlink(missing_ok=True)

    return Record(folder, edit)


async def _recorded(root: Path, dice: Random, changes: int) -> tuple[Home, str, Record]:
    home, run = await begun(root, Script(dice).plan(changes), ignored=IGNORED, level="auto")
    record = _human(home.folder.worktree(run), dice)
    async with taken_up(home, run) as engine:
        engine.ledger.listen(record.note)
        state = await engine.settled()
    assert state.ended == "done", state.why
    assert record.changes >= changes, f"{record.changes} changes"
    return home, run, record


async def _compare(home: Home, run: str, record: Record, frames: list[int], forks: int) -> None:
    worktree = worktree_of(home, run)
    ignored = ignored_of(worktree.path)
    assert ignored
    for number in frames:
        worktree.restore(home.state(run, number).commit)
        assert files_of(worktree.path) == record.at[number], f"frame {number}"
        assert ignored_of(worktree.path) == ignored, "ignored files are left alone"
    worktree.restore(worktree.head)
    last = home.state(run).frame
    for number in [number for number in frames if number < last - 5][:forks]:
        new = await fork(home, run, number)
        assert files_of(home.folder.worktree(new)) == record.at[number], f"fork at frame {number}"
    assert files_of(worktree.path) == record.at[max(record.at)], "the first run is as it was"


async def _check(root: Path, seed: int, changes: int, frames: int) -> None:
    dice = Random(seed)
    home, run, record = await _recorded(root, dice, changes)
    by_hand = [frame for frame in home.frames(run) if isinstance(frame, f.WorkspaceEdited)]
    assert by_hand, "somebody edited as well"
    chosen = dice.sample(sorted(record.at), frames)
    await _compare(home, run, record, [*chosen, *(frame.frame for frame in by_hand[:2])], forks=3)


async def test_the_files_of_thirty_frames_are_those_that_were_there(tmp_path: Path) -> None:
    await _check(tmp_path / "work", seed=1, changes=60, frames=30)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [2, 3])
async def test_the_files_of_two_hundred_frames_of_a_long_run_are_those_that_were_there(
    tmp_path: Path, seed: int
) -> None:
    await _check(tmp_path / "work", seed=seed, changes=500, frames=200)
