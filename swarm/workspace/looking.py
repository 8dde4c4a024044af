"""Looking at a worktree and its branch: nothing is changed or run for it, no link followed, every answer bounded."""

import asyncio
import shlex
from pathlib import Path, PurePosixPath

from swarm.errors import WorkspaceError
from swarm.found import History, Matches, Paths, Query, Text
from swarm.proposals import Run
from swarm.store.blobs import digest_of
from swarm.workspace import files, past, paths, searching
from swarm.workspace.copies import GitCopy
from swarm.workspace.searching import LONGEST
from swarm.workspace.worktree import Worktree


class Looking:
    """The part of a world that only looks.

    Args:
        worktree: Of the run.

    Attributes:
        copy: Its files at any of its commits.
    """

    def __init__(self, worktree: Worktree) -> None:
        self._worktree = worktree
        self.copy = GitCopy(worktree.repository.git)

    async def read(self, path: str) -> str:
        """The text of a file of the worktree.

        Raises:
            WorkspaceError: If it is not there, too long or not to be read.
        """
        content = await self.bytes_of(paths.check(path))
        if content is None:
            raise WorkspaceError(f"{path} is not there")
        return text_of(content)

    async def bytes_of(self, path: PurePosixPath) -> bytes | None:
        """The content of a file; None if it is not there."""
        return await asyncio.to_thread(files.read_bytes, self._worktree.path, path, LONGEST)

    async def paths(self, pattern: str) -> Paths:
        """The files that match a glob; see `searching.listed`."""
        return await asyncio.to_thread(searching.listed, self._worktree, pattern)

    async def search(self, query: Query) -> Matches:
        """The lines that match, in the same files; see `searching.search`."""
        return await searching.search(self._worktree, query)

    async def log(self, path: str | None, limit: int) -> History:
        """The newest commits of the run's branch; see `past.log`."""
        return await past.log(self._worktree, path, limit)

    async def show(self, commit: str, path: str | None) -> Text:
        """A commit, or a file as it was then; see `past.show`."""
        return await past.show(self._worktree, commit, path)

    async def diff(self, before: str, after: str, path: str | None) -> Text:
        """What differs between two commits; see `past.diff`."""
        return await past.diff(self._worktree, before, after, path)

    async def patch(self, before: str, after: str, path: str | None = None) -> str:
        """The unified diff between two commits, all of it, for whoever watches the run."""
        return await asyncio.to_thread(self._worktree.patch, before, after, path)


def digests(root: Path, command: Run) -> dict[str, str]:
    """The hashes of the files below `root` that a command names, by the word that names them."""
    try:
        words = [*command.argv, *shlex.split(command.script, comments=True)]
    except ValueError:
        words = [*command.argv, *command.script.split()]
    found: dict[str, str] = {}
    for word in dict.fromkeys(words):
        try:
            content = files.read_bytes(root, paths.check(word), LONGEST)
        except WorkspaceError:
            continue
        if content is not None:
            found[word] = digest_of(content)
    return found


def text_of(content: bytes) -> str:
    """Bytes as text; what is no UTF-8 is replaced."""
    return content.decode("utf-8", "replace")
