"""The run's own branch and files, never the person's checkout.

The git directory lies in the person's repository and is always named to git: the `.git` file in the worktree is never
believed, because a command may have rewritten it.
"""

import contextlib
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from swarm.errors import WorkspaceError
from swarm.found import FileChange
from swarm.workspace import changes, commits
from swarm.workspace.commits import SWARM, Identity
from swarm.workspace.git import Git
from swarm.workspace.repository import Repository
from swarm.workspace.sandbox import Place

_LOCK_PATIENCE = 2.0  # seconds: a git that outlived its engine ends long before


class Worktree:
    """One run's branch, checked out in a folder of its own; made by `create`, found again by `open`.

    Args:
        repository: The person's repository.
        path: The folder.
        git_dir: The git directory of this worktree, in the repository's.
        branch: The run's branch, such as `swarm/wc-1`.
    """

    def __init__(self, repository: Repository, path: Path, git_dir: Path, branch: str) -> None:
        self.repository = repository
        self.path = path
        self.branch = branch
        self._git_dir = git_dir
        self._git = Git(path, git_dir)

    @classmethod
    def create(cls, repository: Repository, path: Path, branch: str, commit: str = "") -> Self:
        """Check out a new branch at `commit`, else the person's; of an unborn branch, at an empty commit made for it.

        The commit that it starts from is `head`.

        Raises:
            GitFailed: The branch or the folder exists already, or the branch's name is none.
        """
        git = repository.git
        base = commit and git.commit(commit)
        base = base or repository.head_commit or commits.commit_tree(git, git.empty_tree, (), "Begin with nothing")
        git.run("worktree", "add", "--quiet", "--no-track", "-b", branch, "--", str(path), base)
        return cls.open(repository, path, branch)

    @classmethod
    def open(cls, repository: Repository, path: Path, branch: str) -> Self:
        """Find the worktree of a run again, also after a crash.

        Raises:
            WorkspaceError: It is gone, or another branch is checked out in it.
        """
        git_dir = _git_dir(repository, path)
        _drop_stale_locks(git_dir, repository.common_dir / f"refs/heads/{branch}.lock")
        worktree = cls(repository, path, git_dir, branch)
        found = worktree._git.run("symbolic-ref", "--quiet", "HEAD", accept=(0, 1)).text
        if found != f"refs/heads/{branch}":
            name = found.removeprefix("refs/heads/") or "a single commit"
            raise WorkspaceError(f"{path} has {name} checked out: run `git checkout {branch}` there")
        return worktree

    @property
    def head(self) -> str:
        """The id of the branch's newest commit."""
        return self._git.run("rev-parse", "--verify", f"refs/heads/{self.branch}").text

    @property
    def place(self) -> Place:
        """Where commands run: this folder, which they see under the path of the person's checkout."""
        return Place(worktree=self.path, root=self.repository.root)

    def dirty(self) -> list[str]:
        """Files changed since the last commit, untracked ones too, ignored ones not; sorted."""
        return changes.dirty_paths(self._git)

    def names(self) -> list[str]:
        """Every path that is tracked, or untracked and not ignored, whatever is there now; sorted."""
        listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ":(top)", *changes.OWN)
        return sorted(set(self._git.run(*listing).fields))

    def files(self) -> list[str]:
        """Those of them that are there as a file or a link; sorted."""
        return [name for name in self.names() if (self.path / name).is_file() or (self.path / name).is_symlink()]

    def commit(self, message: str, trailers: Mapping[str, str], author: Identity = SWARM) -> str | None:
        """Commit all that changed, untracked files included and ignored ones not.

        Nested repositories and `.swarm` are left out.

        Args:
            message: What was done.
            trailers: By what the commit is found again: run, node, frame.
            author: Who did it.

        Returns:
            The commit's id; None if nothing had changed.
        """
        self._git.run("add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=self._everything())
        tree = self._git.run("write-tree").text
        branch = f"refs/heads/{self.branch}"
        head, before = self._git.run("rev-parse", branch, f"{branch}^{{tree}}").text.split()
        if tree == before:
            return None
        new = commits.commit_tree(self._git, tree, [head], message, trailers, author)
        self._git.run("update-ref", "-m", "swarm: commit", branch, new, head)
        return new

    def commit_human(self, trailers: Mapping[str, str], message: str = "Edited by hand") -> str | None:
        """Commit what was found dirty under the person's own name; None if nothing was."""
        return self.commit(message, trailers, self.repository.human)

    def find_commit(self, trailers: Mapping[str, str]) -> str | None:
        """The newest commit of the branch with these trailers; None proves there is none."""
        return commits.find_commit(self._git, self.head, trailers)

    def restore(self, commit: str) -> None:
        """Make the files exactly those of `commit`; the branch stays, so that the way back is a commit of its own.

        Files that were created are removed, untracked ones too; ignored ones stay.
        """
        self._git.run("read-tree", "--reset", "-u", self._git.commit(commit))
        self._git.run("clean", "-ffdq")

    def diff(self, before: str, after: str) -> tuple[FileChange, ...]:
        """The files that differ between two commits."""
        return changes.diff(self._git, self._git.commit(before), self._git.commit(after))

    def patch(self, before: str, after: str, path: str | None = None) -> str:
        """The difference between two commits as a unified diff, of one file or of all."""
        return changes.patch(self._git, self._git.commit(before), self._git.commit(after), path)

    def file_at(self, commit: str, path: str) -> bytes | None:
        """The bytes of a file as it was at a commit; None if it was not there."""
        reply = self._git.run("cat-file", "blob", f"{self._git.commit(commit)}:{path}", accept=(0, 128))
        return None if reply.code else reply.out

    def remove(self) -> None:
        """Take the folder away; the branch stays."""
        if self.path.exists():
            try:
                shutil.rmtree(self.path)
            except OSError as error:
                raise WorkspaceError(f"{self.path} cannot be removed ({error.strerror}): remove it by hand") from None
        self.repository.git.run("worktree", "remove", "--force", "--force", "--", str(self.path))

    def _everything(self) -> bytes:
        """The pathspec of all that is committed: git would stumble over a nested repository, or enter it."""
        untracked = self._git.run("ls-files", "-z", "--others", "--exclude-standard").out.split(b"\0")
        nested = [b":(exclude,top,literal)" + name.rstrip(b"/") for name in untracked if name.endswith(b"/")]
        return b"\0".join([b":(top)", *(pattern.encode() for pattern in changes.OWN), *nested])


def _git_dir(repository: Repository, path: Path) -> Path:
    """Where git keeps a worktree, from the repository's side."""
    for note in sorted((repository.common_dir / "worktrees").glob("*/gitdir")):
        if Path(note.read_text().strip()) == path.resolve() / ".git" and path.is_dir():
            return note.parent
    raise WorkspaceError(f"the worktree {path} is gone from {repository.root}: start a new run, or fork this one")


def _drop_stale_locks(git_dir: Path, branch_lock: Path) -> None:
    """Remove what a git left that was killed; only this run's own locks, which one engine at a time uses."""
    patience = time.monotonic() + _LOCK_PATIENCE
    for lock in (git_dir / "index.lock", git_dir / "HEAD.lock", branch_lock):
        while lock.exists() and time.monotonic() < patience:
            time.sleep(0.02)
        with contextlib.suppress(FileNotFoundError):
            lock.unlink()
