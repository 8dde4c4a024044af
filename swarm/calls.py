"""Model calls of a run: a limited number at once, and what streams of them while they last."""

from __future__ import annotations

import asyncio

from swarm.models.base import Reply, Request
from swarm.models.registry import Models
from swarm.state import Node

_AT_ONCE = 8


class Calls:
    """The calls that are under way; their text is never recorded.

    Args:
        models: Finds models by name.
    """

    def __init__(self, models: Models) -> None:
        self._models = models
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._texts: dict[str, list[str]] = {}

    async def call(self, node: Node, request: Request) -> Reply:
        """One call of the node's model; its text is there to be looked at while it streams."""
        model = self._models.find(node.model)
        self._texts[node.id] = []
        async with self._turns:
            return await model.reply(request, lambda text: self.stream(node.id, text))

    def stream(self, node: str, text: str) -> None:
        """Keeps text of a node for whoever looks."""
        self._texts.setdefault(node, []).append(text)

    def text(self, node: str) -> str:
        """What has streamed for a node since its last call began."""
        return "".join(self._texts.get(node, ()))

    def forget(self, node: str) -> None:
        """A node has no more to show."""
        self._texts.pop(node, None)
