"""The bundled examples, each run headless to its end: files, commits, tags, memory and exit codes."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from app import examples
from swarm.home import Home
from tests.cli.calls import Swarm

PYTHON = str(Path(sys.base_prefix) / "bin" / "python3")
"""An interpreter whose path does not hold this project, which has packages of the same names."""


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return examples.copy(request.param, tmp_path / request.param)


def alone(root: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Runs an example in a process of its own, without anybody, and gives the run's id."""
    swarm = Swarm(root, capsys)
    done = swarm.process("run", "plan.md", "--headless", "--autonomy", "auto", "--defaults")
    assert done.code == 0, done.err
    [run] = swarm.process("runs", "--json").json
    assert run["status"] == "done"
    return str(run["id"])


@pytest.mark.parametrize("example", ["wordcount"], indirect=True)
def test_wordcount_ends_with_a_program_that_counts_ready_to_merge(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = alone(example, capsys)
    assert git(example, "status", "--porcelain") == ""
    assert len(git(example, "log", "--format=%s", f"main..swarm/{run}").splitlines()) == 4
    assert not (example / "wordcount").exists()
    assert Swarm(example, capsys)("--root", str(example), "merge", run).code == 0
    counted = subprocess.run(
        [PYTHON, "-m", "wordcount"], cwd=example, input="one two\n", capture_output=True, text=True, check=True
    )
    assert counted.stdout.split() == ["1", "2", "8"]
    tests = [PYTHON, "-m", "unittest", "tests/test_wordcount.py"]
    assert subprocess.run(tests, cwd=example, capture_output=True, check=False).returncode == 0
    assert "exit code 1" in (example / "README.md").read_text()


@pytest.mark.parametrize("example", ["release"], indirect=True)
def test_release_writes_the_version_everywhere_and_tags_it(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = alone(example, capsys)
    tip = git(example, "rev-parse", f"swarm/{run}").strip()
    assert git(example, "rev-parse", "v0.4.0^{commit}").strip() == tip
    assert '__version__ = "0.4.0"' in git(example, "show", f"{tip}:src/greet/__init__.py")
    assert "## 0.4.0 (stable)" in git(example, "show", f"{tip}:CHANGELOG.md")
    assert "greet 0.4.0 (stable)" in git(example, "tag", "-n1", "v0.4.0")
    assert '__version__ = "0.3.0"' in (example / "src/greet/__init__.py").read_text()


@pytest.mark.parametrize("example", ["health"], indirect=True)
def test_health_changes_nothing_and_remembers_what_it_found(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = alone(example, capsys)
    assert git(example, "rev-parse", "main") == git(example, "rev-parse", f"swarm/{run}")
    assert git(example, "status", "--porcelain") == ""
    [kept] = Home(example).memory.kept()
    assert kept.name == "health"
    for found in ("2 Python files", "refuse negative counts", "every file can be read", "add", "OK"):
        assert found in kept.text


@pytest.mark.parametrize("example", ["wordcount", "release", "health"], indirect=True)
def test_at_level_step_each_decision_is_made_from_the_command_line(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`run` ends 3 with something waiting; `decide`, `answer` and `resume` bring it to its end."""
    swarm = partial(Swarm(example, capsys), "--root", str(example))
    done = swarm("run", str(example / "plan.md"), "--headless", "--autonomy", "step")
    assert done.code == 3
    [run] = [row["id"] for row in swarm("runs", "--json").json]
    while done.code == 3:
        first, *others = swarm("inbox", run, "--json").json
        if first["kind"] == "question":
            assert swarm("answer", run, first["id"], first["default"]).code == 0
        else:
            together = [first["id"], *(item["id"] for item in others if item.get("card") == first["card"])]
            assert swarm("decide", run, *together, "approve").code == 0
        done = swarm("resume", run, "--headless")
    assert done.code == 0, done.err
    shown = swarm("show", run, "--json").json
    assert shown["status"] == "done"
    assert {node["status"] for node in shown["nodes"]} == {"done"}
