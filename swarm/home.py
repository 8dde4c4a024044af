"""A workspace with its runs: where they lie, what they are called, what each of them is about."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from swarm import frames as f
from swarm.bulk import bulk
from swarm.catalogue import Catalogue, RunRow, mark, row_of, unreadable
from swarm.errors import (
    Conflict,
    Damaged,
    HistoryError,
    SwarmError,
    UnknownName,
    UsageError,
    WorkspaceError,
)
from swarm.history import History, read
from swarm.state import Swarm
from swarm.store.folder import SwarmFolder
from swarm.store.lock import RunLock

if TYPE_CHECKING:
    from swarm.spaces.memory import Memory
    from swarm.store.tiny import TinyStore
    from swarm.workspace.repository import Repository

WORTH = 1000
"""Frames below which a history is folded as quickly as a checkpoint is read."""

_NEVER_BEGAN = "run {run} has no frames: it was stopped before it began; delete it"
_STOPWORDS = {"a", "an", "and", "the", "of", "for", "to", "in", "on", "with", "my", "our", "this", "that", "it", "is"}


class Home:
    """The runs of one workspace.

    Args:
        root: Top folder of the repository, or any folder in it.

    Attributes:
        damage: What is wrong with the histories that were read, by run, in one line each; see `tolerant`.

    Raises:
        NotARepository: If it is in no git repository.
    """

    def __init__(self, root: Path) -> None:
        from swarm.workspace.repository import Repository  # GitPython takes 66 ms to import

        self.repository: Repository = Repository.discover(root)
        self.root = self.repository.root
        self.folder = SwarmFolder(self.root)
        self.damage: dict[str, str] = {}
        self._tolerate = False

    def tolerant(self) -> Home:
        """The same workspace, where what comes before the damage of a history is read, instead of raising `Damaged`."""
        other = copy(self)
        other._tolerate, other.damage = True, {}
        return other

    @cached_property
    def store(self) -> TinyStore:
        """What the runs of the workspace share."""
        from swarm.store.tiny import TinyStore

        return TinyStore(self.folder.db)

    @cached_property
    def catalogue(self) -> Catalogue:
        """What is known of the runs without reading their histories."""
        return Catalogue(self.store)

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
            return self.rows()[0].id
        found = [name] if name in ids else [run for run in ids if run.startswith(name)]
        if len(found) != 1:
            what = f"{name} could be {', '.join(found)}" if found else f"no run {name}"
            raise UnknownName(f"{what}: `swarm runs` lists those in {self.root}")
        return found[0]

    def begin(self, title: str) -> str:
        """Makes the folder of a new run with this title and gives its id, which no other process takes then.

        Raises:
            WriteFailed: If it cannot be made.
        """
        while True:
            with suppress(Conflict):  # somebody else took the id at the same moment
                run = self.new_id(title)
                self.folder.begin(run)
                return run

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
        with self._history(run) as history:
            yield from history.frames(after, upto)

    def state(self, run: str, frame: int | None = None) -> Swarm:
        """The state of a run, at its end or at a frame; folded from its checkpoint where that lies before.

        Raises:
            UsageError: If it has no such frame.
            HistoryError: If its history is damaged.
        """
        with self._history(run) as history:
            state = self._folded(run, history, frame)
        if history.damage and state.frame < (0 if frame is None else frame):
            raise Damaged(history.damage)
        if state.frame < 0:
            raise HistoryError(_NEVER_BEGAN.format(run=run))
        if frame is not None and state.frame != frame:
            raise UsageError(f"run {run} has no frame {frame}: its last is {state.frame}")
        return state

    @contextmanager
    def _history(self, run: str) -> Iterator[History]:
        """The history of a run; what is wrong with it is noted."""
        with read(self.folder.history(run), tolerate=self._tolerate) as history:
            yield history
        if history.damage:
            self.damage[run] = history.damage

    def _folded(self, run: str, history: History, upto: int | None) -> Swarm:
        with bulk():
            start = self._from_checkpoint(run, history, upto)
            return history.folded(start, upto)

    def _from_checkpoint(self, run: str, history: History, upto: int | None) -> Swarm:
        """The state to fold on from: that of the checkpoint, if it fits and is not too late."""
        last = history.last if upto is None else min(upto, history.last)
        if last < WORTH:
            return Swarm()
        from swarm.checkpoint import Checkpoint  # brings TinyDB

        return Checkpoint(self.folder.checkpoint(run)).load(last, history.line) or Swarm()

    def row(self, run: str) -> RunRow:
        """One run for a list; a damaged one says so."""
        return self._row(run, self.catalogue.rows())

    def rows(self) -> list[RunRow]:
        """All runs, the newest first."""
        kept = self.catalogue.rows()
        return sorted(
            (self._row(run, kept) for run in self.folder.run_ids()), key=lambda row: row.started, reverse=True
        )

    def _row(self, run: str, kept: dict[str, tuple[RunRow, str]]) -> RunRow:
        """The row that is kept if the history has not grown since, else a new one, which is kept then."""
        writer = RunLock(self.folder.run_dir(run)).holder()
        now = mark(self.folder.history(run))
        row, of = kept.get(run, (None, ""))
        if row is None or of != now:
            row = self._new_row(run)
            if not row.problem:
                self.catalogue.keep(row, now)
        return replace(row, writer=writer)

    def _new_row(self, run: str) -> RunRow:
        """The row of a run by its history, or by what can be read of it."""
        try:
            with read(self.folder.history(run), tolerate=True) as history:
                state = self._folded(run, history, None)
        except SwarmError as error:
            return unreadable(run, str(error))
        if state.frame < 0:
            return unreadable(run, history.damage or _NEVER_BEGAN.format(run=run))
        row = row_of(run, state)
        return replace(row, status="damaged", waiting=0, problem=history.damage) if history.damage else row

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
        self.catalogue.forget(run)


def init_repository(path: Path) -> None:
    """Makes a folder a git repository, for somebody who said yes to that."""
    from swarm.workspace.repository import Repository

    Repository.init(path)
