"""What effects touch: the protocol, and the world of a run that has no workspace."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Protocol

from swarm.effects import Effect, Mark
from swarm.errors import WorkspaceError
from swarm.found import FileChange, History, Matches, Paths, Query, Text
from swarm.frames import WorkspaceEdited
from swarm.proposals import AnyProposal, Merge, Run, Write
from swarm.session import Copy

Owner = tuple[str, int]
"""A node and the number of its step."""


class World(Protocol):
    """A worktree, a sandbox, and the human's repository behind them."""

    @property
    def tier(self) -> str:
        """The sandbox tier in force: `full` or `none`."""

    @property
    def acts(self) -> bool:
        """Whether its effects change anything outside of the history: then their intent is on disk before they begin.

        One that changes nothing needs no intent: it cannot be in doubt, and is done again if its result was lost.
        """

    @property
    def head(self) -> str:
        """The newest commit of the run's branch; empty where there is none."""

    @property
    def copy(self) -> Copy:
        """The files of the run at its commits."""

    async def write(self, path: str, content: str) -> Write:
        """The proposal to write a whole file, as things are now."""

    async def edit(self, path: str, edit: str) -> Write:
        """The proposal to change a file, as things are now."""

    async def command(self, command: Run) -> Run:
        """The proposal to run a command, with the files that it names and the tier in force."""

    async def refreshed(self, proposal: AnyProposal) -> AnyProposal:
        """The same proposal, as things are now."""

    async def read(self, path: str) -> str:
        """The text of a file of the worktree."""

    async def paths(self, pattern: str) -> Paths:
        """The files of the worktree that match a glob, those that git ignores left out."""

    async def search(self, query: Query) -> Matches:
        """The lines that match, in the same files."""

    async def log(self, path: str | None, limit: int) -> History:
        """The newest commits of the run's branch, or those that changed a file or folder."""

    async def show(self, commit: str, path: str | None) -> Text:
        """What a commit of the run's branch says and changed, or a file as it was at that commit."""

    async def diff(self, before: str, after: str, path: str | None) -> Text:
        """The unified diff between two commits of the run's branch, of one file or folder or of all."""

    def turn(self, proposal: AnyProposal, owner: Owner) -> AbstractAsyncContextManager[None]:
        """The right to act: one effect at a time, read-only commands side by side; none while another is in doubt."""

    async def settle(self) -> WorkspaceEdited | None:
        """Commits what the human changed in the worktree; the frame that says so."""

    async def perform(self, proposal: AnyProposal, mark: Mark) -> Effect:
        """Carries out a proposal, once."""

    async def prove(self, proposal: AnyProposal, mark: Mark) -> Effect | None:
        """What came of an effect that was begun before a crash; None if that cannot be known."""

    async def take(self, proposal: AnyProposal, mark: Mark) -> Effect:
        """Takes what an effect in doubt has left as its outcome."""

    async def restore(self, commit: str) -> None:
        """Makes the files those of a commit again."""

    async def dirty(self) -> list[str]:
        """Files changed since the last commit."""

    def doubt(self, owners: Iterable[Owner]) -> None:
        """Names the effects whose outcome is not known; others wait for them."""

    def certain(self, owner: Owner) -> None:
        """The outcome of this effect is known now."""

    async def patch(self, before: str, after: str, path: str | None = None) -> str:
        """The unified diff between two commits."""

    async def merge_offer(self) -> Merge | None:
        """What merging the run's branch would do; None if it holds nothing that the human's has not."""

    async def merge(self, offer: AnyProposal) -> str:
        """Merges the run's branch into the human's; gives the commit."""


_NONE = "this run has no workspace: it can neither read nor write files, nor run commands"


class NoCopy:
    """The files of a run that has none."""

    async def paths(self, commit: str) -> tuple[str, ...]:
        """There are none."""
        return ()

    async def text(self, commit: str, path: str) -> Text:
        """Refused."""
        raise WorkspaceError(_NONE)

    async def changes(self, before: str, after: str) -> tuple[FileChange, ...]:
        """Nothing differs."""
        return ()


class NoWorld:
    """For runs that only think, ask and spawn; everything else fails with one clear line."""

    tier = "none"
    acts = False
    head = ""
    copy: Copy = NoCopy()

    async def write(self, path: str, content: str) -> Write:
        """Refused."""
        raise WorkspaceError(_NONE)

    async def edit(self, path: str, edit: str) -> Write:
        """Refused."""
        raise WorkspaceError(_NONE)

    async def command(self, command: Run) -> Run:
        """The command as it is: it fails when it is performed."""
        return command

    async def refreshed(self, proposal: AnyProposal) -> AnyProposal:
        """The proposal as it is."""
        return proposal

    async def read(self, path: str) -> str:
        """Refused."""
        raise WorkspaceError(_NONE)

    async def paths(self, pattern: str) -> Paths:
        """Refused."""
        raise WorkspaceError(_NONE)

    async def search(self, query: Query) -> Matches:
        """Refused."""
        raise WorkspaceError(_NONE)

    async def log(self, path: str | None, limit: int) -> History:
        """Refused."""
        raise WorkspaceError(_NONE)

    async def show(self, commit: str, path: str | None) -> Text:
        """Refused."""
        raise WorkspaceError(_NONE)

    async def diff(self, before: str, after: str, path: str | None) -> Text:
        """Refused."""
        raise WorkspaceError(_NONE)

    def turn(self, proposal: AnyProposal, owner: Owner) -> AbstractAsyncContextManager[None]:
        """At once."""
        return nullcontext()

    async def settle(self) -> WorkspaceEdited | None:
        """Nothing to settle."""
        return None

    async def perform(self, proposal: AnyProposal, mark: Mark) -> Effect:
        """Refused."""
        raise WorkspaceError(_NONE)

    async def prove(self, proposal: AnyProposal, mark: Mark) -> Effect | None:
        """Refused."""
        raise WorkspaceError(_NONE)

    async def take(self, proposal: AnyProposal, mark: Mark) -> Effect:
        """Refused."""
        raise WorkspaceError(_NONE)

    async def restore(self, commit: str) -> None:
        """Nothing to restore."""

    async def dirty(self) -> list[str]:
        """Nothing can be dirty."""
        return []

    def doubt(self, owners: Iterable[Owner]) -> None:
        """Nothing can be in doubt."""

    def certain(self, owner: Owner) -> None:
        """Nothing can be in doubt."""

    async def patch(self, before: str, after: str, path: str | None = None) -> str:
        """Nothing differs."""
        return ""

    async def merge_offer(self) -> Merge | None:
        """Nothing to merge."""
        return None

    async def merge(self, offer: AnyProposal) -> str:
        """Refused."""
        raise WorkspaceError(_NONE)
