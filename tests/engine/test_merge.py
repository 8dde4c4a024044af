"""Merging the run's branch into the person's: shown first, all or nothing, never over their work."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from swarm.errors import GitFailed, MergeRefused
from swarm.workspace.merge import MergePreview, merge, merge_preview
from swarm.workspace.repository import Repository
from swarm.workspace.worktree import Worktree

RUN = "swarm/wc-1"


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def everything(root: Path) -> dict[str, str]:
    """The person's files, index and refs by their bytes."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    names = {path: path.relative_to(root).as_posix() for path in files}
    kept = {path: name for path, name in names.items() if not name.startswith((".swarm/", ".git/objects"))}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for path, name in kept.items()}


@pytest.fixture(autouse=True)
def _person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\n\tname = Ada Person\n\temail = ada@example.org\n")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with one commit, made once and copied for each test."""
    root = tmp_path_factory.mktemp("template")
    git(root, "init", "-q", "-b", "main")
    (root / ".gitignore").write_text("*.log\n.swarm/\n")
    (root / "a.txt").write_text("one\ntwo\nthree\n")
    (root / "b.txt").write_text("b\n")
    git(root, "add", "-A")
    git(root, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-qm", "First")
    return root


@pytest.fixture
def repository(template: Path, tmp_path: Path) -> Repository:
    return Repository.discover(Path(shutil.copytree(template, tmp_path / "project", symlinks=True)))


@pytest.fixture
def worktree(repository: Repository) -> Worktree:
    """A run that changed a.txt, added new/c.txt and removed b.txt, in two commits."""
    worktree = Worktree.create(repository, repository.root / ".swarm" / "worktree", RUN)
    (worktree.path / "a.txt").write_text("one\ntwo\nTHREE\n")
    worktree.commit("Shout", {})
    (worktree.path / "new").mkdir()
    (worktree.path / "new" / "c.txt").write_text("c\n")
    (worktree.path / "b.txt").unlink()
    worktree.commit("Move", {})
    return worktree


def paths(preview: MergePreview) -> list[str]:
    return [file.path for file in preview.files]


def merge_now(repository: Repository) -> str:
    return merge(repository, merge_preview(repository, RUN))


class TestFastForward:
    def test_is_shown_with_commits_and_files(self, repository: Repository, worktree: Worktree) -> None:
        preview = merge_preview(repository, RUN)
        assert preview.fast_forward
        assert not preview.unborn
        assert preview.problem is None
        assert preview.into == "main"
        assert [commit.subject for commit in preview.commits] == ["Move", "Shout"]
        assert [(file.path, file.status) for file in preview.files] == [
            ("a.txt", "M"),
            ("b.txt", "D"),
            ("new/c.txt", "A"),
        ]

    def test_moves_branch_index_and_files(self, repository: Repository, worktree: Worktree) -> None:
        (repository.root / "own.txt").write_text("untracked work\n")
        assert merge_now(repository) == worktree.head == repository.head_commit
        assert repository.head_branch == "main"
        assert (repository.root / "new" / "c.txt").read_text() == "c\n"
        assert not (repository.root / "b.txt").exists()
        assert repository.dirty_paths() == ["own.txt"]
        assert "merge swarm/wc-1" in git(repository.root, "reflog", "-1")

    def test_is_done_once(self, repository: Repository, worktree: Worktree) -> None:
        merged = merge_now(repository)
        assert merge_now(repository) == merged
        assert paths(merge_preview(repository, RUN)) == []

    def test_stays_done_while_a_single_commit_is_checked_out(self, repository: Repository, worktree: Worktree) -> None:
        merge_now(repository)
        git(repository.root, "checkout", "-q", "--detach")
        git(repository.root, "commit", "-q", "--allow-empty", "-m", "Further on")
        assert merge_now(repository) == git(repository.root, "rev-parse", "HEAD")


class TestTrueMerge:
    def test_joins_what_both_sides_did_under_the_persons_name(self, repository: Repository, worktree: Worktree) -> None:
        (repository.root / "a.txt").write_text("ONE\ntwo\nthree\n")
        git(repository.root, "commit", "-qam", "Theirs")
        preview = merge_preview(repository, RUN)
        assert not preview.fast_forward
        assert preview.problem is None
        merged = merge_now(repository)
        assert (repository.root / "a.txt").read_text() == "ONE\ntwo\nTHREE\n"
        assert git(repository.root, "log", "-1", "--format=%an|%cn|%s") == (
            "Ada Person|Ada Person|Merge branch 'swarm/wc-1'"
        )
        assert git(repository.root, "rev-parse", f"{merged}^2") == worktree.head
        assert repository.dirty_paths() == []

    def test_refuses_conflicts_by_name_and_changes_nothing(self, repository: Repository, worktree: Worktree) -> None:
        (repository.root / "a.txt").write_text("one\ntwo\nDREI\n")
        git(repository.root, "commit", "-qam", "Theirs")
        before = everything(repository.root)
        assert merge_preview(repository, RUN).conflicts == ("a.txt",)
        with pytest.raises(MergeRefused, match=r"swarm/wc-1 and main both changed a\.txt: run `git merge swarm/wc-1`"):
            merge_now(repository)
        assert everything(repository.root) == before

    def test_a_merge_driver_of_the_repositorys_does_not_run(
        self, repository: Repository, worktree: Worktree, tmp_path: Path
    ) -> None:
        (repository.root / ".gitattributes").write_text("*.txt merge=evil\n")
        (repository.root / "a.txt").write_text("ONE\ntwo\nthree\n")
        git(repository.root, "add", "-A")
        git(repository.root, "commit", "-qm", "Theirs")
        git(repository.root, "config", "merge.evil.driver", f"touch {tmp_path / 'marker'}")
        again = Repository.discover(repository.root)
        assert merge_preview(again, RUN).conflicts == ("a.txt",)
        assert not (tmp_path / "marker").exists()

    def test_works_when_the_first_commit_came_after_the_start_of_the_run(self, tmp_path: Path) -> None:
        root = tmp_path / "late"
        root.mkdir()
        git(root, "init", "-q", "-b", "main")
        repository = Repository.discover(root)
        worktree = Worktree.create(repository, tmp_path / "worktree", RUN)
        (worktree.path / "run.txt").write_text("run\n")
        worktree.commit("Run", {})
        (root / "own.txt").write_text("own\n")
        git(root, "add", "-A")
        git(root, "commit", "-qm", "Own")
        assert merge_preview(repository, RUN).problem is None
        merge_now(repository)
        assert sorted(path.name for path in root.glob("*.txt")) == ["own.txt", "run.txt"]


class TestUncommittedWork:
    @pytest.mark.parametrize(
        ("path", "content"),
        [("a.txt", "mine\n"), ("new/c.txt", "mine\n"), ("b.txt", "mine\n"), ("new", "a file where a folder comes\n")],
    )
    def test_that_overlaps_is_named_and_kept(
        self, repository: Repository, worktree: Worktree, path: str, content: str
    ) -> None:
        (repository.root / path).parent.mkdir(exist_ok=True)
        (repository.root / path).write_text(content)
        before = everything(repository.root)
        assert merge_preview(repository, RUN).overlaps == (path,)
        with pytest.raises(MergeRefused, match=f"your work in {path} would be overwritten: commit or move it"):
            merge_now(repository)
        assert everything(repository.root) == before

    def test_that_is_staged_is_kept_as_well(self, repository: Repository, worktree: Worktree) -> None:
        (repository.root / "a.txt").write_text("staged\n")
        git(repository.root, "add", "a.txt")
        before = everything(repository.root)
        with pytest.raises(MergeRefused, match=r"a\.txt"):
            merge_now(repository)
        assert everything(repository.root) == before

    def test_in_an_ignored_file_is_kept_as_well(self, repository: Repository, worktree: Worktree) -> None:
        (worktree.path / ".gitignore").write_text(".swarm/\n")
        (worktree.path / "notes.log").write_text("from the run\n")
        worktree.commit("Log", {})
        (repository.root / "notes.log").write_text("mine, ignored\n")
        with pytest.raises(MergeRefused, match=r"notes\.log"):
            merge_now(repository)
        assert (repository.root / "notes.log").read_text() == "mine, ignored\n"

    def test_elsewhere_stays_as_it_is(self, repository: Repository, worktree: Worktree) -> None:
        (worktree.path / "b.txt").write_text("b\n")
        worktree.commit("Keep b", {})
        (repository.root / "b.txt").write_text("mine\n")
        (repository.root / "staged.txt").write_text("staged\n")
        git(repository.root, "add", "staged.txt")
        merge_now(repository)
        assert (repository.root / "b.txt").read_text() == "mine\n"
        assert git(repository.root, "status", "--porcelain") == "M b.txt\nA  staged.txt"

    def test_a_file_that_looks_touched_but_is_the_same_does_not_refuse(
        self, repository: Repository, worktree: Worktree
    ) -> None:
        os.utime(repository.root / "a.txt", (1, 1))
        assert merge_now(repository) == worktree.head


class TestUnborn:
    @pytest.fixture
    def unborn(self, tmp_path: Path) -> Repository:
        root = tmp_path / "unborn"
        root.mkdir()
        git(root, "init", "-q", "-b", "main")
        repository = Repository.discover(root)
        worktree = Worktree.create(repository, tmp_path / "worktree", RUN)
        (worktree.path / "src").mkdir()
        (worktree.path / "src" / "a.py").write_text("a\n")
        worktree.commit("Add", {})
        return repository

    def test_the_branch_is_set_and_the_files_are_checked_out(self, unborn: Repository) -> None:
        (unborn.root / "staged.txt").write_text("staged\n")
        git(unborn.root, "add", "staged.txt")
        preview = merge_preview(unborn, RUN)
        assert (preview.unborn, preview.into, paths(preview)) == (True, "main", ["src/a.py"])
        merged = merge_now(unborn)
        assert unborn.head_commit == merged
        assert (unborn.root / "src" / "a.py").read_text() == "a\n"
        assert git(unborn.root, "status", "--porcelain") == "A  staged.txt"

    def test_a_file_that_exists_is_not_overwritten(self, unborn: Repository) -> None:
        (unborn.root / "src").mkdir()
        (unborn.root / "src" / "a.py").write_text("mine\n")
        with pytest.raises(MergeRefused, match=r"src/a\.py would be overwritten"):
            merge_now(unborn)
        assert (unborn.root / "src" / "a.py").read_text() == "mine\n"
        assert unborn.head_commit is None


class TestRefusals:
    def test_a_detached_head_says_to_check_out_a_branch(self, repository: Repository, worktree: Worktree) -> None:
        git(repository.root, "checkout", "-q", "--detach")
        with pytest.raises(MergeRefused, match="check one out"):
            merge_now(repository)

    def test_a_merge_under_way_is_named(self, repository: Repository, worktree: Worktree) -> None:
        git(repository.root, "checkout", "-q", "-b", "side")
        git(repository.root, "commit", "-q", "--allow-empty", "-m", "Side")
        git(repository.root, "checkout", "-q", "main")
        git(repository.root, "merge", "-q", "--no-ff", "--no-commit", "side")
        with pytest.raises(MergeRefused, match="a merge is under way in main: finish it"):
            merge_now(repository)

    def test_an_unknown_branch_is_named(self, repository: Repository) -> None:
        with pytest.raises(GitFailed, match="there is no branch 'swarm/none'"):
            merge_preview(repository, "swarm/none")

    def test_what_moves_between_look_and_leap_changes_nothing(self, repository: Repository, worktree: Worktree) -> None:
        seen = merge_preview(repository, RUN)
        git(repository.root, "commit", "-q", "--allow-empty", "-m", "Meanwhile")
        before = everything(repository.root)
        with pytest.raises(GitFailed, match=r"main in .* has moved meanwhile"):
            merge(repository, seen)
        assert everything(repository.root) == before

    def test_a_branch_that_is_locked_keeps_its_files(self, repository: Repository, worktree: Worktree) -> None:
        (repository.git_dir / "refs" / "heads" / "main.lock").touch()
        with pytest.raises(GitFailed, match=r"main\.lock"):
            merge_now(repository)
        assert (repository.root / "b.txt").read_text() == "b\n"
        assert not (repository.root / "new").exists()
        assert repository.dirty_paths() == []

    def test_no_hook_of_the_persons_runs(self, repository: Repository, worktree: Worktree, tmp_path: Path) -> None:
        for name in ("post-checkout", "post-merge", "reference-transaction", "post-index-change", "pre-merge-commit"):
            hook = repository.git_dir / "hooks" / name
            hook.write_text(f"#!/bin/sh\ntouch {tmp_path / 'marker'}\n")
            hook.chmod(0o755)
        merge_now(repository)
        assert not (tmp_path / "marker").exists()
