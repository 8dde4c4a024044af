"""Bringing the run's branch into the person's: looked at first, and all or nothing."""

from pathlib import Path

from swarm.errors import GitFailed, MergeRefused
from swarm.found import FileChange
from swarm.values import Value
from swarm.workspace import changes, commits
from swarm.workspace.commits import Commit
from swarm.workspace.repository import Repository


class MergePreview(Value):
    """What a merge would do.

    Attributes:
        branch: The run's branch.
        tip: Its newest commit.
        into: The person's checked-out branch; None when HEAD is detached.
        head: The commit of that branch; None while it is unborn.
        tree: The tree that the merge leads to; with conflicts in it if there are any.
        commits: What the branch has and the other has not, newest first.
        files: What would change in the person's checkout.
        content: A digest of what those files would hold.
        conflicts: Paths that both sides changed in ways that do not fit.
        overlaps: Paths with uncommitted or untracked work that the merge would overwrite.
        fast_forward: Whether the branch only moves, without a merge commit.
        under_way: A merge or rebase that the person has not finished.
    """

    branch: str
    tip: str
    into: str | None
    head: str | None
    tree: str
    commits: tuple[Commit, ...]
    files: tuple[FileChange, ...]
    content: str
    conflicts: tuple[str, ...]
    overlaps: tuple[str, ...]
    fast_forward: bool
    under_way: str | None

    @property
    def unborn(self) -> bool:
        """Whether the person's branch has no commit yet."""
        return self.head is None

    @property
    def problem(self) -> str | None:
        """Why the merge cannot be made, and what to do about it, in one line; None if it can."""
        by_hand = f"`git merge {self.branch}`"
        if self.into is None:
            return f"no branch is checked out: check one out, then merge again or run {by_hand}"
        if self.under_way:
            return f"a {self.under_way} is under way in {self.into}: finish it, then merge again or run {by_hand}"
        if self.conflicts:
            names = ", ".join(self.conflicts)
            return f"{self.branch} and {self.into} both changed {names}: run {by_hand} and resolve it by hand"
        if self.overlaps:
            names = ", ".join(self.overlaps)
            return f"your work in {names} would be overwritten: commit or move it, then merge again or run {by_hand}"
        return None


def merge_preview(repository: Repository, branch: str) -> MergePreview:
    """Look at what merging `branch` would do; no file, index or ref of the person's changes.

    Raises:
        GitFailed: There is no such branch.
    """
    git = repository.git
    tip = git.ref(f"refs/heads/{branch}")
    if tip is None:
        raise GitFailed(f"there is no branch {branch!a} in {repository.root}")
    head = repository.head_commit
    tree, conflicts = (tip, ()) if head is None else _merged_tree(repository, head, tip)
    files = changes.diff(git, head or git.empty_tree, tree)
    return MergePreview(
        branch=branch,
        tip=tip,
        into=repository.head_branch,
        head=head,
        tree=tree,
        commits=commits.log(git, f"{head}..{tip}" if head else tip),
        files=files,
        content=changes.content(git, head or git.empty_tree, tree),
        conflicts=conflicts,
        overlaps=_overlaps(repository, files),
        fast_forward=head is None or git.run("merge-base", "--is-ancestor", head, tip, accept=(0, 1)).code == 0,
        under_way=repository.under_way,
    )


def merge(repository: Repository, preview: MergePreview) -> str:
    """Merge the run's branch into the branch that the person has checked out, exactly as was shown.

    Returns:
        The commit that their branch is at afterwards; the one it was at if all of the run's is in it already.

    Raises:
        MergeRefused: Nothing was changed; the text says why, and how to do it by hand.
        GitFailed: Their branch has moved since, or is locked; nothing was changed.
    """
    if preview.head and not preview.commits:
        return preview.head
    if preview.problem:
        raise MergeRefused(preview.problem)
    target = preview.tip if preview.head is None or preview.fast_forward else _merge_commit(repository, preview)
    repository.advance(preview.head, target, f"merge {preview.branch}")
    return target


def _merged_tree(repository: Repository, head: str, tip: str) -> tuple[str, tuple[str, ...]]:
    """The tree of the merge, and the paths in conflict.

    A run that began before the first commit shares no history with what was committed since: allow that.
    """
    options = ("--write-tree", "-z", "--name-only", "--no-messages", "--allow-unrelated-histories")
    tree, *conflicts = repository.git.run("merge-tree", *options, head, tip, accept=(0, 1)).fields
    return tree, tuple(conflicts)


def _merge_commit(repository: Repository, preview: MergePreview) -> str:
    parents = [parent for parent in (preview.head, preview.tip) if parent]
    human = repository.human
    return commits.commit_tree(
        repository.git, preview.tree, parents, f"Merge branch '{preview.branch}'", author=human, committer=human
    )


def _overlaps(repository: Repository, files: tuple[FileChange, ...]) -> tuple[str, ...]:
    """Dirty paths that the merge touches, and ignored files where it would put new ones."""
    touched = {file.path for file in files}
    folders = {str(parent) for path in touched for parent in Path(path).parents}
    dirty = {
        path
        for path in repository.dirty_paths()
        if path in touched or path in folders or any(str(parent) in touched for parent in Path(path).parents)
    }
    in_the_way = {file.path for file in files if file.status == "A" and _exists(repository.root / file.path)}
    return tuple(sorted(dirty | in_the_way))


def _exists(path: Path) -> bool:
    return path.exists() or path.is_symlink()
