"""What the commits of a run changed, read from a real repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from swarm import frames as f
from swarm.errors import GitFailed
from swarm.export.commits import changed, commits_of, patches
from swarm.proposals import Run, Write
from swarm.workspace.git import Git


@pytest.fixture
def git(tmp_path: Path) -> Git:
    git = Git(tmp_path)
    git.run("init", "--quiet", "--initial-branch=main")
    return git


def commit(git: Git, files: dict[str, bytes | None]) -> str:
    for name, content in files.items():
        path = git.cwd / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink() if content is None else path.write_bytes(content)
    people = {f"GIT_{role}_{what}": "Ada" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    git.run("add", "--all")
    git.run("commit", "--quiet", "--message", "x", environment=people)
    return git.run("rev-parse", "HEAD").text


def test_each_commit_has_its_diff_and_one_that_is_gone_has_none(git: Git) -> None:
    first = commit(git, {"a.txt": b"one\n", "b.bin": b"\0\xff"})
    fake = "0123456789abcdef" * 2 + "01234567"
    second = commit(git, {"a.txt": f"two\n{fake}\n".encode()})
    found = patches(git, [first, fake, second])
    assert list(found) == [first, second]
    assert "+one" in found[first]
    assert "Binary files" in found[first]
    assert found[second].endswith(f"-one\n+two\n+{fake}")
    assert patches(git, []) == {}


def test_what_a_commit_changed_can_be_done_again_byte_for_byte(git: Git, tmp_path: Path) -> None:
    commit(git, {"gone.txt": b"x\n", "it's.txt": b"x\n", "kept.txt": b"kept\n"})
    files = {"a/new.txt": "é\n".encode(), "raw.bin": bytes(range(256)), "gone.txt": None, "it's.txt": None}
    made = commit(git, files)
    again = tmp_path / "again"
    again.mkdir()
    for name in ("gone.txt", "it's.txt"):
        (again / name).write_text("x\n")
    for what in changed(git, made):
        if isinstance(what, Write):
            (again / what.path).parent.mkdir(parents=True, exist_ok=True)
            (again / what.path).write_text(what.content)
        else:
            assert isinstance(what, Run)
            program = {"sh": "sh", "python": "python3"}[what.interpreter]
            subprocess.run([program, "-"], input=what.script, text=True, cwd=again, check=True)
    left = {path.relative_to(again).as_posix(): path.read_bytes() for path in again.rglob("*") if path.is_file()}
    assert left == {name: content for name, content in files.items() if content is not None}


def test_a_commit_that_is_gone_cannot_be_done_again(git: Git) -> None:
    commit(git, {"a.txt": b"x\n"})
    with pytest.raises(GitFailed):
        list(changed(git, "0123456789" * 4))


def test_the_commits_of_frames_are_those_of_steps_and_of_humans() -> None:
    frames = [
        f.StepEnded(node="1", seq=1, step="write", commit="a" * 40),
        f.StepEnded(node="1", seq=2, step="run"),
        f.WorkspaceEdited(commit="b" * 40, paths=("x",), by="Ada"),
        f.RunOpened(tier="full", commit="c" * 40),
    ]
    assert commits_of(frames) == ["a" * 40, "b" * 40]
