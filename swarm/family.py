"""Runs as families: each fork under the run that it came from, and which of them an undo has replaced. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from swarm.catalogue import RunRow


@dataclass(frozen=True, slots=True)
class Member:
    """A run among its family.

    Attributes:
        depth: How many runs are above it: 0 for one that is no fork, or whose origin is gone.
        instead: The run that took its place when something was undone, or redone; empty for none.
    """

    row: RunRow
    depth: int
    instead: str


def family(rows: Iterable[RunRow]) -> list[Member]:
    """All runs, each followed by its forks in the order in which they were made; the family of the newest run first."""
    known = {row.id: row for row in rows}
    forks: dict[str, list[RunRow]] = {}
    for row in sorted(known.values(), key=lambda row: row.started):
        forks.setdefault(_parent(row, known), []).append(row)
    instead = replaced(known.values())
    families = [[Member(row, depth, instead.get(row.id, "")) for row, depth in _below(top, forks)]
                for top in forks.get("", ())]  # fmt: skip
    return [member for one in sorted(families, key=_newest, reverse=True) for member in one]


def _parent(row: RunRow, known: Mapping[str, RunRow]) -> str:
    """The run that it was forked from, if it is there: the id of a run that was deleted may have been given anew."""
    origin = known.get(row.origin.rpartition("@")[0])
    return origin.id if origin and origin.started < row.started else ""


def _below(top: RunRow, forks: Mapping[str, Sequence[RunRow]]) -> Iterator[tuple[RunRow, int]]:
    stack = [(top, 0)]
    while stack:
        row, depth = stack.pop()
        yield row, depth
        stack += [(fork, depth + 1) for fork in reversed(forks.get(row.id, ()))]


def _newest(members: Sequence[Member]) -> datetime:
    return max(member.row.started for member in members)


def replaced(rows: Iterable[RunRow]) -> dict[str, str]:
    """The runs whose place another one has taken, with that one.

    Runs that came from each other by undo are one line, and the one that went on last stands for it: to go on with
    another one again is to redo.
    """
    known = {row.id: row for row in rows}
    lines: dict[str, list[RunRow]] = {}
    line_of: dict[str, str] = {}
    for row in sorted(known.values(), key=lambda row: row.started):
        parent = _parent(row, known) if row.undo else ""
        line = line_of[row.id] = line_of[parent] if parent else row.id
        lines.setdefault(line, []).append(row)
    found: dict[str, str] = {}
    for line_rows in lines.values():
        whole = [row for row in line_rows if not row.problem]
        if whole:
            current = max(whole, key=lambda row: (row.changed, row.started)).id
            found |= {row.id: current for row in line_rows if row.id != current}
    return found
