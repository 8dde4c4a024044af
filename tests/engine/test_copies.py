"""The files of a run at its commits: exactly those, read without anything being checked out or changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarm.errors import GitFailed, PathRefused
from swarm.workspace import bounded
from swarm.workspace.copies import GitCopy
from swarm.workspace.repository import Repository
from swarm.workspace.worktree import Worktree
from tests.engine.real import repository


class Made:
    """A worktree with three commits after its base: a file, another text and a link, a deletion."""

    def __init__(self, folder: Path) -> None:
        self.tree = Worktree.create(Repository.discover(repository(folder / "work")), folder / "tree", "swarm/r-1")
        self.base = self.tree.head
        (self.tree.path / ".gitignore").write_text("*.log\n")
        (self.tree.path / "noise.log").write_text("not part of it\n")
        (self.tree.path / "wörter.py").write_text("one = 1\n")
        self.first = self.tree.commit("First", {}) or ""
        (self.tree.path / "wörter.py").write_text("one = 1\ntwo = 2\n")
        (self.tree.path / "link").symlink_to("wörter.py")
        (self.tree.path / "data.bin").write_bytes(b"\0\1")
        self.second = self.tree.commit("Second", {}) or ""
        (self.tree.path / "wörter.py").unlink()
        self.third = self.tree.commit("Third", {}) or ""
        self.copy = GitCopy(self.tree.repository.git)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


async def test_the_files_of_each_commit_are_there_and_no_ignored_ones(made: Made) -> None:
    base = await made.copy.paths(made.base)
    assert await made.copy.paths(made.first) == tuple(sorted({*base, ".gitignore", "wörter.py"}))
    assert "wörter.py" not in await made.copy.paths(made.third)
    assert not any(path.endswith(".log") for path in await made.copy.paths(made.second))


async def test_a_file_is_read_as_it_was(made: Made) -> None:
    assert (await made.copy.text(made.first, "wörter.py")).text == "one = 1\n"
    assert (await made.copy.text(made.second, "wörter.py")).text == "one = 1\ntwo = 2\n"
    with pytest.raises(GitFailed, match="is not there"):
        await made.copy.text(made.third, "wörter.py")


async def test_what_is_no_text_says_so(made: Made) -> None:
    assert "binary" in (await made.copy.text(made.second, "data.bin")).cut
    with pytest.raises(GitFailed, match="no regular file"):
        await made.copy.text(made.second, "link")
    with pytest.raises(PathRefused):
        await made.copy.text(made.second, "../work/README.md")


async def test_a_long_file_is_cut_and_says_so(made: Made) -> None:
    (made.tree.path / "long.txt").write_text("0123456789\n" * 20_000)
    commit = made.tree.commit("Long", {}) or ""
    found = await made.copy.text(commit, "long.txt")
    assert len(found.text) <= bounded.BYTES
    assert "only the first" in found.cut


async def test_what_differs_is_named_by_path(made: Made) -> None:
    changes = await made.copy.changes(made.first, made.third)
    assert {(change.path, change.status) for change in changes} == {
        ("data.bin", "A"),
        ("link", "A"),
        ("wörter.py", "D"),
    }


@pytest.mark.parametrize("name", ["HEAD", "--help", "swarm/r-1", ""])
async def test_only_ids_are_commits(made: Made, name: str) -> None:
    with pytest.raises(GitFailed):
        await made.copy.paths(name)
    with pytest.raises(GitFailed):
        await made.copy.changes(made.base, name)
