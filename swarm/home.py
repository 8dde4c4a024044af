"""A workspace with its runs: where they lie, what they are called, what each of them is about."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from swarm import frames as f
from swarm.errors import HistoryError, NotARepository, SwarmError, UnknownName, UsageError, WorkspaceError
from swarm.fold import fold
from swarm.state import Swarm
from swarm.store.folder import SwarmFolder
from swarm.store.journal import Journal
from swarm.store.lock import RunLock
from swarm.values import Usage

if TYPE_CHECKING:
    from swarm.spaces.memory import Memory
    from swarm.store.tiny import TinyStore
    from swarm.workspace.repository import Repository

_STOPWORDS = {"a", "an", "and", "the", "of", "for", "to", "in", "on", "with", "my", "our", "this", "that", "it", "is"}


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in a list.

    Attributes:
        status: As `Swarm.status`, or `damaged` if its history cannot be read to the end.
        waiting: How many gates and questions wait for the human.
        origin: The run and frame that it was forked from; empty for none.
        writer: Process that has it open, if one has.
        problem: Why it is damaged; empty if it is not.
    """

    id: str
    goal: str
    status: str
    started: datetime
    changed: datetime
    waiting: int
    branch: str
    origin: str
    usage: Usage
    frame: int
    writer: int | None
    problem: str = ""


class Home:
    """The runs of one workspace.

    Args:
        root: Top folder of the repository, or any folder in it.

    Raises:
        NotARepository: If it is in no git repository.
    """

    def __init__(self, root: Path) -> None:
        from swarm.workspace.repository import Repository  # GitPython takes 66 ms to import

        self.repository: Repository = Repository.discover(root)
        self.root = self.repository.root
        self.folder = SwarmFolder(self.root)

    @cached_property
    def store(self) -> TinyStore:
        """What the runs of the workspace share."""
        from swarm.store.tiny import TinyStore

        return TinyStore(self.folder.db)

    @cached_property
    def memory(self) -> Memory:
        """The memory of the workspace."""
        from swarm.spaces.memory import Memory

        return Memory(self.store)

    def find(self, name: str | None = None) -> str:
        """The run of a name or of a unique beginning of one; without a name the one that was begun last.

        Raises:
            UnknownName: If there is none, or more than one.
        """
        ids = self.folder.run_ids()
        if not ids:
            raise UnknownName(f"no runs in {self.root}: start one with `swarm run PLAN.md`")
        if name is None:
            return max(ids, key=lambda run: (self._begun(run), run))
        found = [name] if name in ids else [run for run in ids if run.startswith(name)]
        if len(found) != 1:
            what = f"{name} could be {', '.join(found)}" if found else f"no run {name}"
            raise UnknownName(f"{what}: `swarm runs` lists those in {self.root}")
        return found[0]

    def _begun(self, run: str) -> datetime:
        """When a run began; one that cannot be read counts as the oldest, so that it hides no other."""
        try:
            first = next(iter(self.frames(run, upto=0)), None)
        except HistoryError:
            return f.EPOCH
        return first.at if first else f.EPOCH

    def new_id(self, title: str) -> str:
        """A free, typeable id for a run with this title: a word or two of it and a number."""
        words = [word for word in re.findall(r"[a-z0-9]+", title.lower()) if word not in _STOPWORDS]
        stem = "-".join(words[:2])[:24].strip("-") or "run"
        taken = {path.name for path in self.folder.runs.glob("*")} if self.folder.runs.exists() else set()
        return next(name for number in range(1, len(taken) + 2) if (name := f"{stem}-{number}") not in taken)

    def frames(self, run: str, after: int = -1, upto: int | None = None) -> Iterable[f.Frame]:
        """The recorded frames of a run; read-only, also while another process writes it.

        Raises:
            HistoryError: If its history is damaged.
        """
        journal = Journal.open(self.folder.history(run), write=False)
        try:
            yield from (f.decode(line) for line in journal.read(after, upto))
        finally:
            journal.close()

    def state(self, run: str, frame: int | None = None) -> Swarm:
        """The state of a run, at its end or at a frame.

        Raises:
            UsageError: If it has no such frame.
            HistoryError: If its history is damaged.
        """
        state = fold(self.frames(run, upto=frame))
        if state.frame < 0:
            raise HistoryError(f"run {run} has no frames: it was stopped before it began; delete it")
        if frame is not None and state.frame != frame:
            raise UsageError(f"run {run} has no frame {frame}: its last is {state.frame}")
        return state

    def row(self, run: str) -> RunRow:
        """One run for a list; a damaged one says so."""
        writer = RunLock(self.folder.run_dir(run)).holder()
        try:
            state = self.state(run)
        except SwarmError as error:
            never = f.EPOCH
            return RunRow(run, "", "damaged", never, never, 0, "", "", Usage(), -1, writer, str(error))
        return RunRow(
            run,
            state.title,
            state.status,
            state.started_at,
            state.at,
            state.waiting,
            state.branch,
            "",
            state.usage,
            state.frame,
            writer,
        )

    def rows(self) -> list[RunRow]:
        """All runs, the newest first."""
        return sorted((self.row(run) for run in self.folder.run_ids()), key=lambda row: row.started, reverse=True)

    def delete(self, run: str) -> None:
        """Removes a run's folder and its worktree; its branch stays, as its commits may be wanted.

        Raises:
            Locked: If a process has it open.
        """
        from swarm.workspace.worktree import Worktree

        folder = self.folder.run_dir(run)
        with RunLock(folder):
            try:
                Worktree.open(self.repository, self.folder.worktree(run), f"swarm/{run}").remove()
            except WorkspaceError:
                self.repository.git.run("worktree", "prune")
            shutil.rmtree(folder)


def init_repository(path: Path) -> None:
    """Makes a folder a git repository, for somebody who said yes to that."""
    from swarm.workspace.repository import Repository

    Repository.init(path)


def is_repository(path: Path) -> bool:
    """Whether a folder is in a git repository."""
    try:
        Home(path)
    except NotARepository:
        return False
    return True
