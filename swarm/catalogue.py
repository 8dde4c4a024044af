"""What is known of each run without reading its history: a list of runs costs the same however long they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from swarm.errors import HistoryError
from swarm.frames import EPOCH
from swarm.state import Swarm
from swarm.store.keyed import Store
from swarm.values import Usage


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in a list.

    Attributes:
        status: As `Swarm.status`, or `damaged` if its history cannot be read to the end: the rest is then as it was at
            the last frame that can be read.
        waiting: How many gates and questions wait for the human.
        origin: The run and frame that it was forked from, as `wc-1@12`; empty for none.
        undo: It was forked to take a decision of its origin back.
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
    undo: bool = False
    writer: int | None = None
    problem: str = ""


_ROW = TypeAdapter(RunRow)


def row_of(run: str, state: Swarm) -> RunRow:
    """A run as it is listed, from its state."""
    return RunRow(
        run,
        state.title,
        state.status,
        state.started_at,
        state.at,
        state.waiting,
        state.branch,
        state.origin,
        state.usage,
        state.frame,
        state.undo,
    )


def unreadable(run: str, problem: str) -> RunRow:
    """A run of which nothing can be read."""
    return RunRow(run, "", "damaged", EPOCH, EPOCH, 0, "", "", Usage(), -1, problem=problem)


class Catalogue:
    """The rows of a workspace's runs, in the store that they share; each is good for its history as it was."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, row: RunRow, mark: str) -> None:
        """Keeps the row of a run whose history has this mark; a store that cannot be written is not minded."""
        value: Any = {"mark": mark, "row": _ROW.dump_python(row, mode="json")}
        try:
            self._store.put("runs", row.id, value)
        except HistoryError:
            return

    def forget(self, run: str) -> None:
        """Drops the row of a run that was deleted."""
        try:
            self._store.delete("runs", run)
        except HistoryError:
            return

    def rows(self) -> dict[str, tuple[RunRow, str]]:
        """All rows that are kept, by run, each with the mark of the history that it was made from."""
        try:
            found: Any = self._store.items("runs")
            return {run: (_ROW.validate_python(value["row"]), value["mark"]) for run, value in found.items()}
        except (HistoryError, ValidationError, KeyError, TypeError):
            return {}


def mark(history: Path) -> str:
    """What changes with each write to a history; damage that comes without one shows when the run is opened."""
    found = history.stat()
    return f"{found.st_size}:{found.st_mtime_ns}"
