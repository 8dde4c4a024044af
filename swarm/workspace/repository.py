"""The person's repository: its facts, and the two ways in which its branch may move."""

import getpass
from functools import cached_property
from pathlib import Path
from typing import Self

from swarm.errors import GitFailed, MergeRefused, NotARepository
from swarm.workspace import changes
from swarm.workspace.commits import Identity
from swarm.workspace.git import Git, own_setting

_UNDER_WAY = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}


class Repository:
    """A repository with files, as found by `discover` or made by `init`.

    Args:
        root: The top folder of the person's checkout.
        git_dir: Its git directory.
        common_dir: The git directory that all worktrees share; the same one, unless the checkout is a linked worktree.
    """

    def __init__(self, root: Path, git_dir: Path, common_dir: Path) -> None:
        self.root = root
        self.git_dir = git_dir
        self.common_dir = common_dir
        self.git = Git(root, git_dir)

    @classmethod
    def discover(cls, path: Path) -> Self:
        """The repository that holds `path`.

        Raises:
            NotARepository: There is none, or one without files (bare), or it belongs to somebody else.
        """
        arguments = ("rev-parse", "--path-format=absolute", "--show-toplevel", "--git-dir", "--git-common-dir")
        try:
            root, git_dir, common_dir = Git(path).run(*arguments).text.split("\n")
        except GitFailed as error:
            raise NotARepository(_why(path, str(error))) from None
        if not _holds(Path(root), git_dir):
            raise NotARepository(f"{path} is in a repository whose core.worktree names other files, {root}: unset it")
        return cls(Path(root), Path(git_dir), Path(common_dir))

    @classmethod
    def init(cls, path: Path) -> Self:
        """Make `path` a repository, its first branch named as the person's configuration says, else `main`."""
        Git(path).run("init", "--quiet", f"--initial-branch={own_setting(path, 'init.defaultBranch') or 'main'}")
        return cls.discover(path)

    @property
    def head_branch(self) -> str | None:
        """The short name of the branch that is checked out, born or not; None when HEAD is detached."""
        name = self.git.run("symbolic-ref", "--quiet", "HEAD", accept=(0, 1)).text
        return name.removeprefix("refs/heads/") or None

    @property
    def head_commit(self) -> str | None:
        """The commit that is checked out; None while the branch is unborn."""
        return self.git.ref("HEAD")

    def dirty_paths(self) -> list[str]:
        """Files that differ from the last commit or are untracked and not ignored, sorted."""
        return changes.dirty_paths(self.git)

    @cached_property
    def human(self) -> Identity:
        """The person, as their own git configuration names them; else their login."""
        login = getpass.getuser()
        name = own_setting(self.root, "user.name") or login
        return Identity(name=name, email=own_setting(self.root, "user.email") or f"{login}@localhost")

    @property
    def under_way(self) -> str | None:
        """A merge, rebase, cherry-pick or revert that the person has not finished, by its name."""
        return next((word for file, word in _UNDER_WAY.items() if (self.git_dir / file).exists()), None)

    def advance(self, before: str | None, after: str, why: str) -> None:
        """Move the checked-out branch, its index and its files from one commit to another.

        Args:
            before: The commit that it must still be at; None for an unborn branch.
            after: The commit to go to.
            why: The line for the reflog.

        Raises:
            MergeRefused: A file in the way would be lost; nothing was changed.
            GitFailed: The branch has moved or is locked; nothing was changed.
        """
        if self.head_commit != before:
            raise GitFailed(f"{self.head_branch} in {self.root} has moved meanwhile, nothing was changed: look again")
        start = before or self.git.empty_tree
        self.git.run("update-index", "-q", "--refresh", accept=(0, 1))
        try:
            self.git.run("read-tree", "-m", "-u", start, after)
        except GitFailed as error:
            raise MergeRefused(f"nothing was changed: {error}") from None
        try:
            self.git.run("update-ref", "-m", why, "HEAD", after, before or "")
        except GitFailed:
            self.git.run("read-tree", "-m", "-u", after, start)
            raise


def _holds(root: Path, git_dir: str) -> bool:
    """Whether git finds the git directory from the root that the repository claims."""
    try:
        return Git(root).run("rev-parse", "--absolute-git-dir").text == git_dir
    except GitFailed:
        return False


def _why(path: Path, error: str) -> str:
    if not error.startswith("git rev-parse"):
        return error
    if "dubious ownership" in error:
        return f"{path} is in a repository that belongs to another user: work in a clone of your own"
    if "bare repository" in error or "must be run in a work tree" in error:
        return f"{path} is in a repository without files (bare, or its .git folder): go to a checkout of it"
    return f"{path} is in no git repository: run `git init` there, or choose another folder with --root"
