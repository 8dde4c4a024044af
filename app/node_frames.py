"""The frames about one node and what its commits changed, each read once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from swarm.frames import Frame, StepBegun, StepEnded
from swarm.session import Session
from swarm.state import Swarm

BATCH = 2048
"""So many frames are read at a time: keys are heard between."""


class NodeFrames:
    """Remembers what was read about the node that was asked for last, so that only what is new is read.

    Args:
        session: Whose frames they are.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._node, self._upto = "", -1
        self._own: list[Frame] = []
        self._patches: dict[str, str] = {}

    async def of(self, state: Swarm, node: str) -> list[Frame]:
        """Those about a node up to a state, in their order; none if another node was asked for meanwhile.

        Raises:
            SwarmError: If the history cannot be read.
        """
        found = state.nodes[node]
        if node != self._node:
            self._node, self._upto, self._own, self._patches = node, found.spawned - 1, [], {}
        while self._upto < found.changed:
            upto = min(found.changed, self._upto + BATCH)
            frames = await self._session.frames(self._upto, upto)
            if self._node != node:
                return []
            self._own += [frame for frame in frames if frame.node == node and frame.frame > self._upto]
            self._upto = max(self._upto, upto)
        return [frame for frame in self._own if frame.frame <= state.frame]

    async def patches(self, frames: Sequence[Frame]) -> dict[str, str]:
        """What the commits of a node's frames changed, as unified diffs by commit.

        Raises:
            SwarmError: If git cannot say.
        """
        known = self._patches
        for before, after in _commits(frames):
            if after not in known:
                known[after] = await self._session.patch(before, after)
        return dict(known)


def _commits(frames: Sequence[Frame]) -> Iterator[tuple[str, str]]:
    """The commit on which each effect began, and the one that it made."""
    bases: dict[int, str] = {}
    for frame in frames:
        if isinstance(frame, StepBegun) and "commit" in frame.intent:
            bases[frame.seq] = str(frame.intent["commit"])
        elif isinstance(frame, StepEnded) and frame.commit and frame.seq in bases:
            yield bases[frame.seq], frame.commit
