"""Which files there are, and which of their lines match: what git ignores is left out, links are never followed."""

import asyncio
import json
import re
import sys
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from swarm.errors import WorkspaceError
from swarm.found import Match, Matches, Paths, Query
from swarm.workspace import bounded, files, globs
from swarm.workspace.seek import Task
from swarm.workspace.worktree import Worktree

LONGEST = 8 * 1024 * 1024
"""Bytes of a file that is read, searched or written as a whole."""

PATHS = 1000
"""The most files that are listed."""

_MATCHES = 1000
_LONGEST_PATTERN = 1000  # characters
_MAIN = "import sys; sys.path.append(sys.argv[1]); from swarm.workspace.seek import main; main()"
# Isolated: neither the worktree nor the person's environment can put anything in the way of what it imports.
_SEEK = (sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", _MAIN, str(Path(__file__).parents[2]))


def listed(worktree: Worktree, pattern: str) -> Paths:
    """The files of a worktree that match a glob, tracked or not; see `globs.matcher`.

    Raises:
        PathRefused: The glob could only match what must not be touched.
    """
    found: list[str] = []
    for name in _names(worktree, pattern):
        if not _is_file(worktree.path, name):
            continue
        if len(found) == PATHS:
            return Paths(paths=tuple(found), cut=f"only the first {PATHS} files are here: ask for a narrower pattern")
        found.append(name)
    return Paths(paths=tuple(found))


async def search(worktree: Worktree, query: Query) -> Matches:
    """The lines that match in the files that a glob names; binary files are passed over.

    Raises:
        WorkspaceError: The pattern is none.
        PathRefused: The glob could only match what must not be touched.
    """
    pattern, limit = _checked(query), max(1, min(query.limit, _MATCHES))
    task = Task(
        root=str(worktree.path),
        names=await asyncio.to_thread(_names, worktree, query.paths),
        pattern=pattern,
        ignore_case=query.ignore_case,
        limit=limit,
        longest=LONGEST,
        seconds=int(bounded.SECONDS) + 1,
    )
    said = await bounded.run(_SEEK, worktree.path, stdin=json.dumps(task).encode())
    lines: list[dict[str, Any]] = [json.loads(line) for line in said.lines]
    end = lines.pop() if not said.cut else {}
    if error := end.get("error"):
        raise WorkspaceError(f"{query.pattern[:80]!a} is no regular expression: {error}")
    cuts = [said.cut]
    if end.get("more"):
        cuts.append(f"only the first {limit} lines are here: ask for a narrower pattern or fewer files")
    if skipped := end.get("skipped"):
        cuts.append(f"not searched, as they are too long or cannot be read: {skipped} of the files")
    return Matches(matches=tuple(Match(**line) for line in lines), cut="; ".join(filter(None, cuts)))


def _names(worktree: Worktree, pattern: str) -> list[str]:
    matches = globs.matcher(pattern)
    return [name for name in worktree.names() if matches(name)]


def _is_file(root: Path, name: str) -> bool:
    with suppress(WorkspaceError):  # a symlink, something below one, a nested repository
        return files.exists(root, PurePosixPath(name))
    return False


def _checked(query: Query) -> str:
    """The pattern of a query as a regular expression."""
    if not 0 < len(query.pattern) <= _LONGEST_PATTERN:
        raise WorkspaceError(f"a search pattern has 1 to {_LONGEST_PATTERN} characters, not {len(query.pattern)}")
    if "\n" in query.pattern or "\r" in query.pattern:
        raise WorkspaceError("a search pattern has a line break: files are searched line by line, so leave it out")
    return query.pattern if query.regex else re.escape(query.pattern)
