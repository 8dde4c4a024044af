"""What the screens outside of a run need done: runs listed and opened, plans outlined, models tried out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import SecretStr

from swarm.forking import Change
from swarm.frames import RunStatus
from swarm.session import Session
from swarm.values import Level


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the list.

    Attributes:
        run: Its id.
        title: A few words.
        status: What it does; None where it is damaged.
        waiting: Gates and questions that wait for the human.
        cost: US dollars so far; None if unknown.
        started: When, UTC.
        branch: Of git.
        problem: Why it can be read only in part, or not at all, in one line; empty if it can.
        origin: The run and frame that it was forked from, as `wc-1@12`; empty for none.
        depth: How many of the runs above it in the list it comes from, one by one; 0 for none, or where they are gone.
        instead: The run that took its place when something was undone, or redone; empty for none.
    """

    run: str
    title: str
    status: RunStatus | None
    waiting: int
    cost: float | None
    started: datetime
    branch: str = ""
    problem: str = ""
    origin: str = ""
    depth: int = 0
    instead: str = ""


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
        """All runs of the workspace, the newest first, forks below their origin; damaged ones with their problem."""

    async def models(self) -> list[ModelRow]:
        """What can be chosen for a new run, first what is taken by itself (without a name)."""

    async def preview(self, goal: str, model: str, level: Level) -> str:
        """What `start` would do, in a few lines: the approval of the root's spawn needs something to look at."""

    async def start(self, goal: str, model: str, level: Level) -> Session:
        """Starts a run; `@path` in the goal attaches a file, an empty model means "as it is found"."""

    async def example(self) -> Session:
        """Starts the bundled example on a fresh copy."""

    async def open(self, run: str) -> Session:
        """Takes up a run, or follows it while another process writes it; a damaged one is only looked at."""

    async def delete(self, run: str) -> None:
        """Removes a run with its history and worktree; its branch stays."""

    async def drain(self, run: str) -> None:
        """Begins no further step in the run and returns when those in flight have ended."""

    async def forecast(self, run: str, frame: int) -> str:
        """What a fork at a frame would be, and what it could not take back, in a few lines."""

    async def fork(self, run: str, frame: int, change: Change | None, *, carry: bool) -> Session:
        """A new run that begins with the frames of another one, which goes on as it is; one thing may be different.

        `carry`: what was decided later on holds where exactly the same is proposed.
        """

    async def undo(self, run: str, seen: int, *, finish: bool) -> Session:
        """Takes the last decision back, made at frame `seen`: the run is closed, a fork from before it is opened.

        `finish`: what is in flight ends before.
        """

    async def redo(self, run: str, *, finish: bool) -> Session:
        """Closes a run that came from an undo, and opens the one that it came from."""

    async def export(self, run: str, file: str, frame: int) -> str:
        """Writes a run to a file, whose ending says as what, replacing it; says in one line what was written."""

    async def snapshot(self, run: str, file: str, frame: int) -> str:
        """Writes what another clone needs to go on with a run, replacing the file; says in one line what was."""

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
