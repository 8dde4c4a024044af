"""What lies where in a history of any length: the way from one moment to the next of its kind, and to a time."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from swarm import frames as f

Kind = Literal["gate", "failure", "commit"]
_BITS: dict[Kind, int] = {"gate": 1, "failure": 2, "commit": 4}
_TABLES = {kind: bytes(bool(byte & bit) for byte in range(256)) for kind, bit in _BITS.items()}
_RUN = 0


class Moments:
    """Thirteen bytes for each frame: its kinds, the number of its node, and when it was.

    The clock may have jumped: of a frame that it places before an earlier one, the time of that one is taken.
    """

    def __init__(self) -> None:
        self._kinds = bytearray()
        self._nodes = array("L")
        self._seconds = array("d")

    def add(self, frames: Iterable[f.Frame]) -> None:
        """Adds frames, which go on where the last ones ended; those that are there already are passed over."""
        for frame in frames:
            if frame.frame < len(self._kinds):
                continue
            before = self._seconds[-1] if self._seconds else 0.0
            self._kinds.append(sum(_BITS[kind] for kind in _kinds(frame)))
            self._nodes.append(int(frame.node) if frame.node else _RUN)
            self._seconds.append(max(before, frame.at.timestamp()))

    def next(self, kind: Kind, here: int, by: int) -> int | None:
        """The first frame of a kind after `here`, or the last before it where `by` is negative."""
        found = self._kinds.translate(_TABLES[kind])
        place = found.find(1, here + 1) if by > 0 else found.rfind(1, 0, max(0, here))
        return None if place < 0 else place

    def next_of_node(self, node: str, here: int, by: int) -> int | None:
        """The first frame about a node after `here`, or the last before it."""
        number, nodes = int(node or _RUN), self._nodes
        places = range(here + 1, len(nodes)) if by > 0 else range(min(here, len(nodes)) - 1, -1, -1)
        return next((place for place in places if nodes[place] == number), None)

    def node(self, frame: int) -> str:
        """The node that a frame is about; empty for the run."""
        number = self._nodes[frame]
        return str(number) if number != _RUN else ""

    def at(self, when: datetime) -> int:
        """The last frame that there was at a time; the first one, if there was none yet."""
        return max(0, bisect_right(self._seconds, when.timestamp()) - 1)


def _kinds(frame: f.Frame) -> Iterable[Kind]:
    match frame:
        case f.GateOpened(proposal=proposal):
            yield "gate"
            if proposal.kind == "failure":
                yield "failure"
        case f.QuestionAsked():
            yield "gate"
        case f.NodeEnded(report=report) if report.outcome == "failed":
            yield "failure"
        case f.RunEnded(status="failed"):
            yield "failure"
        case f.WorkspaceEdited() | f.RunMerged():
            yield "commit"
        case f.StepEnded(commit=commit) if commit:
            yield "commit"
