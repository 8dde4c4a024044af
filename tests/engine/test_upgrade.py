"""What an older version wrote is read in steps, and brought into a new file without losing anything on the way."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

import pytest

from swarm import frames as f
from swarm import snapshot
from swarm.checkpoint import Checkpoint
from swarm.errors import Damaged, HistoryError, Locked, NewerFormat, OlderFormat
from swarm.fold import fold
from swarm.snapshot import read_snapshot
from swarm.store import journal as journals
from swarm.store import layout, tiny, upgrade
from swarm.store.filelog import FileLog
from swarm.store.folder import SwarmFolder
from swarm.store.journal import Journal
from swarm.store.lock import RunLock
from swarm.store.tiny import TinyStore
from tests.engine.dying import Died, Fault, failing
from tests.golden.summary import summary

GOLDEN = Path(__file__).parents[1] / "golden/v1"
RUN = "build-word-1"
ADDED = b'{"frame":232,"kind":"node.told","node":"1","text":"on","by":"Ann"}'


def _step(frame: dict[str, Any]) -> dict[str, Any]:
    """Each frame of version 2 says so, and one field has another value."""
    changes = {"title": "Two"} if frame["kind"] == "run.started" else {}
    return {**frame, "command": frame.get("command", "") + "+", **changes}


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next version of the program: every format is at version 2."""
    for module in (layout, tiny, snapshot):
        monkeypatch.setattr(module, "VERSION", 2)
    for table, step in ((upgrade.FRAMES, _step), (upgrade.TABLES, _tables), (upgrade.SNAPSHOTS, _taken)):
        monkeypatch.setitem(cast("dict[int, Any]", table), 1, step)


def _taken(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "goal": "Two", "frames": [_step(frame) for frame in value["frames"]]}


def _tables(tables: dict[str, Any]) -> dict[str, Any]:
    documents = {key: {**document, "value": ["two", document["value"]]} for key, document in tables["_default"].items()}
    return {**tables, "_default": documents}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A history of version 1."""
    return Path(shutil.copy(GOLDEN / "history.jsonl", tmp_path))


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A store of version 1."""
    return Path(shutil.copy(GOLDEN / "store.db", tmp_path))


ORIGINAL = (GOLDEN / "history.jsonl").read_bytes()
STORED = (GOLDEN / "store.db").read_bytes()
UPGRADED = [_step(json.loads(layout.frame_of(line))) for line in ORIGINAL.splitlines()[1:]]


def _frames(path: Path) -> list[Any]:
    with closing(Journal.open(path, write=False)) as journal:
        return [json.loads(frame) for frame in journal.read()]


def _version(path: Path) -> int:
    return int(json.loads(path.read_bytes().partition(b"\n")[0])["version"])


# Histories


@pytest.mark.usefixtures("second")
def test_a_history_of_before_is_read_without_a_write(path: Path) -> None:
    with closing(Journal.open(path, write=False)) as journal:
        assert (journal.version, journal.last) == (1, 231)
        assert json.loads(journal.one(7)) == UPGRADED[7]
        assert fold(map(f.decode, journal.read())).title == "Two"
    assert _frames(path) == UPGRADED
    assert path.read_bytes() == ORIGINAL
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.usefixtures("second")
def test_to_be_written_it_is_brought_into_a_new_file_and_the_old_one_is_kept(path: Path) -> None:
    with closing(Journal.open(path, write=True)) as journal:
        assert (journal.version, journal.header.run, journal.append([ADDED])) == (2, RUN, 232)
    assert _frames(path) == [*UPGRADED, json.loads(ADDED)]
    assert sorted(each.name for each in path.parent.iterdir()) == ["history.jsonl", "history.v1.jsonl"]
    assert (path.parent / "history.v1.jsonl").read_bytes() == ORIGINAL

    Journal.open(path, write=True).close()
    assert len(list(path.parent.iterdir())) == 2


@pytest.mark.usefixtures("second")
def test_a_name_that_is_taken_is_never_written_over(path: Path) -> None:
    (path.parent / "history.v1.jsonl").write_bytes(b"something else")
    Journal.open(path, write=True).close()
    assert (path.parent / "history.v1.jsonl").read_bytes() == b"something else"
    assert (path.parent / "history.v1-2.jsonl").read_bytes() == ORIGINAL


@pytest.mark.usefixtures("second")
def test_what_was_torn_off_an_old_history_is_put_aside_as_ever(path: Path) -> None:
    path.write_bytes(ORIGINAL + b'{"n":232,"len":9')
    with closing(Journal.open(path, write=True)) as journal:
        assert journal.torn
        assert journal.torn.read_bytes() == b'{"n":232,"len":9'
    assert _frames(path) == UPGRADED


@pytest.mark.usefixtures("second")
def test_a_damaged_history_of_before_is_left_as_it_is(path: Path) -> None:
    damaged = ORIGINAL.replace(b"word counter", b"word-counter", 1)
    path.write_bytes(damaged)
    with pytest.raises(Damaged, match="frame 0"):
        Journal.open(path, write=True)
    assert path.read_bytes() == damaged
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.usefixtures("second")
@pytest.mark.parametrize("kind", ["error", "death"])
def test_no_failure_and_no_death_on_the_way_loses_anything(
    kind: Literal["error", "death"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "_BLOCK", 100)
    at, before, after = 0, 0, 0
    while at == before + after:
        at += 1
        folder = tmp_path / str(at)
        folder.mkdir()
        path = Path(shutil.copy(GOLDEN / "history.jsonl", folder))
        fault = Fault(at, kind)
        _suffer(fault, partial(_renewed, path))
        if fault.happened:
            before, after = (before + 1, after) if path.read_bytes() == ORIGINAL else (before, after + 1)
            _whole(path)
    assert before > 15
    assert after > 0


def _renewed(path: Path) -> None:
    Journal.open(path, write=True).close()


def _suffer(fault: Fault, act: Callable[[], object]) -> None:
    """Acts, and sees that a fault is told; one that costs nothing may pass."""
    try:
        with failing(fault):
            act()
    except (Died, HistoryError):
        assert fault.happened


def _whole(path: Path) -> None:
    """Old or new, nothing is missing; and the next process finishes it."""
    kept = path.with_name("history.v1.jsonl")
    assert path.read_bytes() == ORIGINAL or (_version(path), kept.read_bytes()) == (2, ORIGINAL)
    assert _frames(path) == UPGRADED
    with closing(Journal.open(path, write=True)) as journal:
        journal.append([ADDED])
    assert _frames(path) == [*UPGRADED, json.loads(ADDED)]
    assert kept.read_bytes() == ORIGINAL
    assert {each.name for each in path.parent.iterdir() if each.suffix != ".tmp"} == {path.name, kept.name}


@pytest.mark.usefixtures("second")
async def test_who_follows_goes_on_in_the_new_file(tmp_path: Path) -> None:
    folder = _workspace(tmp_path)
    follower, writer = FileLog(folder), FileLog(folder)
    assert len(await follower.read(RUN)) == 232
    assert await writer.claim(RUN) == 231
    assert await writer.append(RUN, 231, [ADDED]) == 232
    assert [json.loads(frame) for frame in await follower.read(RUN)] == [*UPGRADED, json.loads(ADDED)]
    await follower.close()
    await writer.close()


async def test_who_is_of_before_and_follows_is_told(tmp_path: Path) -> None:
    folder = _workspace(tmp_path)
    follower = FileLog(folder)
    assert len(await follower.read(RUN)) == 232
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "VERSION", 2)
        patch.setattr(upgrade, "FRAMES", {1: _step})
        Journal.open(folder.history(RUN), write=True).close()
    with pytest.raises(NewerFormat):
        await follower.read(RUN)
    await follower.close()


@pytest.mark.usefixtures("second")
async def test_a_run_that_another_process_writes_is_not_touched(tmp_path: Path) -> None:
    folder = _workspace(tmp_path)
    with RunLock(folder.run_dir(RUN)):
        log = FileLog(folder)
        with pytest.raises(Locked):
            await log.claim(RUN)
        await log.close()
    assert folder.history(RUN).read_bytes() == ORIGINAL


def _workspace(tmp_path: Path) -> SwarmFolder:
    folder = SwarmFolder(tmp_path)
    folder.begin(RUN)
    shutil.copy(GOLDEN / "history.jsonl", folder.history(RUN))
    return folder


# Stores


@pytest.mark.usefixtures("second")
def test_a_store_of_before_is_read_at_once_and_replaced_by_the_next_write(db: Path) -> None:
    store = TinyStore(db)
    style = ["two", {"name": "style", "text": "Plain words."}]
    assert store.get("memory_space", "style") == (style, 1)
    assert db.read_bytes() == STORED
    assert store.put("memory_space", "more", 1) == 1
    assert store.put("memory_space", "more", 2) == 2
    assert store.items("memory_space") == {"more": 2, "style": style}
    assert json.loads(db.read_bytes())["format"] == {"1": {"version": 2}}
    assert {each.name for each in db.parent.iterdir()} == {"store.db", "store.v1.db", "store.db.lock"}
    assert (db.parent / "store.v1.db").read_bytes() == STORED


@pytest.mark.usefixtures("second")
@pytest.mark.parametrize("kind", ["error", "death"])
def test_no_failure_and_no_death_loses_what_a_store_holds(kind: Literal["error", "death"], tmp_path: Path) -> None:
    at, happened = 0, 0
    while at == happened:
        at += 1
        folder = tmp_path / str(at)
        folder.mkdir()
        db = Path(shutil.copy(GOLDEN / "store.db", folder))
        fault = Fault(at, kind)
        _suffer(fault, partial(TinyStore(db).put, "runs", "new", 1))
        happened += fault.happened
        kept = folder / "store.v1.db"
        assert db.read_bytes() == STORED or kept.read_bytes() == STORED
        TinyStore(db).put("runs", "other", 2)
        assert {"other", RUN} <= set(TinyStore(db).items("runs")) <= {"other", "new", RUN}
        assert list(TinyStore(db).items("memory_space")) == ["style"]
        assert kept.read_bytes() == STORED
    assert happened > 5


def test_a_checkpoint_of_another_version_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Journal.open(GOLDEN / "history.jsonl", write=False)) as journal:
        lines = list(journal.read())
    state, path = fold(map(f.decode, lines)), tmp_path / "checkpoint.db"
    monkeypatch.setitem(cast("dict[int, Any]", upgrade.TABLES), 1, _tables)
    for version in (1, 2, 1):
        monkeypatch.setattr(tiny, "VERSION", version)
        assert Checkpoint(path).load(231, lines.__getitem__) is None
        Checkpoint(path).save(state, lines[231])
        found = Checkpoint(path).load(231, lines.__getitem__)
        assert found
        assert summary(found) == summary(state)
    assert {each.name for each in tmp_path.iterdir()} == {"checkpoint.db", "checkpoint.db.lock"}


# Snapshots


@pytest.mark.usefixtures("second")
def test_a_snapshot_of_before_is_read() -> None:
    found, _ = read_snapshot(GOLDEN / "snapshot.json")
    assert (found.version, found.goal, fold(found.history).title) == (2, "Two", "Two")


@pytest.mark.usefixtures("second")
def test_a_snapshot_of_before_that_was_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    value = json.loads((GOLDEN / "snapshot.json").read_bytes())
    value["frames"][0]["title"] = "Rebuild"
    path.write_text(json.dumps(value))
    with pytest.raises(Damaged, match="changed"):
        read_snapshot(path)


# Versions that cannot be read


def _read(path: Path) -> None:
    Journal.open(path, write=False, tolerate=True)


@pytest.mark.parametrize(
    ("name", "act"),
    [
        ("history.jsonl", _renewed),
        ("history.jsonl", _read),
        ("store.db", lambda path: TinyStore(path).items("runs")),
        ("store.db", lambda path: TinyStore(path).put("runs", "a", 1)),
        ("snapshot.json", read_snapshot),
    ],
)
def test_a_version_without_a_step_is_refused_and_nothing_is_written(
    name: str, act: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copy(GOLDEN / name, tmp_path))
    for module in (layout, tiny, snapshot):
        monkeypatch.setattr(module, "VERSION", 3)
    monkeypatch.setattr(upgrade, "FRAMES", {2: _step})
    with pytest.raises(OlderFormat, match=rf"{name}: written in format 1, .*: use an older version") as refused:
        act(path)
    assert "\n" not in str(refused.value)
    assert path.read_bytes() == (GOLDEN / name).read_bytes()
    assert not (tmp_path / "history.v1.jsonl").exists()


@pytest.mark.parametrize("version", [None, "1", 0, 1.5, [1]])
def test_what_is_no_version_is_damage(version: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "VERSION", version)
        line, _ = layout.header_line(layout.Header(run=RUN))
    (tmp_path / "history.jsonl").write_bytes(line)
    with pytest.raises(Damaged, match="no version"):
        Journal.open(tmp_path / "history.jsonl", write=False)
    (tmp_path / "store.db").write_text(json.dumps({"format": {"1": {"version": version}}}))
    with pytest.raises(Damaged, match="not a store"):
        TinyStore(tmp_path / "store.db").items("runs")
    value = {**json.loads((GOLDEN / "snapshot.json").read_bytes()), "version": version}
    (tmp_path / "snapshot.json").write_text(json.dumps(value))
    with pytest.raises(Damaged, match="not whole"):
        read_snapshot(tmp_path / "snapshot.json")
