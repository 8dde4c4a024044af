"""Runs for real: a git repository, a `.swarm` folder, the plan model, real files and commands."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from swarm.engine import Engine
from swarm.home import Home
from swarm.models.plan import PlanModel
from swarm.models.registry import Models
from swarm.runs import Start, opened, start
from swarm.spaces.builtin import builtin_space
from swarm.workspace.worktree import Worktree
from tests.engine.kit import PATIENCE


def git(folder: Path, *arguments: str) -> str:
    """What the person's own git says in a folder."""
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=PATIENCE)
    return done.stdout.strip()


def repository(path: Path, ignored: str = "") -> Path:
    """A git repository with one commit; it may ignore files."""
    path.mkdir(parents=True)
    (path / "README.md").write_text("# Word count\n")
    if ignored:
        (path / ".gitignore").write_text(ignored)
    person = ("config user.name Kit", "config user.email kit@example.org")
    for line in ("init -q -b main", *person, "add .", "commit -qm x"):
        git(path, *line.split())
    return path


async def begun(root: Path, plan: str, *, ignored: str = "", **fields: Any) -> tuple[Home, str]:
    """A run of a plan in a fresh repository; its commands need no sandbox."""
    home = Home(repository(root, ignored))
    return home, await start(home, Start(goal=plan, title="real", model="plan", allow_unsandboxed=True, **fields))


@asynccontextmanager
async def taken_up(home: Home, run: str) -> AsyncIterator[Engine]:
    """Drives a run with the plan model."""
    async with opened(home, run, Models(lambda _: PlanModel(builtin_space().root))) as engine:
        yield engine


def worktree_of(home: Home, run: str) -> Worktree:
    return Worktree.open(home.repository, home.folder.worktree(run), f"swarm/{run}")
