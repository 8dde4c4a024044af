"""The files of a run at its commits, for whoever watches it: read from git, nothing is checked out for it."""

import asyncio

from swarm.found import FileChange, Text
from swarm.workspace import changes, past
from swarm.workspace.git import Git


class GitCopy:
    """The files of a run's commits; a `Copy`.

    Args:
        git: The person's repository, which holds the run's branch.
    """

    def __init__(self, git: Git) -> None:
        self._git = git

    async def paths(self, commit: str) -> tuple[str, ...]:
        """All files of a commit, sorted; links and other repositories are there by their names."""

        def read() -> tuple[str, ...]:
            listing = ("ls-tree", "--full-tree", "-r", "-z", "--name-only", self._git.commit(commit))
            return tuple(self._git.run(*listing).fields)

        return await asyncio.to_thread(read)

    async def text(self, commit: str, path: str) -> Text:
        """A file as it was at a commit; see `past.file`."""
        return await past.file(self._git, await asyncio.to_thread(self._git.commit, commit), path)

    async def changes(self, before: str, after: str) -> tuple[FileChange, ...]:
        """What differs between two commits, by path."""

        def read() -> tuple[FileChange, ...]:
            return changes.diff(self._git, self._git.commit(before), self._git.commit(after))

        return await asyncio.to_thread(read)
