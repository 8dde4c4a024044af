"""The frames about one node, each read once."""

from __future__ import annotations

from swarm.frames import Frame
from swarm.session import Session
from swarm.state import Swarm


class NodeFrames:
    """Remembers what was read about the node that was asked for last, so that only what is new is read.

    Args:
        session: Whose frames they are.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._node, self._upto = "", -1
        self._own: list[Frame] = []

    async def of(self, state: Swarm, node: str) -> list[Frame]:
        """Those about a node up to a state, in their order.

        Raises:
            SwarmError: If the history cannot be read.
        """
        found = state.nodes[node]
        if node != self._node:
            self._node, self._upto, self._own = node, found.spawned - 1, []
        if found.changed > self._upto:
            frames = await self._session.frames(self._upto, found.changed)
            if self._node != node:
                return [frame for frame in frames if frame.node == node]
            self._own += [frame for frame in frames if frame.node == node and frame.frame > self._upto]
            self._upto = max(self._upto, found.changed)
        return [frame for frame in self._own if frame.frame <= state.frame]
