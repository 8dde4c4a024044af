"""What changes from frame to frame, kept as changes: the status of the run, of nodes, of gates."""

from __future__ import annotations

from collections.abc import Iterator

from swarm.frames import Frame
from swarm.state import Gate, Node, Swarm


class Spans:
    """Values that things have had, each with the frame from which on.

    Attributes:
        of: By the name of a thing: frame, value, frame, value, …
    """

    def __init__(self) -> None:
        self.of: dict[str, list[int | str]] = {}

    def note(self, name: str, frame: int, value: str) -> None:
        """Notes the value of a thing after a frame, if it is another one than before."""
        span = self.of.setdefault(name, [])
        if span and span[-1] == value:
            return
        if span and span[-2] == frame:
            span[-1] = value
        else:
            span += [frame, value]


def touched(state: Swarm, frame: Frame) -> Iterator[Node]:
    """The nodes whose status a frame may have changed: the one that it is about, and its parent."""
    node = state.nodes.get(frame.node or "")
    if node:
        yield node
        if node.parent:
            yield state.nodes[node.parent]


def standing(gate: Gate) -> str:
    """The status of a gate; `foreseen` for one that is open and that nobody waits for yet."""
    return "foreseen" if gate.seq is None and gate.status == "open" else gate.status
