"""What a run may see of commits: those of its own branch and of what that grew from, nothing else of the repository."""

import asyncio
import re
from pathlib import PurePosixPath

from swarm.errors import GitFailed
from swarm.found import History, Logged, Text
from swarm.workspace import bounded, changes, paths
from swarm.workspace.bounded import Said
from swarm.workspace.git import Git
from swarm.workspace.worktree import Worktree

_COMMITS = 200
_COMMIT = re.compile(r"(HEAD|[0-9a-f]{7,64})(?:~([0-9]{1,6}))?")
_LOGGED = "--format=%H%x00%<(80,trunc)%an%x00%aI%x00%<(300,trunc)%s"
_SHOWN = ("--root", "--always", "--diff-merges=first-parent", "--format=commit %H%nAuthor: %an%nDate: %aI%n%n%B")
_PATCH = ("diff-tree", *changes.PLAIN, "-r", "-p", "--no-color")


async def log(worktree: Worktree, path: str | None, limit: int) -> History:
    """The newest commits of the branch.

    Args:
        worktree: Of the branch.
        path: Only those that changed this file, or something in this folder.
        limit: The most that are wanted.

    Raises:
        PathRefused: The path is one that must not be touched.
    """
    limit = max(1, min(limit, _COMMITS))
    only = _only(path)
    head = await asyncio.to_thread(_resolved, worktree, "HEAD")
    said = await _said(worktree, "rev-list", "--no-commit-header", f"--max-count={limit + 1}", _LOGGED, head, *only)
    entries = [_text(line).split("\0") for line in said.lines]
    commits = [
        Logged(id=commit, author=author.strip(), at=at, subject=subject.strip())
        for commit, author, at, subject in entries
    ]
    more = f"only the newest {limit} commits are here: name a path" if len(commits) > limit else ""
    return History(commits=tuple(commits[:limit]), cut=said.cut or more)


async def show(worktree: Worktree, commit: str, path: str | None) -> Text:
    """What a commit says and changed against its first parent, or a file as it was at that commit.

    Args:
        worktree: Of the branch.
        commit: `HEAD` or 7 to 64 hexadecimal digits, and perhaps `~n` for the nth before it.
        path: The file; None for the commit.

    Raises:
        GitFailed: It is no commit of the branch, or the file was not there.
        PathRefused: The path is one that must not be touched.
    """
    if path is not None:
        paths.check(path)
    full = await asyncio.to_thread(_resolved, worktree, commit)
    if path is not None:
        return await file(worktree.repository.git, full, path)
    said = await _said(worktree, *_PATCH, *_SHOWN, full)
    return Text(text=_text(said.out), cut=said.cut)


async def file(git: Git, commit: str, path: str) -> Text:
    """A file as it was at a commit.

    Args:
        git: Of the repository.
        commit: Its full id.
        path: The file.

    Raises:
        GitFailed: It was not there.
        PathRefused: The path is one that must not be touched.
    """
    blob = await asyncio.to_thread(_blob, git, commit, paths.check(path))
    said = await bounded.run(await asyncio.to_thread(git.command, "cat-file", "blob", blob), git.cwd)
    if b"\0" in said.out:
        return Text(text="", cut=f"{path} is a binary file: it is not shown")
    return Text(text=_text(said.out), cut=said.cut)


async def diff(worktree: Worktree, before: str, after: str, path: str | None) -> Text:
    """The unified diff between two commits, of one file or folder or of all.

    Args:
        worktree: Of the branch.
        before: As for `show`.
        after: The same.
        path: The file or folder; None for all.

    Raises:
        GitFailed: One is no commit of the branch.
        PathRefused: The path is one that must not be touched.
    """
    only = _only(path)
    ends = [await asyncio.to_thread(_resolved, worktree, name) for name in (before, after)]
    said = await _said(worktree, *_PATCH, *ends, *only)
    return Text(text=_text(said.out), cut=said.cut)


def _resolved(worktree: Worktree, name: str) -> str:
    """The full id of a commit of the branch."""
    match = _COMMIT.fullmatch(name)
    if not match:
        raise GitFailed(f"{name[:80]!a} names no commit: use HEAD or 7 to 64 hexadecimal digits, with ~n if need be")
    git, head = worktree.repository.git, worktree.head
    start = head if match[1] == "HEAD" else match[1]
    found = git.ref(f"{start}~{match[2] or 0}")
    if found is None or git.run("merge-base", "--is-ancestor", found, head, accept=(0, 1)).code:
        raise GitFailed(f"{name} is no commit of {worktree.branch}: look at its log")
    return found


def _blob(git: Git, commit: str, path: PurePosixPath) -> str:
    """The id of a file at a commit."""
    entry = git.run("ls-tree", "--full-tree", "-z", commit, *_only(str(path))).text
    mode, kind, blob = entry.partition("\t")[0].split() if entry else ("", "", "")
    if not mode.startswith("100"):
        found = {"": "is not there", "tree": "is a folder"}.get(kind, "is no regular file")
        raise GitFailed(f"{path} {found} at {commit[:10]}: name a file of that commit")
    return blob


def _only(path: str | None) -> tuple[str, ...]:
    """The end of a command line that is about one path."""
    return ("--",) if path is None else ("--", f":(top,literal){paths.check(path)}")


async def _said(worktree: Worktree, *arguments: str) -> Said:
    git = worktree.repository.git
    return await bounded.run(await asyncio.to_thread(git.command, *arguments), git.cwd)


def _text(said: bytes) -> str:
    return said.decode("utf-8", "replace")
