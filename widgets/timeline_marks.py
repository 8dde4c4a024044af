"""What a timeline shows of a history: pure, and able to go on from what it has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Literal, NamedTuple

from swarm import frames as f
from swarm.proposals import Run, Write
from swarm.state import Swarm
from widgets.words import MANAGER, name_of

Kind = Literal["start", "gate", "end", "commit", "failure", "close"]

_RANKS: dict[Kind, int] = {"gate": 1, "end": 2, "commit": 3, "start": 4, "failure": 5, "close": 6}
_MANY = 8192
_HEAVY = {"step.ended": 3, "node.spawned": 2, "node.ended": 2}


class Mark(NamedTuple):
    """A moment worth a sign.

    Attributes:
        frame: Number of its frame.
        kind: What it was; of two in one place the rarer one is shown.
        label: A few words, as others wrote them; empty for the number alone.
        wide: Whether it is about a part of the run and not one node.
    """

    frame: int
    kind: Kind
    label: str = ""
    wide: bool = False

    @property
    def rank(self) -> int:
        """The higher, the more it deserves the place."""
        return 2 * _RANKS[self.kind] + self.wide


@dataclass(frozen=True, slots=True)
class Marks:
    """The moments of a history.

    Attributes:
        weights: How much happened, one byte a frame from frame 0.
        points: Moments worth a sign, in order; in a long history only the best of each stretch.
        commits: How many there were.
        failed: How many nodes failed.
    """

    weights: bytes = b""
    points: tuple[Mark, ...] = ()
    commits: int = 0
    failed: int = 0


def marks(frames: Sequence[f.Frame], state: Swarm, before: Marks | None = None) -> Marks:
    """The moments of `frames`, which go on where `before` ended.

    Args:
        frames: Gapless; without `before` from frame 0.
        state: A state that has them folded in; gives names.
        before: The moments up to the first of them.
    """
    before = before or Marks()
    found = [mark for frame in frames if (mark := _mark(frame, state))]
    points = (*before.points, *found)
    if len(points) > _MANY:
        points = tuple(best(points, frames[-1].frame, _MANY // 4).values())
    return Marks(
        before.weights + bytes(_HEAVY.get(frame.kind, 1) for frame in frames),
        points,
        before.commits + sum(mark.kind == "commit" for mark in found),
        before.failed + sum(isinstance(frame, f.NodeEnded) and frame.report.outcome == "failed" for frame in frames),
    )


def column(frame: int, last: int, columns: int) -> int:
    """The column of a frame: one each as long as there are enough, else equal shares."""
    return frame if last < columns else frame * columns // (last + 1)


def frame_at(place: int, last: int, columns: int) -> int:
    """The first frame of a column."""
    return min(last, place if last < columns else -(-place * (last + 1) // columns))


def best(points: Iterable[Mark], last: int, columns: int) -> dict[int, Mark]:
    """The moment that is shown in each column, in order of the columns."""
    found: dict[int, Mark] = {}
    for mark in points:
        if mark.frame <= last:
            place = column(mark.frame, last, columns)
            if place not in found or mark.rank >= found[place].rank:
                found[place] = mark
    return found


def density(weights: bytes, last: int, columns: int) -> list[float]:
    """How much happened in each column, from 0 for the least to 1 for the most; up to frame `last`."""
    used = min(last + 1, columns)
    sums = []
    for place in range(used):
        start = frame_at(place, last, columns)
        end = max(start + 1, frame_at(place + 1, last, columns) if place + 1 < used else last + 1)
        sums.append(sum(weights[start:end]))
    least, most = min(sums, default=0), max(sums, default=0)
    return [(one - least) / max(1, most - least) for one in sums]


def _mark(frame: f.Frame, state: Swarm) -> Mark | None:
    found = _of(frame, state)
    return Mark(frame.frame, *found) if found else None


_Found = tuple[Kind, str, bool] | None


@singledispatch
def _of(frame: f.Base, state: Swarm) -> _Found:
    return None


@_of.register
def _(frame: f.RunStarted, state: Swarm) -> _Found:
    return "start", "start", True


@_of.register
def _(frame: f.RunEnded, state: Swarm) -> _Found:
    return "close", frame.status.replace("_", " "), True


@_of.register
def _(frame: f.GateDecided, state: Swarm) -> _Found:
    return None if frame.rule else ("gate", "", False)


@_of.register
def _(frame: f.QuestionAnswered, state: Swarm) -> _Found:
    return None if frame.rule else ("gate", "", False)


@_of.register
def _(frame: f.GateOpened, state: Swarm) -> _Found:
    return ("failure", _name(state, frame.node) + " failed", False) if frame.proposal.kind == "failure" else None


@_of.register
def _(frame: f.NodeEnded, state: Swarm) -> _Found:
    outcome = frame.report.outcome
    kind: Kind = "failure" if outcome == "failed" else "end"
    node = state.nodes.get(frame.node or "")
    return kind, f"{_name(state, frame.node)} {outcome}", bool(node and (node.action == MANAGER or not node.parent))


@_of.register
def _(frame: f.StepEnded, state: Swarm) -> _Found:
    if not frame.commit:
        return None
    gate = state.gates.get(frame.gate or "")
    proposal = gate.final if gate else None
    if isinstance(proposal, Write):
        return "commit", proposal.path.rpartition("/")[2] + " written", False
    return "commit", proposal.title if isinstance(proposal, Run) else _name(state, frame.node), False


@_of.register
def _(frame: f.RunMerged, state: Swarm) -> _Found:
    return "commit", f"merged into {frame.into}", True


@_of.register
def _(frame: f.WorkspaceEdited, state: Swarm) -> _Found:
    return "commit", "your edits", False


def _name(state: Swarm, node: str | None) -> str:
    return name_of(state, node) if node and node in state.nodes else ""
