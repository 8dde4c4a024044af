"""The contract of `Log`, which every kind passes, and what is special to histories on disk."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from swarm.errors import Conflict, Damaged, HistoryError, Locked, UsageError
from swarm.store.filelog import FileLog
from swarm.store.folder import SwarmFolder
from swarm.store.journal import Journal
from swarm.store.layout import Header, Origin
from swarm.store.log import Log, MemoryLog


@pytest.fixture
def folder(tmp_path: Path) -> SwarmFolder:
    return SwarmFolder(tmp_path)


@pytest.fixture(params=["memory", "file"])
async def log(request: pytest.FixtureRequest, folder: SwarmFolder) -> AsyncIterator[Log]:
    kinds: dict[str, Callable[[], Log]] = {"memory": MemoryLog, "file": lambda: FileLog(folder)}
    log = kinds[request.param]()
    with blockbuster_ctx("swarm"):
        yield log
        await log.close()


async def test_an_unknown_run_is_empty(log: Log) -> None:
    assert await log.read("wc-1") == []
    assert await log.header("wc-1") is None


async def test_frames_are_numbered_and_come_back(log: Log) -> None:
    assert await log.append("wc-1", -1, [b"[0]", b"[1]"]) == 1
    assert await log.append("wc-1", 1, [b"[2]"]) == 2
    assert await log.read("wc-1") == [b"[0]", b"[1]", b"[2]"]
    assert await log.read("wc-1", after=0) == [b"[1]", b"[2]"]
    assert await log.read("wc-1", after=0, upto=1) == [b"[1]"]
    assert await log.read("wc-1", after=2) == []
    assert await log.read("wc-1", upto=-1) == []


async def test_runs_do_not_mix(log: Log) -> None:
    await log.append("a", -1, [b"[0]"])
    await log.append("b", -1, [b"[1]"])
    assert (await log.read("a"), await log.read("b")) == ([b"[0]"], [b"[1]"])


@pytest.mark.parametrize("expected", [-1, 0, 2])
async def test_only_who_has_seen_everything_may_append(log: Log, expected: int) -> None:
    await log.append("wc-1", -1, [b"[0]", b"[1]"])
    with pytest.raises(Conflict, match="frame 1 is the last"):
        await log.append("wc-1", expected, [b"[2]"])
    assert await log.read("wc-1") == [b"[0]", b"[1]"]


async def test_a_conflict_does_not_begin_a_run(log: Log) -> None:
    with pytest.raises(Conflict):
        await log.append("wc-1", 3, [b"[0]"])
    assert await log.header("wc-1") is None


async def test_of_many_who_append_at_once_one_wins(log: Log) -> None:
    results = await asyncio.gather(*(log.append("a", -1, [b"[%d]" % n]) for n in range(8)), return_exceptions=True)
    assert sorted(isinstance(result, Conflict) for result in results) == [False] + [True] * 7
    assert await log.read("a") == [b"[%d]" % results.index(0)]


async def test_a_frame_of_two_lines_is_refused_with_its_group(log: Log) -> None:
    with pytest.raises(ValueError, match="one line"):
        await log.append("wc-1", -1, [b"[0]", b"[\n]"])
    assert await log.read("wc-1") == []


async def test_a_claim_begins_a_run_and_names_its_origin(log: Log) -> None:
    origin = Origin(run="wc-1", frame=7)
    assert await log.claim("wc-2", origin) == -1
    assert await log.append("wc-2", -1, [b"[0]"]) == 0
    assert await log.claim("wc-2") == 0
    assert await log.header("wc-2") == Header(run="wc-2", origin=origin)


async def test_what_is_no_run_id_is_refused(log: Log) -> None:
    for call in (log.claim("../up"), log.header("../up"), log.read("../up"), log.append("../up", -1, [b"[0]"])):
        with pytest.raises(UsageError, match="no run id"):
            await call


async def test_a_watcher_hears_of_what_is_there_and_of_what_comes(log: Log) -> None:
    await log.append("wc-1", -1, [b"[0]", b"[1]"])
    watcher = log.watch("wc-1")
    assert await anext(watcher) == 1
    waiting = asyncio.ensure_future(anext(watcher))
    await log.append("other", -1, [b"[0]"])
    await log.append("wc-1", 1, [b"[2]"])
    assert await waiting == 2


async def test_a_watcher_of_a_run_that_is_not_there_yet_waits_for_it(log: Log) -> None:
    waiting = asyncio.ensure_future(anext(log.watch("wc-1")))
    await log.claim("wc-1")
    await log.append("wc-1", -1, [b"[0]"])
    assert await waiting == 0


async def test_closing_ends_watchers_and_refuses_the_rest(log: Log) -> None:
    await log.append("wc-1", -1, [b"[0]"])

    seen: list[int] = []
    heard = asyncio.Event()

    async def watch() -> None:
        async for last in log.watch("wc-1"):
            seen.append(last)
            heard.set()

    watching = asyncio.ensure_future(watch())
    await heard.wait()
    await log.close()
    await watching
    assert seen == [0]
    with pytest.raises(HistoryError, match="closed"):
        await log.append("wc-1", 0, [b"[1]"])
    with pytest.raises(HistoryError, match="closed"):
        await log.read("wc-1")


# Histories on disk


async def test_a_second_log_reads_and_follows_but_cannot_write(folder: SwarmFolder) -> None:
    writer, viewer = FileLog(folder), FileLog(folder, poll=0.001)
    await writer.append("wc-1", -1, [b"[0]"])
    watcher = viewer.watch("wc-1")
    assert await anext(watcher) == 0
    waiting = asyncio.ensure_future(anext(watcher))
    await writer.append("wc-1", 0, [b"[1]"])
    assert await waiting == 1
    assert await viewer.read("wc-1", after=0) == [b"[1]"]
    with pytest.raises(Locked):
        await viewer.append("wc-1", 1, [b"[2]"])

    await writer.close()
    assert await viewer.append("wc-1", 1, [b"[2]"]) == 2
    assert await viewer.read("wc-1") == [b"[0]", b"[1]", b"[2]"]
    await viewer.close()


async def test_another_log_goes_on_where_the_first_one_ended(folder: SwarmFolder) -> None:
    for n in range(3):
        log = FileLog(folder)
        assert await log.claim("wc-1") == n - 1
        await log.append("wc-1", n - 1, [b"[%d]" % n])
        await log.close()
    assert folder.run_ids() == ["wc-1"]


async def test_a_damaged_run_is_read_up_to_its_damage_only_on_demand(folder: SwarmFolder) -> None:
    log = FileLog(folder)
    await log.append("wc-1", -1, [b"[0]", b"[1]", b"[2]"])
    await log.close()
    history = folder.history("wc-1")
    history.write_bytes(history.read_bytes().replace(b"[1]", b"[9]"))

    strict, tolerant = FileLog(folder), FileLog(folder, tolerate=True)
    with pytest.raises(Damaged, match="line 3"):
        await strict.read("wc-1")
    assert await tolerant.read("wc-1") == [b"[0]"]
    assert "damaged from frame 1 on" in await tolerant.damage("wc-1")
    watcher = tolerant.watch("wc-1")
    assert await anext(watcher) == 0
    with pytest.raises(Damaged, match="line 3"):
        await anext(watcher)
    with pytest.raises(Damaged, match="line 3"):
        await tolerant.append("wc-1", 0, [b"[1]"])
    await strict.close()
    await tolerant.close()


async def test_a_viewer_learns_of_damage_done_while_it_follows(folder: SwarmFolder) -> None:
    writer = FileLog(folder)
    await writer.append("wc-1", -1, [b"[0]"])
    strict, tolerant = FileLog(folder, poll=0.001), FileLog(folder, tolerate=True)
    assert await strict.read("wc-1") == await tolerant.read("wc-1") == [b"[0]"]
    watcher = strict.watch("wc-1")
    assert await anext(watcher) == 0
    with folder.history("wc-1").open("ab") as file:
        file.write(b"no frame\n")
    with pytest.raises(Damaged, match="line 3"):
        await anext(watcher)
    assert await tolerant.read("wc-1") == [b"[0]"]
    assert "damaged from frame 1 on" in await tolerant.damage("wc-1")
    for log in (writer, strict, tolerant):
        await log.close()


async def test_a_claim_that_fails_leaves_the_run_unlocked(folder: SwarmFolder) -> None:
    folder.run_dir("wc-1").mkdir(parents=True)
    folder.history("wc-1").write_bytes(b"nothing\n")
    first, second = FileLog(folder), FileLog(folder)
    for log in (first, second):
        with pytest.raises(Damaged):
            await log.claim("wc-1")
    await first.close()
    await second.close()


async def test_frames_are_on_disk_as_soon_as_append_returns(folder: SwarmFolder) -> None:
    log = FileLog(folder)
    await log.append("wc-1", -1, [b"[0]"])
    journal = Journal.open(folder.history("wc-1"), write=False)
    assert list(journal.read()) == [b"[0]"]
    journal.close()
    await log.close()
