"""Files of another version of the program are refused in one line, and left as they are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from swarm.home import Home
from swarm.store import layout, upgrade
from tests.cli.calls import Swarm

GOLDEN = Path(__file__).parents[1] / "golden/v1"
RUN = "build-word-1"


@pytest.fixture
def history(root: Path) -> Path:
    """Of a finished run of version 1 in the workspace."""
    folder = Home(root).folder
    folder.begin(RUN)
    return Path(shutil.copy(GOLDEN / "history.jsonl", folder.history(RUN)))


@pytest.fixture
def newer(history: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, as a newer version of the program would have written it."""
    _, *lines = history.read_bytes().splitlines(keepends=True)
    with monkeypatch.context() as patch:
        patch.setattr(layout, "VERSION", 2)
        first, _ = layout.header_line(layout.Header(run=RUN))
    history.write_bytes(b"".join([first, *lines]))
    return history


@pytest.mark.parametrize(
    "words",
    [
        ("show", RUN),
        ("show", RUN, "--json"),
        ("history", RUN),
        ("inbox", RUN),
        ("resume", RUN, "--headless"),
        ("decide", RUN, "1", "approve"),
        ("answer", RUN, "q1", "1"),
        ("tell", RUN, "1", "Go on."),
        ("why", RUN, "1"),
        ("diff", RUN, "1", "2"),
        ("fork", RUN, "--frame", "3"),
        ("undo", RUN),
        ("merge", RUN),
        ("snapshot", RUN, "taken.json"),
        ("export", RUN, "run.html"),
    ],
    ids=" ".join,
)
def test_a_newer_history_is_refused_in_one_line(words: tuple[str, ...], swarm: Swarm, newer: Path) -> None:
    before = newer.read_bytes()
    said = swarm(*words)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1), said
    assert "history.jsonl: written in format 2, this program reads 1: use a newer version" in said.err
    assert newer.read_bytes() == before
    assert not newer.with_name("history.v2.jsonl").exists()


def test_a_newer_history_stands_in_the_list_of_runs_with_what_is_wrong(swarm: Swarm, newer: Path) -> None:
    said = swarm("runs", "--json")
    assert said.code == 0
    assert [(row["id"], row["status"]) for row in said.json] == [(RUN, "damaged")]
    assert "written in format 2" in swarm("runs").out


def test_a_newer_store_is_refused_in_one_line(swarm: Swarm, history: Path) -> None:
    db = Home(swarm.root).folder.db
    db.write_text(json.dumps({"format": {"1": {"version": 2}}, "tables": {}}))
    said = swarm("memory")
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1), said
    assert "written in format 2" in said.err
    assert swarm("show", RUN).code == 0


def test_a_newer_snapshot_is_refused_in_one_line(swarm: Swarm) -> None:
    value = {**json.loads((GOLDEN / "snapshot.json").read_bytes()), "version": 2}
    (swarm.root / "taken.json").write_text(json.dumps(value))
    said = swarm("run", "--from", "taken.json", "--headless")
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1), said
    assert "taken.json: written in format 2" in said.err


def test_a_run_of_before_is_looked_at_as_it_is_and_renewed_when_it_is_written(
    swarm: Swarm, history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = history.read_bytes()
    monkeypatch.setattr(layout, "VERSION", 2)
    monkeypatch.setattr(upgrade, "FRAMES", {1: lambda frame: frame})
    shown = swarm("show", RUN, "--json")
    assert (shown.code, shown.json["status"], history.read_bytes() == before) == (0, "done", True)

    (gate,) = swarm("inbox", RUN, "--json").json
    assert swarm("decide", RUN, gate["id"], "reject", "--because", "Not yet.").code == 0
    assert history.with_name("history.v1.jsonl").read_bytes() == before
    assert json.loads(history.read_bytes().partition(b"\n")[0])["version"] == 2
    again = swarm("show", RUN, "--json").json
    assert again["frame"] > shown.json["frame"]
    assert again["nodes"] == shown.json["nodes"]
