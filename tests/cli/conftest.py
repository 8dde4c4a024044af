"""A workspace with a plan, in an environment without endpoints and settings."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.calls import PLAN, PROGRAM, Swarm, environment, git


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith(("OPENAI_", "SWARM_", "GIT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "user.name", "Ada")
    git(folder, "config", "user.email", "ada@localhost")
    (folder / "plan.md").write_text(PLAN)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "Begin")
    return folder


@pytest.fixture
def root(_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit that holds a plan, as the current directory."""
    folder = tmp_path / "work"
    shutil.copytree(_template, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def swarm(root: Path, capsys: pytest.CaptureFixture[str]) -> Swarm:
    """The command line in that repository."""
    return Swarm(root, capsys)


@pytest.fixture
def run(swarm: Swarm) -> str:
    """The id of a run that takes defaults, at rest at its first gate."""
    return swarm.start("--defaults")


@pytest.fixture(scope="session")
def _at_rest(_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rest") / "work"
    shutil.copytree(_template, folder)
    env = {**environment(), "XDG_CONFIG_HOME": str(folder.parent)}
    subprocess.run([*PROGRAM, "run", "plan.md", "--headless"], cwd=folder, env=env, capture_output=True, check=False)
    return folder


@pytest.fixture
def resting(_at_rest: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Swarm]:
    """The command line where run `greet-reader-1` waits at its first gate; for tests that change nothing."""
    monkeypatch.chdir(_at_rest)
    swarm = Swarm(_at_rest, capsys)
    before = swarm("history", "greet-reader-1", "--json").out
    yield swarm
    assert swarm("history", "greet-reader-1", "--json").out == before
