"""The one surface that screens, the command line and servers use: a run to look at and to command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from swarm.commands import Command
from swarm.found import FileChange, Text
from swarm.frames import Frame
from swarm.state import Swarm

PRESENT = "\r"
"""How a line of live text begins that says how things are now: of such lines only the newest counts."""


class Copy(Protocol):
    """The run's copy of the files as it was at its commits; what git ignores is not part of it.

    Each method raises `WorkspaceError` where there is nothing to see: no such commit or file.
    """

    async def paths(self, commit: str) -> tuple[str, ...]:
        """All its files, sorted; relative to its top."""

    async def text(self, commit: str, path: str) -> Text:
        """The text of a file, as much as a person reads; its `cut` says what is missing, or that it is no text."""

    async def changes(self, before: str, after: str) -> tuple[FileChange, ...]:
        """What differs between two commits, by path."""


class Session(Protocol):
    """A run, either written by this process or followed while another one writes it."""

    @property
    def state(self) -> Swarm:
        """The state now: frozen, safe to keep."""

    @property
    def problem(self) -> str:
        """Why nothing more can be decided or seen here, in one line; empty while that is not so."""

    @property
    def copy(self) -> Copy:
        """Its files at any of its commits."""

    def follow(self, since: int = -1) -> AsyncIterator[list[Frame]]:
        """Batches of frames after `since`, as they come.

        Raises:
            HistoryError: After the last of them, if there is a `problem`.
        """

    async def do(self, command: Command) -> None:
        """Carries out a command; returns when it is on disk.

        Raises:
            Refused: If it does not fit the state; nothing was written.
        """

    def live(self, node: str) -> str:
        """What the node's model has streamed of its present answer, and what was logged; not recorded; see `parted`."""

    async def frames(self, after: int = -1, upto: int | None = None) -> list[Frame]:
        """Recorded frames with numbers above `after`, up to and with `upto`."""

    async def at(self, frame: int) -> Swarm:
        """The state at a frame."""

    async def patch(self, before: str, after: str, path: str | None = None) -> str:
        """The unified diff between two commits of the run's branch, whole or of one file."""


def parted(live: str) -> tuple[str, str]:
    """The lines of live text that stay, and the one that says how things are now; either may be empty."""
    lines = live.split("\n")
    stay = [line for line in lines if not line.startswith(PRESENT)]
    now = [line for line in lines if line.startswith(PRESENT)]
    return "\n".join(stay).strip("\n"), now[-1].removeprefix(PRESENT) if now else ""
