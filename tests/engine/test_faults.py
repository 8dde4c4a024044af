"""A disk that fails at every single call: nothing acknowledged is lost, nothing is half-written, and it goes on."""

from __future__ import annotations

import errno
from pathlib import Path
from random import Random

import pytest

from swarm import runs
from swarm.errors import HistoryError
from swarm.home import Home
from swarm.store.blobs import Blobs
from swarm.store.filelog import FileLog
from swarm.store.folder import SwarmFolder
from swarm.store.tiny import TinyStore
from swarm.workspace.probe import Probe
from tests.engine import kit
from tests.engine.faults import Disk
from tests.engine.headless import use
from tests.engine.killing import Count, check, decide_doubts, plan
from tests.engine.real import begun, taken_up

RUN = "wc-1"


class Kept:
    """What a short life of all stores was told to be safe."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.values: dict[str, int] = {}
        self.tried: dict[str, int] = {}
        self.blobs: dict[str, bytes] = {}

    async def live(self, folder: SwarmFolder) -> None:
        """Writes to all stores, as a run does, and notes what they say is safe."""
        log = FileLog(folder)
        try:
            last = await log.claim(RUN)
            found = await log.read(RUN)
            assert found[: len(self.frames)] == self.frames
            self.frames = found
            store, blobs = TinyStore(folder.db), Blobs(folder.blobs)
            for number in range(3):
                frames = [b'{"n":%d}' % n for n in range(last + 1, last + 3)]
                last = await log.append(RUN, last, frames)
                self.frames += frames
                self._put(store, f"key-{number}", number)
                self._put(store, "again", number)
                data = b"blob %d" % number
                self.blobs[blobs.put(data)] = data
        finally:
            await log.close()

    def _put(self, store: TinyStore, key: str, value: int) -> None:
        self.tried[key] = value
        store.put("runs", key, value)
        self.values[key] = value

    async def check(self, folder: SwarmFolder) -> None:
        """Fails unless what was safe is there, and nothing but what was tried."""
        log = FileLog(folder)
        found = await log.read(RUN)
        await log.close()
        assert found[: len(self.frames)] == self.frames
        assert len(found) <= len(self.frames) + 2, "frames from nowhere"
        store = TinyStore(folder.db)
        for key, value in self.tried.items():
            got = store.get("runs", key)
            assert got or key not in self.values, key
            assert got is None or got[0] in (self.values.get(key), value), key
        blobs = Blobs(folder.blobs)
        assert {digest: blobs.get(digest) for digest in self.blobs} == self.blobs


async def _calls(folder: Path) -> list[str]:
    disk = Disk(folder)
    with disk.mounted():
        await Kept().live(SwarmFolder(folder))
    return disk.calls


async def _check_failure(place: Path, number: int, error: int, *, lasting: bool) -> None:
    """Lets one call fail, and looks at what is left once the disk is mended."""
    folder, kept, disk = SwarmFolder(place), Kept(), Disk(place, number, error, lasting=lasting)
    said = ""
    with disk.mounted():
        try:
            await kept.live(folder)
        except HistoryError as failure:
            said = str(failure)
    assert disk.failed
    if said:
        assert str(place) in said, "the error names what could not be written"
        assert "\n" not in said
    else:
        assert disk.calls[number] == f"ftruncate /.swarm/runs/{RUN}/lock", "another failure was not seen"
    await kept.check(folder)
    await kept.live(folder)
    await kept.check(folder)
    assert _leftovers(place) == []


def _leftovers(place: Path) -> list[Path]:
    return list(place.rglob("*.tmp"))


_WAYS = [(errno.ENOSPC, True), (errno.EIO, False)]


async def test_the_calls_of_all_stores_are_counted(tmp_path: Path) -> None:
    calls = await _calls(tmp_path)
    assert len(calls) > 100
    assert {call.split()[0] for call in calls} == {
        *("open", "pwrite", "fdatasync", "fsync", "replace", "ftruncate", "mkdir", "flock", "fstat"),
    }


@pytest.mark.parametrize(("error", "lasting"), _WAYS, ids=["full for good", "one error"])
async def test_whichever_call_fails_nothing_acknowledged_is_lost(tmp_path: Path, error: int, lasting: bool) -> None:
    for number in range(len(await _calls(tmp_path / "whole"))):
        await _check_failure(tmp_path / str(number), number, error, lasting=lasting)


# A whole run


async def _driven(home: Home, run: str, told: list[int]) -> None:
    async with taken_up(home, run) as engine:
        engine.ledger.listen(lambda frames, _: told.extend(frame.frame for frame in frames))
        await kit.settled(engine)


async def _run_on(place: Path, disk: Disk) -> str:
    """A run on a disk that fails, which goes on when that is mended; what it said when it stopped."""
    home, run = await begun(place, plan(1, "a"), ignored="done/\n", level="auto")
    told: list[int] = []
    said = ""
    with disk.mounted():
        try:
            await _driven(home, run, told)
        except HistoryError as failure:
            said = str(failure)
    assert len(list(home.frames(run))) > max(told, default=-1)
    assert home.state(run).ended in (None, "done"), "a disk that fails is no failure of the run"
    while not home.state(run).ended:
        await decide_doubts(home, run)
        await _driven(home, run, told)
    count = Count()
    check(home, run, ["1a"], count)
    assert count.twice == []
    return said


@pytest.fixture
def _unsandboxed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "probe", runs.probe)  # put back afterwards
    use(Probe(tier="none"))


@pytest.fixture
async def calls(tmp_path: Path, _unsandboxed: None) -> int:
    """How many calls a whole run makes."""
    disk = Disk(tmp_path / "whole" / ".swarm")
    assert await _run_on(tmp_path / "whole", disk) == ""
    return len(disk.calls)


async def _fails_at(place: Path, number: int, error: int, *, lasting: bool) -> None:
    disk = Disk(place / ".swarm", number, error, lasting=lasting)
    said = await _run_on(place, disk)
    if said:
        assert any(words in said for words in ("cannot be", "make room")), said
    else:
        closing = disk.calls.index("unlink /runs/real-1/socket")
        assert number >= closing, f"{disk.calls[number]} failed unseen"


async def test_a_run_stops_where_its_disk_fails_and_goes_on_when_it_is_mended(tmp_path: Path, calls: int) -> None:
    for place, number in enumerate(Random(3).sample(range(calls), 8)):
        error, lasting = _WAYS[place % 2]
        await _fails_at(tmp_path / str(place), number, error, lasting=lasting)


@pytest.mark.soak
@pytest.mark.parametrize(("error", "lasting"), _WAYS, ids=["full for good", "one error"])
async def test_a_run_stops_wherever_its_disk_fails(tmp_path: Path, calls: int, error: int, lasting: bool) -> None:
    for number in range(calls):
        await _fails_at(tmp_path / str(number), number, error, lasting=lasting)
