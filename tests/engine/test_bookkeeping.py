"""The checkpoint and the catalogue of real runs: written at the right times, used, and never needed."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from swarm import checkpoint as checkpoints
from swarm import frames as f
from swarm.catalogue import Catalogue
from swarm.checkpoint import Checkpoint
from swarm.commands import Tell
from swarm.fold import fold
from swarm.home import WORTH, Home
from swarm.ledger import Ledger
from swarm.store.filelog import FileLog
from tests.engine.real import begun, taken_up

PLAN = """# Greet

## Say it

```text greeting.txt
hello
```
"""


async def _told(home: Home, run: str, count: int) -> None:
    """Adds as many frames as a long run has, all at once."""
    log = FileLog(home.folder)
    await log.claim(run)
    ledger = Ledger(log, run, home.state(run))
    await ledger.append(*(f.NodeTold(node="1", text=f"note {number}", by="me") for number in range(count)))
    await log.close()


@pytest.fixture
async def long_run(tmp_path: Path) -> tuple[Home, str]:
    home, run = await begun(tmp_path / "work", PLAN)
    await _told(home, run, WORTH + 10)
    async with taken_up(home, run) as engine:
        await engine.settled()
    return home, run


async def test_closing_a_long_run_leaves_its_checkpoint_and_its_row(long_run: tuple[Home, str]) -> None:
    home, run = long_run
    last = home.state(run).frame
    path = home.folder.checkpoint(run)
    assert f'"swarm_history_current_frame": {{"version": 1, "value": {last}' in path.read_text()
    row, _ = home.catalogue.rows()[run]
    assert (row.frame, row.status, row.waiting) == (last, "waiting", 1)


async def test_a_state_is_folded_on_from_the_checkpoint(
    long_run: tuple[Home, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, run = long_run
    whole = fold(home.frames(run))
    decoded: list[bytes] = []
    real = f.decode
    monkeypatch.setattr("swarm.home.f.decode", lambda line: decoded.append(line) or real(line))
    assert home.state(run) == whole
    assert decoded == []
    assert home.state(run, WORTH // 2).frame == WORTH // 2
    assert len(decoded) == WORTH // 2 + 1


@pytest.mark.parametrize("harm", ["deleted", "damaged", "other code"])
async def test_without_a_checkpoint_the_state_is_the_same_and_the_next_close_makes_it_anew(
    long_run: tuple[Home, str], harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, run = long_run
    path = home.folder.checkpoint(run)
    if harm == "deleted":
        path.unlink()
    elif harm == "damaged":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        monkeypatch.setattr(checkpoints, "_code", lambda: "another")
    assert home.state(run) == fold(home.frames(run))
    async with taken_up(home, run) as engine:
        await engine.do(Tell(node="1", text="go on"))
        last = engine.state.frame
    lines = [f.encode(frame) for frame in home.frames(run)]
    kept = Checkpoint(path).load(len(lines) - 1, lines.__getitem__)
    assert kept == fold(home.frames(run))
    assert kept.frame >= last


async def test_checkpoints_come_at_growing_distances(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, run = await begun(tmp_path / "work", PLAN)
    saved: list[int] = []
    monkeypatch.setattr(Checkpoint, "save", lambda self, state, line: saved.append(state.frame))
    async with taken_up(home, run) as engine:
        await engine.settled()
        for _ in range(120):
            await engine.ledger.append(*(f.NodeTold(node="1", text="note", by="me") for _ in range(50)))
    assert saved[0] >= WORTH
    assert len(saved) <= 5
    assert all(later >= 2 * earlier for earlier, later in pairwise(saved[:-1]))


async def test_a_run_without_its_row_is_read_once(long_run: tuple[Home, str], monkeypatch: pytest.MonkeyPatch) -> None:
    home, run = long_run
    home.store.delete("runs", run)
    assert [row.id for row in home.rows()] == [run]
    monkeypatch.setattr(Home, "state", lambda *_: pytest.fail("the history was read again"))
    assert [row.id for row in Home(home.root).rows()] == [run]


async def test_a_row_of_a_history_that_has_grown_is_made_anew(long_run: tuple[Home, str]) -> None:
    home, run = long_run
    before = home.rows()[0].frame
    await _told(home, run, 3)
    assert home.rows()[0].frame == before + 3


async def test_a_deleted_run_leaves_no_row(long_run: tuple[Home, str]) -> None:
    home, run = long_run
    home.delete(run)
    assert home.rows() == []
    assert Catalogue(home.store).rows() == {}
