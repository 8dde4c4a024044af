"""Looking at the workspace and its past, with the real git: what is seen, what is left out, what must not happen."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from swarm.context import NodeContext
from swarm.errors import GitFailed, PathRefused, WorkspaceError
from swarm.found import Query
from swarm.session import parted
from swarm.values import Report
from swarm.workspace import bounded, globs, searching
from swarm.workspace.looking import Looking
from swarm.workspace.repository import Repository
from swarm.workspace.worktree import Worktree
from swarm.world import NoWorld
from tests.engine import kit
from tests.engine.kit import Stage, done
from tests.engine.real import repository


class Seen(Looking, NoWorld):
    """A world that can be looked at and no more."""


def git(folder: Path, *arguments: str) -> str:
    """What the person's own git says."""
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def put(root: Path, **files: str | bytes) -> None:
    """Writes files; `__` in a name is a slash, `_` before the end a dot."""
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def begun(folder: Path) -> Worktree:
    """A run's worktree with one more commit than the person's branch."""
    root = repository(folder / "work")
    made = Worktree.create(Repository.discover(root), folder / "worktree", "swarm/r-1")
    put(made.path, src__core_py="one = 1\nTwo = 2\n", src__deep__more_py="three = 3\n", _gitignore="*.log\n")
    made.commit("Write the core\n\nAt length.", {"Swarm-Run": "r-1"})
    return made


@pytest.fixture
def worktree(tmp_path: Path) -> Worktree:
    return begun(tmp_path)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """A world in which nothing is changed, made once."""
    return Seen(begun(tmp_path_factory.mktemp("still")))


@pytest.fixture
def world(worktree: Worktree) -> Seen:
    return Seen(worktree)


class Children(list[Process]):
    """The child processes that looking starts.

    Attributes:
        begun: Set once there is one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> Children:
    started = Children()
    start = asyncio.create_subprocess_exec

    async def recorded(*arguments: Any, **options: Any) -> Process:
        started.append(await start(*arguments, **options))
        started.begun.set()
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", recorded)
    return started


async def hits(world: Seen, pattern: str, **options: Any) -> list[str]:
    """Where a pattern is found, as `path:line:text`."""
    found = await world.search(Query(pattern=pattern, **options))
    assert found.cut == ""
    return [f"{match.path}:{match.line}:{match.text}" for match in found.matches]


# Files


async def test_files_are_those_that_git_tracks_or_would_track_and_that_can_be_read(
    worktree: Worktree, world: Seen
) -> None:
    put(worktree.path, new_txt="new", debug_log="ignored", _swarm__x="ours")
    (worktree.path / "README.md").unlink()
    (worktree.path / "link").symlink_to("new.txt")
    git(worktree.path, "init", "-q", "nested")
    put(worktree.path / "nested", secret="theirs")
    found = await world.paths("**")
    assert found.paths == (".gitignore", "new.txt", "src/core.py", "src/deep/more.py")
    assert found.cut == ""
    assert (await world.paths("src/*.py")).paths == ("src/core.py",)


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("**", ["a", "a/b/c", ".x"], []),
        ("*.py", ["a.py", ".py"], ["src/a.py", "a.pyc"]),
        ("**/*.py", ["a.py", "x/y/a.py"], ["a.py/b"]),
        ("src/**", ["src/a", "src/b/c"], ["srcs/a", "a/src/b"]),
        ("src/**/t?st/*", ["src/test/a", "src/x/y/tast/a"], ["src/test", "src/tst/a"]),
        ("**/a/**/b", ["a/b", "x/a/y/a/z/b"], ["b", "a", "a/b/c"]),
        ("[ab]/[!c]", ["a/d", "b/["], ["c/d", "a/c"]),
        ("[", ["["], ["a"]),
        ("./a", ["a"], ["b"]),
    ],
)
def test_globs_stay_within_a_folder_unless_they_say_otherwise(
    pattern: str, matching: list[str], others: list[str]
) -> None:
    matches = globs.matcher(pattern)
    assert [name for name in matching + others if matches(name)] == matching


@pytest.mark.parametrize("pattern", ["*a" * 100 + "b", "**/" * 300 + "b", "**/*a*/" * 100 + "b"])
def test_no_glob_explodes(pattern: str) -> None:
    matches = globs.matcher(pattern)
    assert not matches("/".join(["a" * 250] * 40))


@pytest.mark.parametrize(
    "pattern", ["", "/etc/*", "../*", "src/../../*", ".git/*", "a\0b", "a\n*", "\\\\x\\*", "a/.GIT/**"]
)
async def test_a_glob_that_leads_out_of_the_workspace_is_refused(still: Seen, pattern: str) -> None:
    with pytest.raises(PathRefused):
        await still.paths(pattern)
    with pytest.raises(PathRefused):
        await still.search(Query(pattern="x", paths=pattern))


async def test_too_many_files_are_cut_and_it_is_said(worktree: Worktree, world: Seen) -> None:
    (worktree.path / "many").mkdir()
    for number in range(1001):
        (worktree.path / "many" / f"{number:04}").touch()
    found = await world.paths("many/*")
    assert (len(found.paths), found.paths[-1]) == (1000, "many/0999")
    assert found.cut == "only the first 1000 files are here: ask for a narrower pattern"
    assert (await world.paths("many/0*")).cut == ""


# Searching


async def test_a_search_gives_path_line_and_text_of_files_tracked_or_not(worktree: Worktree, world: Seen) -> None:
    put(worktree.path, new_txt="two\r\nlast one", debug_log="one")
    assert await hits(world, "one") == ["new.txt:2:last one", "src/core.py:1:one = 1"]
    assert await hits(world, "two", ignore_case=True) == ["new.txt:1:two", "src/core.py:2:Two = 2"]
    assert await hits(world, r"^\w+ = [23]$", regex=True) == ["src/core.py:2:Two = 2", "src/deep/more.py:1:three = 3"]
    assert await hits(world, "=", paths="src/deep/**") == ["src/deep/more.py:1:three = 3"]
    assert await hits(world, "nowhere") == []


async def test_text_is_searched_as_it_is_whatever_it_looks_like(worktree: Worktree, world: Seen) -> None:
    texts = ["-e", "--help", "-O/bin/sh", "a.*b", "$(id)", "[", "\\", "'", "%s", "é…", "--\0--"]
    lines = [f"<{text}>" for text in texts]
    put(worktree.path, new_txt="\n".join(["plain " * 2000, "aXXb", *lines]))  # a NUL this far down makes none binary
    for line, text in enumerate(texts, 3):
        assert await hits(world, text) == [f"new.txt:{line}:<{text}>"]


async def test_odd_names_are_searched_and_listed(worktree: Worktree, world: Seen) -> None:
    names = ["--all", "-x", "a\nb", "sp ace", ":(top)x", "é", "back\\slash"]
    for name in names:
        (worktree.path / name).write_text("needle")
    (worktree.path / os.fsdecode(b"\xff")).write_text("needle")
    assert [match.path for match in (await world.search(Query(pattern="needle"))).matches] == sorted(names)
    assert set(names) < set((await world.paths("**")).paths)


async def test_links_are_never_followed_not_even_in_place_of_a_tracked_folder(
    worktree: Worktree, world: Seen, tmp_path: Path
) -> None:
    put(tmp_path / "outside", core_py="SECRET", deep__more_py="SECRET", other="SECRET")
    git(worktree.path, "rm", "-rq", "--cached", "README.md")
    (worktree.path / "file").symlink_to(tmp_path / "outside" / "other")
    (worktree.path / "folder").symlink_to(tmp_path / "outside")
    (worktree.path / "src").rename(tmp_path / "gone")
    (worktree.path / "src").symlink_to(tmp_path / "outside")
    assert git(worktree.path, "grep", "SECRET")  # git itself goes through the link
    assert await hits(world, "SECRET") == []
    assert (await world.paths("**")).paths == (".gitignore", "README.md")
    with pytest.raises(PathRefused):
        await world.read("src/core.py")


async def test_what_is_no_file_any_more_holds_nothing_up(worktree: Worktree, world: Seen) -> None:
    (worktree.path / "src/core.py").unlink()
    os.mkfifo(worktree.path / "src/core.py")
    (worktree.path / "README.md").unlink()
    (worktree.path / "README.md").mkdir()
    assert await hits(world, "= ") == ["src/deep/more.py:1:three = 3"]


async def test_binary_files_are_passed_over_and_huge_ones_counted(worktree: Worktree, world: Seen) -> None:
    put(worktree.path, picture=b"one\0one", latin="one \xe9".encode("latin-1"))
    for name in ("big", "bigger"):
        (worktree.path / name).write_bytes(b"one\n")
        os.truncate(worktree.path / name, 9 * 1024 * 1024)
    found = await world.search(Query(pattern="one"))
    assert [(match.path, match.text) for match in found.matches] == [
        ("latin", "one \ufffd"),
        ("src/core.py", "one = 1"),
    ]
    assert found.cut == "not searched, as they are too long or cannot be read: 2 of the files"


async def test_matches_are_limited_in_number_and_in_bytes(worktree: Worktree, world: Seen) -> None:
    put(worktree.path, many="x\n" * 2000, wide=f"{'y' * 1000}\n" * 2000)
    found = await world.search(Query(pattern="x", paths="many"))
    assert (len(found.matches), found.matches[-1].line) == (200, 200)
    assert found.cut == "only the first 200 lines are here: ask for a narrower pattern or fewer files"
    assert len((await world.search(Query(pattern="x", paths="many", limit=10**9))).matches) == 1000
    assert len((await world.search(Query(pattern="x", paths="many", limit=-1))).matches) == 1
    found = await world.search(Query(pattern="y", paths="wide", limit=1000))
    assert 100 < len(found.matches) < 1000
    assert found.cut == "only the first 128 KiB are here: ask for less"


async def test_a_long_line_is_shown_around_the_match(worktree: Worktree, world: Seen) -> None:
    put(worktree.path, wide=f"{'a' * 5000}needle{'b' * 5000}\n{'c' * 1000}needle\nneedle{'d' * 1000}\n")
    first, second, third = (match.text for match in (await world.search(Query(pattern="needle"))).matches)
    assert first == f"…{'a' * 100}needle{'b' * 294}…"
    assert second == f"…{'c' * 394}needle"
    assert third == f"needle{'d' * 394}…"


@pytest.mark.parametrize("pattern", ["(", "*", "a{2,1}", "[z-a]", "(" * 900, "(?P<a", "a{99999999999999}", "(?<=a*)b"])
async def test_a_pattern_that_is_no_regular_expression_is_one_line(still: Seen, pattern: str) -> None:
    with pytest.raises(WorkspaceError, match=r"^'.*' is no regular expression: .+$"):
        await still.search(Query(pattern=pattern, regex=True))


@pytest.mark.parametrize("pattern", ["", "a\nb", "a\rb", "a" * 1001])
async def test_a_pattern_that_cannot_match_a_line_is_refused(still: Seen, pattern: str) -> None:
    with pytest.raises(WorkspaceError, match=r"^a search pattern has "):
        await still.search(Query(pattern=pattern))


async def test_a_regular_expression_without_end_is_stopped_and_what_was_found_is_kept(
    worktree: Worktree, world: Seen, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "SECONDS", 1.0)
    put(worktree.path, a="aaa\n", b=f"{'a' * 60}!\n")
    found = await world.search(Query(pattern="^(a+)+$", regex=True))
    assert [match.path for match in found.matches] == ["a"]
    assert found.cut.startswith("stopped after 1 seconds: ")
    assert [child.returncode for child in children] == [-9]


async def test_a_search_that_nobody_wants_any_more_leaves_no_process(
    worktree: Worktree, world: Seen, children: Children
) -> None:
    put(worktree.path, b=f"{'a' * 60}!\n")
    task = asyncio.create_task(world.search(Query(pattern="^(a+)+$", regex=True)))
    async with asyncio.timeout(kit.PATIENCE):
        await children.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [child.returncode for child in children] == [-9]


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        (
            (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"),
            r"^a look into .* ended with code -9: ask for less",
        ),
        (("/nowhere/python",), "^/nowhere/python cannot be started in .*: No such file or directory$"),
    ],
)
async def test_a_search_that_dies_or_cannot_begin_fails_in_one_line(
    still: Seen, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], why: str
) -> None:
    monkeypatch.setattr(searching, "_SEEK", argv)
    with pytest.raises(WorkspaceError, match=why):
        await still.search(Query(pattern="x", paths="**/" * 200 + "x"))


async def test_nothing_of_the_worktree_is_imported_by_the_search(worktree: Worktree, world: Seen) -> None:
    for name in ("re", "json", "sitecustomize", "io", "swarm"):
        (worktree.path / f"{name}.py").write_text("raise SystemExit('taken over')")
    assert await hits(world, "one") == ["src/core.py:1:one = 1"]


# Commits


async def test_the_log_is_that_of_the_runs_branch_with_what_it_grew_from(worktree: Worktree, world: Seen) -> None:
    git(worktree.repository.root, "commit", "-q", "--allow-empty", "-m", "The person went on")
    put(worktree.path, src__core_py="one = 11\n")
    worktree.commit("Change the core", {})
    found = await world.log(None, 20)
    assert [entry.subject for entry in found.commits] == ["Change the core", "Write the core", "x"]
    assert [entry.author for entry in found.commits] == ["Swarmkeeper", "Swarmkeeper", "Kit"]
    assert found.commits[0].id == worktree.head
    assert found.commits[0].at[10] == "T"
    assert found.cut == ""
    assert [entry.subject for entry in (await world.log("src/deep", 20)).commits] == ["Write the core"]
    cut = await world.log(None, 2)
    assert len(cut.commits) == 2
    assert cut.cut == "only the newest 2 commits are here: name a path"
    assert (await world.log("nowhere", 20)).commits == ()


async def test_the_log_of_a_file_goes_on_after_its_end_and_takes_its_name_as_it_is(
    worktree: Worktree, world: Seen
) -> None:
    put(worktree.path, star="1")
    (worktree.path / "*").write_text("1")
    worktree.commit("Add a star", {})
    (worktree.path / "*").unlink()
    worktree.commit("Take it away", {})
    assert [entry.subject for entry in (await world.log("*", 9)).commits] == ["Take it away", "Add a star"]
    for path in ("../work", "/etc", ".git/config", "", "\0"):
        with pytest.raises(PathRefused):
            await world.log(path, 9)


async def test_a_commit_is_shown_with_its_message_and_its_patch(worktree: Worktree, world: Seen) -> None:
    shown = await world.show("HEAD", None)
    lines = shown.text.splitlines()
    assert lines[:2] == [f"commit {worktree.head}", "Author: Swarmkeeper"]
    assert lines[4:7] == ["Write the core", "", "At length."]
    assert "+++ b/src/core.py" in lines
    assert shown.cut == ""
    first = await world.show("HEAD~1", None)
    assert "+# Word count" in first.text.splitlines()
    assert await world.show(worktree.head[:8] + "~1", None) == first


async def test_a_merge_is_shown_against_the_commit_that_it_was_made_on(worktree: Worktree, world: Seen) -> None:
    tree, first = git(worktree.path, "rev-parse", "HEAD^{tree}", "HEAD~1").split()
    merge = git(worktree.path, "commit-tree", tree, "-p", first, "-p", worktree.head, "-m", "Merge")
    git(worktree.path, "update-ref", "refs/heads/swarm/r-1", merge)
    assert "+++ b/src/core.py" in (await world.show("HEAD", None)).text


async def test_a_file_is_shown_as_it_was(worktree: Worktree, world: Seen) -> None:
    before = worktree.head
    put(worktree.path, src__core_py="changed", picture=b"\x89PNG\0\0", big="1234567\n" * 20_000)
    (worktree.path / "link").symlink_to("/etc/passwd")
    worktree.commit("More", {})
    assert (await world.show(before, "src/core.py")).text == "one = 1\nTwo = 2\n"
    assert (await world.show("HEAD", "src/core.py")).text == "changed"
    picture = await world.show("HEAD", "picture")
    assert (picture.text, picture.cut) == ("", "picture is a binary file: it is not shown")
    big = await world.show("HEAD", "big")
    assert big.text == "1234567\n" * (128 * 1024 // 8)
    assert big.cut == "only the first 128 KiB are here: ask for less"
    for path, why in {"src": "a folder", "link": "no regular file", "none": "not there"}.items():
        with pytest.raises(GitFailed, match=rf"^{path} is {why} at {worktree.head[:10]}: "):
            await world.show("HEAD", path)
    with pytest.raises(GitFailed, match=r"^picture is not there at"):
        await world.show(before, "picture")
    with pytest.raises(PathRefused):
        await world.show("HEAD", "../x")


async def test_a_difference_is_that_of_all_files_or_of_one(worktree: Worktree, world: Seen) -> None:
    before = worktree.head
    put(
        worktree.path, src__core_py="changed\n", src__deep__more_py="changed\n", picture=b"\0", big="1234567\n" * 20_000
    )
    worktree.commit("Change", {})
    small = await world.diff(before, "HEAD", "src/deep")
    assert small.text.splitlines()[-2:] == ["-three = 3", "+changed"]
    assert "core.py" not in small.text
    back = await world.diff("HEAD", "HEAD~1", "src/core.py")
    assert back.text.splitlines()[-3:] == ["-changed", "+one = 1", "+Two = 2"]
    assert "Binary files /dev/null and b/picture differ" in (await world.diff(before, "HEAD", "picture")).text
    whole = await world.diff(before, "HEAD", None)
    assert whole.text.endswith("+1234567\n")
    assert len(whole.text) <= 128 * 1024
    assert whole.cut == "only the first 128 KiB are here: ask for less"
    assert await world.diff("HEAD", "HEAD", None) == await world.diff("HEAD", "HEAD", "src")


_OPTIONS = ("--all", "--output=x", "-p", "HEAD --all", "\0", "\ud800", "HEAD\n", "")
_NAMES = ("main", "refs/heads/main", "@", "head", "abc", "z" * 40, ":README.md", "HEAD:README.md")
_RELATIVE = ("HEAD^", "HEAD@{1}", "HEAD^{/x}", "HEAD..", "HEAD~", "HEAD~-1", "HEAD~٣", "HEAD~1~1")


@pytest.mark.parametrize("name", [*_OPTIONS, *_NAMES, *_RELATIVE])
async def test_what_is_no_plain_name_of_a_commit_never_gets_to_git(still: Seen, children: Children, name: str) -> None:
    for look in (still.show(name, None), still.show(name, "README.md"), still.diff(name, "HEAD", None)):
        with pytest.raises(GitFailed, match="names no commit: use HEAD or 7 to 64 hexadecimal digits"):
            await look
    assert children == []


async def test_commits_outside_of_the_branch_cannot_be_seen(worktree: Worktree, world: Seen) -> None:
    root = worktree.repository.root
    put(root, secret="SECRET")
    git(root, "add", "secret")
    git(root, "commit", "-qm", "Later")
    later = git(root, "rev-parse", "HEAD")
    git(root, "branch", "abcdef0")
    blob = git(root, "rev-parse", "HEAD:secret")
    for name in (later, later[:9], "abcdef0", blob, "f" * 40, "HEAD~2", "HEAD~999999"):
        with pytest.raises(GitFailed, match=rf"^{name} is no commit of swarm/r-1: look at its log$"):
            await world.show(name, None)
        with pytest.raises(GitFailed):
            await world.diff("HEAD", name, None)


async def test_looking_runs_nothing_that_the_repository_names(worktree: Worktree, tmp_path: Path) -> None:
    proof, program, root = tmp_path / "proof", tmp_path / "program", worktree.repository.root
    program.write_text(f"#!/bin/sh\ntouch {proof}\ncat\n")
    program.chmod(0o755)
    put(worktree.path, _gitattributes="* diff=bad filter=bad\n", src__core_py="one = 1\n")
    worktree.commit("Attributes", {})
    put(worktree.path, src__core_py="one = 2\n")
    for name in ("diff.external", "core.fsmonitor", "core.pager", "gpg.program", "core.alternateRefsCommand"):
        git(root, "config", name, str(program))
    for name in (
        "diff.bad.textconv",
        "diff.bad.command",
        "filter.bad.clean",
        "filter.bad.smudge",
        "filter.bad.process",
    ):
        git(root, "config", name, str(program))
    git(root, "config", "log.showSignature", "true")
    world = Seen(Worktree.open(Repository.discover(root), worktree.path, worktree.branch))
    assert not proof.exists()
    await world.paths("**")
    await world.search(Query(pattern="one"))
    await world.log("src", 9)
    await world.show("HEAD", None)
    await world.show("HEAD", "src/core.py")
    assert "+one = 1" in (await world.diff("HEAD~2", "HEAD", None)).text
    assert not proof.exists()
    git(worktree.path, "--no-pager", "diff")
    assert proof.exists()  # the person's own git would


# As steps


async def _everything(node: NodeContext) -> list[Any]:
    return [
        await node.files("src/**"),
        await node.search("one"),
        await node.search("T.o", paths="src/**", regex=True, ignore_case=True, limit=5),
        await node.git_log(),
        await node.git_log("src", limit=1),
        await node.git_show("HEAD"),
        await node.git_show("HEAD", "src/core.py"),
        await node.git_diff("HEAD~1"),
        await node.git_diff("HEAD~1", "HEAD", "README.md"),
    ]


async def test_looks_are_recorded_and_a_restart_sees_what_was_seen(worktree: Worktree, children: Children) -> None:
    seen: list[list[Any]] = []

    async def root(node: NodeContext) -> Report:
        seen.append(await _everything(node))
        return done("looked")

    stage = Stage({"root": root}, world=Seen(worktree))
    async with stage.open() as engine:
        await kit.settled(engine)
    started = len(children)
    assert started == 8  # all but the list of files, for which git is waited for in a thread
    put(worktree.path, src__core_py="now\n", src__new_py="one\n")
    worktree.commit("Later", {})
    assert (await stage.finish()).nodes["1"].report == done("looked")
    assert len(children) == started
    assert len(seen) == 2
    assert seen[0] == seen[1]
    assert seen[1][1].matches[0].text == "one = 1"
    steps = [step for _, step in sorted(stage.state.steps.items())]
    assert [f"{step.kind} {step.key}" for step in steps[:9]] == [
        "search files src/**",
        "search text one",
        "search regex any case T.o in src/**",
        "git log",
        "git log src",
        "git show HEAD",
        "git show HEAD src/core.py",
        "git diff HEAD~1 HEAD",
        "git diff HEAD~1 HEAD README.md",
    ]
    assert [gate.kind for gate in stage.state.gates.values()] == ["terminate"]  # looking waits for nobody


@pytest.mark.parametrize(
    ("look", "why"),
    [
        (lambda node: node.search("("), None),
        (lambda node: node.search("(", regex=True), "'(' is no regular expression: missing ), unterminated subpattern"),
        (lambda node: node.files("../*"), "the path '../*' leads out of the workspace"),
        (lambda node: node.git_show("--all"), "'--all' names no commit"),
        (lambda node: node.search("x" * 9999), "a search pattern has 1 to 1000 characters, not 9999"),
    ],
)
async def test_a_look_at_what_is_not_there_is_a_failure_in_one_short_line(
    worktree: Worktree, look: Callable[[NodeContext], Awaitable[Any]], why: str | None
) -> None:
    async def root(node: NodeContext) -> Report:
        await look(node)
        return done()

    stage = Stage({"root": root}, world=Seen(worktree))
    async with stage.open() as engine:
        state = await kit.settled(engine)
    assert len(state.steps["1", 1].key) < 200
    if why is None:
        assert state.nodes["1"].status == "waiting_gate"
        assert kit.gate_of(state, "terminate")
    else:
        assert kit.gate_of(state, "failure").proposal.error.startswith(why)


async def test_a_run_without_a_workspace_has_nothing_to_look_at() -> None:
    async def root(node: NodeContext) -> Report:
        errors = []
        for look in (node.files, node.git_log, lambda: node.search("x"), lambda: node.git_show("HEAD")):
            try:
                await look()
            except Exception as error:  # what kind it is, is asserted by its text
                errors.append(str(error))
        return done(" | ".join(errors))

    state = await Stage({"root": root}).finish()
    assert state.nodes["1"].report is not None
    assert state.nodes["1"].report.summary.count("this run has no workspace") == 4


async def test_what_is_logged_stays_and_progress_is_only_the_last_word() -> None:
    shown: list[tuple[str, str]] = []

    async def root(node: NodeContext) -> Report:
        node.log("counted\nthe file")
        for number in range(3):
            node.progress(f"{number}\n of\r3")
        node.log("half-way\rdown")
        shown.append(parted(node.engine.live("1")))
        node.progress("")
        shown.append(parted(node.engine.live("1")))
        return done()

    stage = Stage({"root": root})
    async with stage.open() as engine:
        await kit.settled(engine)
    assert shown == [("counted\nthe file\nhalf-way\ndown", "2 of 3"), ("counted\nthe file\nhalf-way\ndown", "")]
    assert not any(word in line for line in stage.log.lines for word in (b"counted", b"of 3"))
    assert parted("a model's\n\nanswer") == ("a model's\n\nanswer", "")
