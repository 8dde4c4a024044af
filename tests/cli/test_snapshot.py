"""A run in a file: written, read, and gone on with in another clone of the repository."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.calls import Swarm, git


@pytest.fixture
def waiting(swarm: Swarm) -> str:
    """A run whose file is written and whose check waits for approval."""
    run = swarm.start()
    swarm.approve_to(run, "write")
    return run


def _moved(swarm: Swarm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Swarm:
    """The same command line in a clone of the repository."""
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(swarm.root), str(clone))
    git(clone, "config", "user.name", "Grace")
    git(clone, "config", "user.email", "grace@localhost")
    monkeypatch.chdir(clone)
    swarm.root = clone
    return swarm


def _wrote(swarm: Swarm, run: str) -> str:
    card = swarm.first_card(run)
    assert swarm("decide", run, *(gate["id"] for gate in card if gate["kind"] == "write"), "approve").code == 0
    assert swarm("resume", run, "--headless").code == 3
    return run


def test_a_run_goes_on_in_another_clone(
    swarm: Swarm, waiting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _wrote(swarm, waiting)
    file = tmp_path / "run.json"
    said = swarm("snapshot", waiting, str(file), "--json")
    assert (said.code, Path(said.json["bundle"]).is_file()) == (0, True)
    shown = swarm("show", waiting, "--json").json

    there = _moved(swarm, tmp_path, monkeypatch)
    begun = there("run", "--from", str(file), "--json")

    assert begun.code == 3, begun
    assert [frame["kind"] for frame in begun.frames[:2]] == ["run.forked", "level.set"]
    new = there("show", waiting, "--json").json
    assert new["nodes"] == shown["nodes"]
    assert (there.root / ".swarm/runs" / waiting / "worktree/greeting.txt").read_text() == "hello\n"
    there.decide_all(waiting)
    frames = there("history", waiting, "--json").frames
    assert sum(frame["kind"] == "step.ended" and frame["step"] == "write" for frame in frames) == 1


def test_it_has_the_nodes_the_queue_and_all_that_waits(swarm: Swarm, waiting: str, tmp_path: Path) -> None:
    assert swarm("snapshot", waiting, str(tmp_path / "run.json")).code == 0
    found = json.loads((tmp_path / "run.json").read_text())
    assert found["population"] == list(found["nodes"]) == [node["id"] for node in swarm("show", "--json").json["nodes"]]
    assert {gate["digest"] for gate in found["gates"].values()} == {
        item["digest"] for item in swarm("inbox", "--json").json
    }
    assert found["queue"] == []
    assert found["nodes"]["1"]["directive"].startswith("# Greet the reader")


def test_one_from_an_earlier_frame_goes_another_way(swarm: Swarm, waiting: str, tmp_path: Path) -> None:
    frames = swarm("history", waiting, "--json").frames
    asked = next(frame["frame"] for frame in frames if frame["kind"] == "question.asked")
    assert swarm("snapshot", waiting, str(tmp_path / "run.json"), "--frame", str(asked)).code == 0
    begun = swarm("run", "--from", str(tmp_path / "run.json"), "--json")
    run = begun.frames[0]["run"]
    assert run != waiting
    assert [item["kind"] for item in swarm("inbox", run, "--json").json] == ["question"]
    swarm.decide_all(run, "hi")
    assert (swarm.root / ".swarm/runs" / run / "worktree/greeting.txt").read_text() == "hi\n"


def test_what_was_only_approved_elsewhere_is_asked_again(swarm: Swarm, waiting: str, tmp_path: Path) -> None:
    gate = next(item for item in swarm("inbox", "--json").json if item["kind"] == "write")
    assert swarm("decide", waiting, gate["id"], "approve").code == 0
    assert swarm("snapshot", waiting, str(tmp_path / "run.json")).code == 0
    run = swarm("run", "--from", str(tmp_path / "run.json"), "--json").frames[0]["run"]
    assert gate["digest"] in [item["digest"] for item in swarm("inbox", run, "--json").json]
    assert not (swarm.root / ".swarm/runs" / run / "worktree/greeting.txt").exists()


def test_no_permission_comes_along(swarm: Swarm, tmp_path: Path) -> None:
    run = swarm.start("--allow-unsandboxed", "--autonomy", "questions")
    assert swarm("snapshot", run, str(tmp_path / "run.json")).code == 0
    new = swarm("run", "--from", str(tmp_path / "run.json"), "--json").frames[0]["run"]
    assert swarm("snapshot", new, str(tmp_path / "new.json")).code == 0
    nodes = json.loads((tmp_path / "new.json").read_text())["nodes"]
    assert {node.get("level", "step") for node in nodes.values()} == {"step"}


def test_the_file_is_named_after_run_and_frame_and_never_replaced_unasked(swarm: Swarm, waiting: str) -> None:
    frame = swarm("show", "--json").json["frame"]
    assert swarm("snapshot").code == 0
    assert (swarm.root / f"{waiting}-{frame}.snapshot.json").is_file()
    again = swarm("snapshot")
    assert (again.code, "--force" in again.err) == (2, True)
    assert swarm("snapshot", "--force").code == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace("Greet the reader", "Greet the raeder"), "was changed"),
        (lambda text: text[: len(text) // 2], "no snapshot"),
        (lambda text: text.replace('"version": 1', '"version": 99'), "format 99"),
        (lambda text: text.replace('"swarm-snapshot"', '"something else"'), "no snapshot"),
        (lambda text: text.replace('"population"', '"people"'), "not whole"),
    ],
)
def test_a_file_that_is_not_as_it_was_written_begins_nothing(
    swarm: Swarm,
    waiting: str,
    tmp_path: Path,
    change,
    says: str,  # type: ignore[no-untyped-def]
) -> None:
    file = tmp_path / "run.json"
    assert swarm("snapshot", waiting, str(file)).code == 0
    file.write_text(change(file.read_text()))
    said = swarm("run", "--from", str(file), "--headless")
    assert (said.code, said.err.count("\n"), says in said.err) == (2, 1, True), said.err
    assert [row["id"] for row in swarm("runs", "--json").json] == [waiting]


def test_commits_that_are_missing_are_named(
    swarm: Swarm, waiting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _wrote(swarm, waiting)
    file = tmp_path / "run.json"
    assert swarm("snapshot", waiting, str(file)).code == 0
    bundle = tmp_path / "run.bundle"
    bundle.rename(tmp_path / "elsewhere.bundle")
    there = _moved(swarm, tmp_path, monkeypatch)
    said = there("run", "--from", str(file), "--headless")
    assert (said.code, "put the bundle beside" in said.err) == (2, True)
    (tmp_path / "elsewhere.bundle").rename(bundle)
    shutil.rmtree(there.root)
    there.root.mkdir()
    monkeypatch.chdir(there.root)
    git(there.root, "init", "--quiet", "--initial-branch=main")
    assert there("run", "--from", str(file), "--headless").code == 3  # without a remote the bundle has it all


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--from", "missing.json"], "missing.json"),
        (["--from", "plan.md"], "no snapshot"),
        (["goal", "--from", "plan.md"], "--from takes"),
        ([], "no GOAL"),
    ],
)
def test_bad_input_is_one_clear_line(swarm: Swarm, words: list[str], says: str) -> None:
    said = swarm("run", *words, "--headless")
    assert (said.code, said.err.count("\n"), says in said.err) == (2, 1, True), said.err
