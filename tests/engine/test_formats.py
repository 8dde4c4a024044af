"""What each version wrote is still read, and to the same: change what is written only with a version and its step."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from swarm import frames as f
from swarm import snapshot
from swarm.catalogue import Catalogue
from swarm.fold import fold
from swarm.history import read
from swarm.home import Home, init_repository
from swarm.snapshot import read_snapshot
from swarm.snapshots import begin_from
from swarm.spaces.memory import Memory
from swarm.store import layout, tiny, upgrade
from swarm.store.tiny import TinyStore
from tests.golden.summary import summary

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("v*/"))
VERSIONS = pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.name)


def _expected(golden: Path) -> Any:
    return json.loads((golden / "expected.json").read_text())


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _version(golden: Path) -> int:
    return int(json.loads((golden / "history.jsonl").read_bytes().partition(b"\n")[0])["version"])


def _is_within(less: Any, more: Any) -> bool:
    """Whether all of a value is found in another one, which may have more fields."""
    if isinstance(less, dict) and isinstance(more, dict):
        return all(name in more and _is_within(value, more[name]) for name, value in less.items())
    if isinstance(less, list) and isinstance(more, list):
        return len(less) == len(more) and all(map(_is_within, less, more))
    return bool(less == more)


def test_there_are_files_of_todays_version_of_each_format() -> None:
    newest = GOLDEN[-1]
    tables = json.loads((newest / "store.db").read_bytes())
    taken = json.loads((newest / "snapshot.json").read_bytes())
    assert _version(newest) == layout.VERSION
    assert tables["format"]["1"]["version"] == tiny.VERSION
    assert taken["version"] == snapshot.VERSION


@pytest.mark.parametrize(
    ("steps", "version"),
    [(upgrade.FRAMES, layout.VERSION), (upgrade.TABLES, tiny.VERSION), (upgrade.SNAPSHOTS, snapshot.VERSION)],
    ids=["frames", "tables", "snapshots"],
)
def test_there_is_a_step_from_each_version_to_the_next(steps: upgrade.Steps, version: int) -> None:
    assert sorted(steps) == list(range(1, version))


@VERSIONS
def test_a_history_folds_to_the_state_that_it_always_was(golden: Path) -> None:
    with read(golden / "history.jsonl", tolerate=False) as history:
        state = fold(history.frames())
    assert _plain(summary(state)) == _expected(golden)["history"]


@VERSIONS
def test_a_frame_of_every_kind_and_shape_is_still_one(golden: Path) -> None:
    version, lines = _version(golden), (golden / "frames.jsonl").read_bytes().splitlines()
    assert len(lines) > 300
    for line in lines:
        now = line if version == layout.VERSION else layout.current(line, version)
        assert _is_within(json.loads(now), json.loads(f.encode(f.decode(now)))), line


@VERSIONS
def test_a_store_holds_what_it_held(golden: Path, tmp_path: Path) -> None:
    store = TinyStore(Path(shutil.copy(golden / "store.db", tmp_path)))
    expected = _expected(golden)
    assert {document.name: document.text for document in Memory(store).kept()} == expected["memory"]
    rows = [row for row, _ in Catalogue(store).rows().values()]
    assert {row.id: [row.goal, row.status, row.frame] for row in rows} == expected["catalogue"]


@VERSIONS
def test_a_snapshot_says_what_it_said(golden: Path) -> None:
    found, _ = read_snapshot(golden / "snapshot.json")
    expected = _expected(golden)
    assert _plain(summary(fold(found.history))) == expected["snapshot"]
    assert list(found.population) == list(found.nodes) == expected["population"]
    assert [operation.model_dump() for operation in found.queue] == expected["queue"]
    assert found.questions.keys() == {
        name for name, question in expected["snapshot"]["questions"].items() if question[2] == "open"
    }


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A workspace without a commit."""
    init_repository(tmp_path)
    for name, value in (("name", "Ann Example"), ("email", "ann@example.org")):
        subprocess.run(["git", "-C", str(tmp_path), "config", f"user.{name}", value], check=True)
    return Home(tmp_path)


@VERSIONS
async def test_a_run_goes_on_from_a_snapshot_and_its_bundle(golden: Path, home: Home) -> None:
    run = await begin_from(home, golden / "snapshot.json")
    state, expected = home.state(run), _expected(golden)["snapshot"]
    assert (state.title, state.base, state.commit) == (expected["title"], expected["base"], expected["commit"])
    assert list(state.open_questions) == [n for n, question in expected["questions"].items() if question[2] == "open"]
