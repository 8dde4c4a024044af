"""The one surface that screens, the command line and servers use: a run to look at and to command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from swarm.commands import Command
from swarm.frames import Frame
from swarm.state import Swarm


class Session(Protocol):
    """A run, either written by this process or followed while another one writes it."""

    @property
    def state(self) -> Swarm:
        """The state now: frozen, safe to keep."""

    def follow(self, since: int = -1) -> AsyncIterator[list[Frame]]:
        """Batches of frames after `since`, as they come."""

    async def do(self, command: Command) -> None:
        """Carries out a command; returns when it is on disk.

        Raises:
            Refused: If it does not fit the state; nothing was written.
        """

    def live(self, node: str) -> str:
        """What the node's model has streamed of its present answer; not recorded."""

    async def frames(self, after: int = -1, upto: int | None = None) -> list[Frame]:
        """Recorded frames with numbers above `after`, up to and with `upto`."""

    async def at(self, frame: int) -> Swarm:
        """The state at a frame."""

    async def patch(self, before: str, after: str, path: str | None = None) -> str:
        """The unified diff between two commits of the run's branch, whole or of one file."""
