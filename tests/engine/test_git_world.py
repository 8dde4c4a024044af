"""The world of a run in a real repository: the human at work in the same files, effects cut off, merges."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from swarm.effects import Mark
from swarm.errors import MergeRefused
from swarm.proposals import Run, Write
from swarm.spaces.memory import Memory
from swarm.store.blobs import Blobs
from swarm.workspace import exits
from swarm.workspace.bubblewrap import Bubblewrap
from swarm.workspace.repository import Repository
from swarm.workspace.unsandboxed import Unsandboxed
from swarm.workspace.worktree import Worktree
from swarm.workspace.world import GitWorld
from tests.engine.real import git, repository

MARK = Mark(run="r-1", node="2", frame=7, title="part")


@pytest.fixture
def worktree(tmp_path: Path) -> Worktree:
    """Of a run in a repository that holds `lines.txt`."""
    root = repository(tmp_path / "work")
    (root / "lines.txt").write_text("one\ntwo\nthree\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Lines")
    return Worktree.create(Repository.discover(root), tmp_path / "worktree", "swarm/r-1")


@pytest.fixture
def world(worktree: Worktree, tmp_path: Path) -> GitWorld:
    return GitWorld(worktree, Unsandboxed(), Memory(), Blobs(tmp_path / "blobs"), tmp_path / "exits")


class TestTheHumansEdits:
    async def test_are_committed_once_by_those_who_share_the_turn(self, world: GitWorld, worktree: Worktree) -> None:
        (worktree.path / "notes.txt").write_text("by hand\n")
        settled = await asyncio.gather(*(world.settle() for _ in range(4)))
        assert [edited.paths for edited in settled if edited] == [("notes.txt",)]
        assert (worktree.dirty(), world.head) == ([], worktree.head)
        assert git(worktree.path, "log", "-1", "--format=%an") == "Kit"

    async def test_beside_a_stopped_command_that_only_reads_stay_theirs(
        self, worktree: Worktree, tmp_path: Path
    ) -> None:
        world = GitWorld(worktree, Bubblewrap(), Memory(), Blobs(tmp_path / "blobs"), tmp_path / "exits")
        (worktree.path / "notes.txt").write_text("by hand\n")
        effect = await world.take(Run(title="look", script="ls", readonly=True), MARK)
        assert (effect.commit, worktree.dirty()) == ("", ["notes.txt"])


class TestAWriteThatWasCutOff:
    @pytest.mark.parametrize("found", ["one\ntwo\nthree\n", "swarm\n"])
    async def test_is_finished_while_its_file_is_as_before_or_after_it(
        self, world: GitWorld, worktree: Worktree, found: str
    ) -> None:
        proposal = await world.write("lines.txt", "swarm\n")
        (worktree.path / "lines.txt").write_text(found)
        effect = await world.prove(proposal, MARK)
        assert effect is not None
        assert (effect.commit, worktree.dirty()) == (worktree.head, [])
        assert worktree.file_at(worktree.head, "lines.txt") == b"swarm\n"
        assert worktree.find_commit(MARK.trailers) == worktree.head

    async def test_of_a_new_file_is_done_again(self, world: GitWorld, worktree: Worktree) -> None:
        effect = await world.prove(await world.write("new/file.txt", "swarm\n"), MARK)
        assert effect is not None
        assert worktree.file_at(effect.commit, "new/file.txt") == b"swarm\n"

    @pytest.mark.parametrize(
        "edits",
        [
            {"lines.txt": "by hand\n"},
            {"other.txt": "by hand\n"},
            {"lines.txt": "swarm\n", "other.txt": "by hand\n"},
            {"lines.txt": "by hand\n", "other.txt": "by hand\n"},
        ],
    )
    async def test_is_in_doubt_once_a_human_was_at_work_and_nothing_is_touched(
        self, world: GitWorld, worktree: Worktree, edits: dict[str, str]
    ) -> None:
        head = worktree.head
        proposal = await world.write("lines.txt", "swarm\n")
        for path, text in edits.items():
            (worktree.path / path).write_text(text)
        assert await world.prove(proposal, MARK) is None
        assert (worktree.head, worktree.dirty()) == (head, sorted(edits))
        assert {path: (worktree.path / path).read_text() for path in edits} == edits

    async def test_is_in_doubt_where_its_file_was_removed(self, world: GitWorld, worktree: Worktree) -> None:
        proposal = await world.write("lines.txt", "swarm\n")
        (worktree.path / "lines.txt").unlink()
        assert await world.prove(proposal, MARK) is None

    async def test_is_proved_by_its_commit_and_later_edits_stay_the_humans(
        self, world: GitWorld, worktree: Worktree
    ) -> None:
        proposal = Write(path="lines.txt", content="swarm\n", before="0" * 64)
        done = await world.perform(proposal, MARK)
        (worktree.path / "lines.txt").write_text("by hand\n")
        assert await world.prove(proposal, MARK) == done
        assert worktree.dirty() == ["lines.txt"]


async def test_a_command_that_was_committed_is_proved_and_later_edits_stay_the_humans(
    world: GitWorld, worktree: Worktree, tmp_path: Path
) -> None:
    proposal = Run(title="count", script="wc -l lines.txt > count.txt")
    done = await world.perform(proposal, MARK)
    (worktree.path / "count.txt").write_text("by hand\n")
    proved = await world.prove(proposal, MARK)
    assert proved is not None
    assert proved.value["output"] == exits.LOST
    assert (proved.commit, worktree.head, worktree.dirty()) == (done.commit, done.commit, ["count.txt"])


class TestAMerge:
    @pytest.fixture
    async def changed(self, world: GitWorld) -> GitWorld:
        await world.perform(Write(path="lines.txt", content="one\ntwo\nTHREE\n", before="0" * 64), MARK)
        return world

    def _commit(self, worktree: Worktree, text: str) -> str:
        root = worktree.repository.root
        (root / "lines.txt").write_text(text)
        git(root, "commit", "-qam", "By hand")
        return git(root, "rev-parse", "HEAD")

    async def test_that_is_made_already_gives_where_the_branch_is(self, changed: GitWorld, worktree: Worktree) -> None:
        offer = await changed.merge_offer()
        assert offer is not None
        merged = await changed.merge(offer)
        assert (merged, await changed.merge(offer)) == (worktree.head, worktree.head)
        later = self._commit(worktree, "one\ntwo\nthree\nfour\n")
        assert await changed.merge(offer) == later

    async def test_is_another_one_after_a_commit_that_gives_the_same_files_other_content(
        self, changed: GitWorld, worktree: Worktree
    ) -> None:
        offer = await changed.merge_offer()
        assert offer is not None
        head = self._commit(worktree, "ONE\ntwo\nthree\n")
        other = await changed.merge_offer()
        assert other is not None
        assert (other.files, other.commits, other.conflicts) == (offer.files, offer.commits, ())
        assert other.digest != offer.digest
        with pytest.raises(MergeRefused, match="what would be merged has changed since it was offered"):
            await changed.merge(offer)
        assert git(worktree.repository.root, "rev-parse", "HEAD") == head
        await changed.merge(other)
        assert (worktree.repository.root / "lines.txt").read_text() == "ONE\ntwo\nTHREE\n"

    async def test_is_the_same_one_after_a_commit_that_changes_nothing_of_it(
        self, changed: GitWorld, worktree: Worktree
    ) -> None:
        offer = await changed.merge_offer()
        assert offer is not None
        assert offer.tip == worktree.head
        (worktree.repository.root / "beside.txt").write_text("of the human")
        git(worktree.repository.root, "add", "beside.txt")
        git(worktree.repository.root, "commit", "-q", "-m", "Beside it")
        again = await changed.merge_offer()
        assert again is not None
        assert again.digest == offer.digest
        await changed.merge(offer)
        assert (worktree.repository.root / "lines.txt").read_text() == "one\ntwo\nTHREE\n"

    async def test_is_another_one_once_a_file_of_it_may_be_executed(
        self, changed: GitWorld, worktree: Worktree
    ) -> None:
        offer = await changed.merge_offer()
        (worktree.repository.root / "lines.txt").chmod(0o755)
        git(worktree.repository.root, "commit", "-qam", "Executable")
        other = await changed.merge_offer()
        assert offer is not None
        assert other is not None
        assert (other.files, other.commits) == (offer.files, offer.commits)
        assert other.digest != offer.digest
