"""What the screens outside of a run need done: runs listed and opened, plans outlined, models tried out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import SecretStr

from swarm.frames import RunStatus
from swarm.session import Session
from swarm.values import Level


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the list.

    Attributes:
        run: Its id.
        title: A few words.
        status: What it does; None where it cannot be read.
        waiting: Gates and questions that wait for the human.
        cost: US dollars so far; None if unknown.
        started: When, UTC.
        branch: Of git.
        problem: Why it cannot be opened, in one line; empty if it can.
    """

    run: str
    title: str
    status: RunStatus | None
    waiting: int
    cost: float | None
    started: datetime
    branch: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model that a run can start with: its name as for `--model`, and what it is in a few words."""

    name: str
    words: str


class Desk(Protocol):
    """Everything about runs but their inside, which is a `Session`.

    Sessions belong to the desk: opening a run twice gives the same one, and whoever made the desk closes them.
    Each method raises `SwarmError` with one clear line where it cannot do what it says; nothing is changed then.
    """

    @property
    def place(self) -> str:
        """What commands need to find the workspace: nothing, or ` --root` and its folder."""

    async def list_runs(self) -> list[RunRow]:
        """All runs of the workspace, the newest first; damaged ones with their problem."""

    async def models(self) -> list[ModelRow]:
        """What can be chosen for a new run, first what is taken by itself (without a name)."""

    async def preview(self, goal: str, model: str, level: Level) -> str:
        """What `start` would do, in a few lines: the approval of the root's spawn needs something to look at."""

    async def start(self, goal: str, model: str, level: Level) -> Session:
        """Starts a run; `@path` in the goal attaches a file, an empty model means "as it is found"."""

    async def example(self) -> Session:
        """Starts the bundled example on a fresh copy."""

    async def open(self, run: str) -> Session:
        """Takes up a run, or follows it while another process writes it."""

    async def delete(self, run: str) -> None:
        """Removes a run with its history and worktree; its branch stays."""

    async def drain(self, run: str) -> None:
        """Begins no further step in the run and returns when those in flight have ended."""

    async def template(self) -> str:
        """A commented plan to start from."""

    async def outline(self, plan: str) -> str:
        """The tree that a plan would grow, with its warnings."""

    async def save_plan(self, path: str, plan: str) -> str:
        """Writes a plan to a new file of the workspace; returns the goal that starts it."""

    async def test_model(self, url: str, key: SecretStr, model: str) -> str:
        """Asks an endpoint one small thing; returns what it said, in one line."""

    async def save_profile(self, name: str, url: str, key: SecretStr, model: str) -> str:
        """Keeps an endpoint under a name; returns the model's name for `start`."""
