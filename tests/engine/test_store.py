"""The contract of `Store`, which every kind passes, the TinyDB file, blobs and the folder that holds them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast, get_args

import pytest
from pydantic import JsonValue
from tinydb import TinyDB

from swarm.errors import Conflict, Damaged, HistoryError, NewerFormat, PathRefused, UsageError, WriteFailed
from swarm.store import tiny
from swarm.store.blobs import Blobs, digest_of
from swarm.store.folder import SwarmFolder
from swarm.store.keyed import Category, MemoryStore, Store, document_id
from swarm.store.tiny import AtomicStorage, TinyStore

COUNTS_TOGETHER = """
import sys
from pathlib import Path
from swarm.errors import Conflict
from swarm.store.tiny import TinyStore

store, name = TinyStore(Path(sys.argv[1])), sys.argv[2]
for n in range(25):
    store.put("memory_space", f"{name}.{n}", n)
    while True:
        count, version = store.get("runs", "count") or (0, 0)
        try:
            store.put("runs", "count", count + 1, version)
            break
        except Conflict:
            pass
"""

FILLS_THE_DISK = """
import resource, signal, sys
from pathlib import Path
from swarm.errors import WriteFailed
from swarm.store.tiny import TinyStore

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = TinyStore(Path(sys.argv[1]))
store.put("runs", "a", "small")
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    store.put("runs", "a", "large" * 1000)
except WriteFailed as error:
    print(error)
"""


def child(script: str, *arguments: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(tiny.__file__).parents[2])}
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


@contextmanager
def without_rights(folder: Path) -> Iterator[None]:
    """Take the right to write from this process, which may be root's."""
    mode, user = folder.stat().st_mode, os.geteuid()
    folder.chmod(0o500)
    os.seteuid(user or 65534)
    try:
        yield
    finally:
        os.seteuid(user)
        folder.chmod(mode)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture(params=["memory", "tiny"])
def store(request: pytest.FixtureRequest, path: Path) -> Store:
    kinds: dict[str, Callable[[], Store]] = {"memory": MemoryStore, "tiny": lambda: TinyStore(path)}
    return kinds[request.param]()


# The contract


@pytest.mark.parametrize("value", [None, False, 0, 1.5, "größer \ud800", [1, [2]], {"a": {"b": None}}, {}, []])
def test_any_json_value_comes_back(store: Store, value: JsonValue) -> None:
    assert store.put("memory_space", "a", value) == 1
    assert store.get("memory_space", "a") == (value, 1)


def test_what_is_not_there_is_none(store: Store) -> None:
    assert store.get("runs", "a") is None
    assert store.items("runs") == {}
    store.delete("runs", "a")


def test_each_change_raises_the_version(store: Store) -> None:
    assert [store.put("runs", "a", n) for n in range(3)] == [1, 2, 3]
    assert store.get("runs", "a") == (2, 3)


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_another_version_than_expected_is_a_conflict(store: Store, expected: int) -> None:
    store.put("runs", "a", "old")
    store.put("runs", "a", "new")
    with pytest.raises(Conflict, match="runs_a has version 2"):
        store.put("runs", "a", "mine", expected)
    with pytest.raises(Conflict, match="runs_a has version 2"):
        store.delete("runs", "a", expected)
    assert store.get("runs", "a") == ("new", 2)


def test_the_expected_version_is_replaced(store: Store) -> None:
    assert store.put("runs", "a", "first", 0) == 1
    assert store.put("runs", "a", "second", 1) == 2
    store.delete("runs", "a", 2)
    assert store.get("runs", "a") is None


def test_a_version_is_never_used_again_after_a_deletion(store: Store) -> None:
    store.put("runs", "a", "first")
    store.delete("runs", "a")
    assert store.items("runs") == {}
    assert store.put("runs", "a", "another", 0) == 3
    with pytest.raises(Conflict):
        store.put("runs", "a", "meant for the first", 1)


def test_items_are_those_of_one_category(store: Store) -> None:
    for key in ("b", "a.x", "a_x", "B"):
        store.put("action_space", key, key)
    store.put("memory_space", "b", "other")
    store.delete("action_space", "b")
    assert list(store.items("action_space").items()) == [("B", "B"), ("a.x", "a.x"), ("a_x", "a_x")]


def test_values_are_copies(store: Store) -> None:
    mine: dict[str, JsonValue] = {"list": [1]}
    store.put("runs", "a", mine)
    mine["list"] = [2]
    first = store.items("runs")["a"]
    assert first == {"list": [1]}
    first["list"] = [3]
    assert store.get("runs", "a") == ({"list": [1]}, 1)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": [float("-inf")]}])
def test_what_is_no_json_is_refused_and_the_old_value_stays(store: Store, value: JsonValue) -> None:
    store.put("runs", "a", "old")
    with pytest.raises(ValueError, match="JSON"):
        store.put("runs", "a", value)
    assert store.get("runs", "a") == ("old", 1)


@pytest.mark.parametrize("key", ["", "_a", "a_", "_", "a/b", "a b", "a\n", "ä", "../up", "a" * 201])
def test_what_is_no_key_is_refused(store: Store, key: str) -> None:
    for call in (store.get, store.delete, lambda category, key: store.put(category, key, 1)):
        with pytest.raises(UsageError, match="no key"):
            call("runs", key)


@pytest.mark.parametrize("key", ["a", "7", "current_frame", "files.write-file", "a__b", "A", "a" * 200])
def test_what_is_a_key_is_taken_as_it_is(store: Store, key: str) -> None:
    store.put("swarm_history", key, key)
    assert store.items("swarm_history") == {key: key}


def test_an_unknown_category_is_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="swarm_state"):
        store.get(cast("Category", "swarm"), "a")


def test_no_two_pairs_share_a_document() -> None:
    categories: tuple[Category, ...] = get_args(Category)
    assert not [(a, b) for a in categories for b in categories if a != b and f"{b}_".startswith(f"{a}_")]
    assert document_id("swarm_history", "current_frame") == "swarm_history_current_frame"


# The TinyDB file


def test_documents_lie_under_readable_keys_in_a_private_file(path: Path) -> None:
    TinyStore(path).put("action_space", "run_tests", {"doc": "Run them."})
    assert json.loads(path.read_text()) == {
        "format": {"1": {"version": 1}},
        "_default": {"action_space_run_tests": {"version": 1, "value": {"doc": "Run them."}, "live": True}},
    }
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(found.name for found in path.parent.iterdir()) == ["store.db", "store.db.lock"]


def test_two_stores_see_each_other(path: Path) -> None:
    one, other = TinyStore(path), TinyStore(path)
    one.put("runs", "a", 1)
    assert other.get("runs", "a") == (1, 1)
    other.put("runs", "a", 2)
    with pytest.raises(Conflict):
        one.put("runs", "a", 3, 1)


def test_two_processes_lose_nothing_of_each_other(path: Path) -> None:
    with child(COUNTS_TOGETHER, path, "one") as one, child(COUNTS_TOGETHER, path, "two") as two:
        pass
    assert (one.returncode, two.returncode) == (0, 0)
    store = TinyStore(path)
    assert store.get("runs", "count") == (50, 50)
    assert len(store.items("memory_space")) == 50


def test_a_full_disk_leaves_the_old_file(path: Path) -> None:
    with child(FILLS_THE_DISK, path) as process:
        assert process.stdout
        assert "cannot be written" in process.stdout.read()
    assert process.returncode == 0
    assert TinyStore(path).get("runs", "a") == ("small", 1)
    assert sorted(found.name for found in path.parent.iterdir()) == ["store.db", "store.db.lock"]


def test_the_storage_serves_tinydb_as_any_other(path: Path) -> None:
    with TinyDB(path, storage=AtomicStorage) as db:
        assert db.insert({"a": 1}) == 1
        db.table("other").insert({"b": 2})
        db.drop_table("other")
        assert db.tables() == {"_default"}
        assert db.all() == [{"a": 1}]


@pytest.mark.parametrize("content", ["", "{", "[]", "1", "{}", '{"format":{}}', '{"format":[],"_default":{}}'])
def test_a_file_of_something_else_is_damaged_and_stays(path: Path, content: str) -> None:
    path.write_text(content)
    store = TinyStore(path)
    with pytest.raises(Damaged, match=r"store\.db"):
        store.get("runs", "a")
    with pytest.raises(Damaged, match=r"store\.db"):
        store.put("runs", "a", 1)
    assert path.read_text() == content


def test_a_document_of_another_shape_is_damaged(path: Path) -> None:
    path.write_text('{"format":{"1":{"version":1}},"_default":{"runs_a":{"value":1}}}')
    with pytest.raises(Damaged, match="runs_a"):
        TinyStore(path).items("runs")


def test_a_newer_format_is_refused_politely(path: Path) -> None:
    path.write_text('{"format":{"1":{"version":2}}}')
    with pytest.raises(NewerFormat, match="format 2"):
        TinyStore(path).put("runs", "a", 1)


def test_a_store_that_cannot_be_read_is_one_clear_error(path: Path) -> None:
    path.mkdir()
    with pytest.raises(HistoryError, match="cannot be read"):
        TinyStore(path).get("runs", "a")


# Blobs


def test_a_blob_comes_back_by_its_digest(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    data = bytes(range(256)) * 100
    digest = blobs.put(data)
    assert digest == digest_of(data)
    assert blobs.get(digest) == data
    assert blobs.get(blobs.put(b"")) == b""


def test_a_blob_is_kept_once_in_a_private_file(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    digest = blobs.put(b"data")
    file = tmp_path / "blobs" / digest[:2] / digest[2:4] / digest
    before = file.stat()
    assert blobs.put(b"data") == digest
    assert file.stat().st_ino == before.st_ino
    assert before.st_mode & 0o777 == 0o600
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [file]


def test_a_damaged_blob_is_noticed_and_mended_by_putting_it_again(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"data")
    (tmp_path / digest[:2] / digest[2:4] / digest).write_bytes(b"date")
    with pytest.raises(Damaged, match="does not fit"):
        blobs.get(digest)
    blobs.put(b"data")
    assert blobs.get(digest) == b"data"


@pytest.mark.parametrize("digest", [digest_of(b"never put"), "", "../../etc/passwd", "A" * 64])
def test_a_blob_that_is_not_there_is_damage(tmp_path: Path, digest: str) -> None:
    with pytest.raises(Damaged, match="blob"):
        Blobs(tmp_path).get(digest)


# The folder


def test_the_folder_is_private_and_ignored_by_git(tmp_path: Path) -> None:
    folder = SwarmFolder(tmp_path)
    folder.ensure()
    folder.ensure()
    assert folder.root.stat().st_mode & 0o777 == 0o700
    assert (folder.root / ".gitignore").read_text() == "*\n"
    assert folder.blobs.is_dir()
    assert folder.runs.is_dir()
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    status = subprocess.run(["git", "-C", tmp_path, "status", "--porcelain"], check=True, capture_output=True)
    assert status.stdout == b""


def test_a_folder_that_others_could_read_is_closed(tmp_path: Path) -> None:
    folder = SwarmFolder(tmp_path)
    folder.root.mkdir()
    folder.root.chmod(0o755)
    folder.ensure()
    assert folder.root.stat().st_mode & 0o777 == 0o700


def test_everything_of_a_run_lies_in_its_folder(tmp_path: Path) -> None:
    folder = SwarmFolder(tmp_path)
    run = tmp_path / ".swarm" / "runs" / "wc-1"
    assert folder.db == tmp_path / ".swarm" / "swarm_default_kv_store.db"
    assert folder.run_dir("wc-1") == run
    assert folder.history("wc-1") == run / "history.jsonl"
    assert folder.checkpoint("wc-1") == run / "swarm_default_kv_store.db"
    assert folder.worktree("wc-1") == run / "worktree"


@pytest.mark.parametrize("run_id", ["", "-a", "A", "a_b", "a/b", "..", "a\n", "a" * 42])
def test_what_is_no_run_id_has_no_folder(tmp_path: Path, run_id: str) -> None:
    with pytest.raises(UsageError, match="no run id"):
        SwarmFolder(tmp_path).run_dir(run_id)


def test_runs_are_the_folders_with_a_history(tmp_path: Path) -> None:
    folder = SwarmFolder(tmp_path)
    assert folder.run_ids() == []
    folder.ensure()
    for name in ("wc-2", "wc-1", "Not-a-run"):
        (folder.runs / name).mkdir()
        (folder.runs / name / "history.jsonl").touch()
    folder.run_dir("empty").mkdir()
    assert folder.run_ids() == ["wc-1", "wc-2"]


def test_a_missing_right_to_write_is_one_clear_error(tmp_path: Path) -> None:
    with (
        without_rights(tmp_path),
        pytest.raises(WriteFailed, match=r"\.swarm: cannot be written \(Permission denied\)"),
    ):
        SwarmFolder(tmp_path).ensure()


def test_a_file_in_the_place_of_the_folder_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / ".swarm").touch()
    with pytest.raises(WriteFailed, match=r"\.swarm"):
        SwarmFolder(tmp_path).ensure()


def test_a_link_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / ".swarm").symlink_to(elsewhere)
    with pytest.raises(PathRefused, match="symbolic link"):
        SwarmFolder(tmp_path).ensure()
    assert list(elsewhere.iterdir()) == []
