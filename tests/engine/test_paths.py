"""Names that must not be touched, and files that are reached without following a link."""

import ctypes
import os
import stat
import threading
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.errors import PathRefused, WorkspaceError, WriteFailed
from swarm.workspace import files, paths

LIMIT = 1024


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("a.txt", "a.txt"),
        ("src/core.py", "src/core.py"),
        ("./src//core.py", "src/core.py"),
        ("src/", "src"),
        (".github/workflows/ci.yml", ".github/workflows/ci.yml"),
        (".gitignore", ".gitignore"),
        ("näme with späces/日本.txt", "näme with späces/日本.txt"),
        ("-rf", "-rf"),
        ("a..b/...c", "a..b/...c"),
        ("console.py", "console.py"),
    ],
)
def test_an_ordinary_name_is_taken(path: str, meant: str) -> None:
    assert paths.check(path) == PurePosixPath(meant)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "names no file"),
        (".", "names no file"),
        ("./", "names no file"),
        ("/etc/passwd", "is absolute"),
        ("//etc/passwd", "is absolute"),
        ("..", "leads out"),
        ("../x", "leads out"),
        ("a/../../x", "leads out"),
        ("a/..", "leads out"),
        ("a\\..\\x", "has a backslash"),
        ("C:\\x", "has a backslash"),
        ("a\0b", r"hidden character U\+0000"),
        ("a\nb", r"hidden character U\+000A"),
        ("a\x1b[31m", r"hidden character U\+001B"),
        ("a\x9bb", r"hidden character U\+009B"),
        ("a\u202egpj.exe", r"hidden character U\+202E"),
        ("a\u2066b", r"hidden character U\+2066"),
        (".g\u200cit/config", r"hidden character U\+200C"),
        ("a\u2028b", r"hidden character U\+2028"),
        ("a\ud800b", r"hidden character U\+D800"),
        (".git", "belongs to git"),
        (".git/config", "belongs to git"),
        ("a/.GIT/hooks/pre-commit", "belongs to git"),
        (".Git./config", "belongs to git"),
        (".git /config", "belongs to git"),
        (".git::$INDEX_ALLOCATION/config", "belongs to git"),
        ("GIT~1/config", "belongs to git"),
        ("．ｇｉｔ/config", "belongs to git"),
        (".ｇit/config", "belongs to git"),
        (".swarm/history.jsonl", "belongs to the engine"),
        (".SWARM/x", "belongs to the engine"),
        ("a／b", "read as a slash"),
        ("‥/x", "dots and spaces only"),
        ("a/ /b", "dots and spaces only"),
        ("con", "reserved"),
        ("a/NUL.txt", "reserved"),
        ("com1.log", "reserved"),
        ("x" * 256, "name longer than 255 bytes"),
        ("日" * 86, "name longer than 255 bytes"),
        ("/".join("abcdefgh" for _ in range(200)), "longer than 1024 bytes"),
    ],
)
def test_a_hostile_name_is_refused_with_the_reason(path: str, reason: str) -> None:
    with pytest.raises(PathRefused, match=reason) as refusal:
        paths.check(path)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 600


@given(st.text())
def test_whatever_is_taken_stays_below_the_root_and_out_of_git(path: str) -> None:
    try:
        checked = paths.check(path)
    except PathRefused:
        return
    assert not checked.is_absolute()
    assert ".." not in checked.parts
    assert not {part.casefold() for part in checked.parts} & {".git", ".swarm"}
    assert os.path.normpath(f"/root/{checked}") == f"/root/{checked}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text("secret\n")
    root = tmp_path / "root"
    (root / "src").mkdir(parents=True)
    (root / "src" / "a.py").write_text("a\n")
    return root


class TestReading:
    def test_gives_the_bytes(self, root: Path) -> None:
        assert files.read_bytes(root, PurePosixPath("src/a.py"), LIMIT) == b"a\n"

    @pytest.mark.parametrize("path", ["none", "src/none", "none/none/none"])
    def test_gives_none_for_what_is_not_there(self, root: Path, path: str) -> None:
        assert files.read_bytes(root, PurePosixPath(path), LIMIT) is None
        assert not files.exists(root, PurePosixPath(path))
        assert not files.remove(root, PurePosixPath(path))

    def test_is_bounded(self, root: Path) -> None:
        (root / "big").write_bytes(b"x" * (LIMIT + 1))
        with pytest.raises(WorkspaceError, match="big is longer than 1024 bytes"):
            files.read_bytes(root, PurePosixPath("big"), LIMIT)
        (root / "big").write_bytes(b"x" * LIMIT)
        assert files.read_bytes(root, PurePosixPath("big"), LIMIT) == b"x" * LIMIT

    def test_does_not_hang_at_a_fifo(self, root: Path) -> None:
        os.mkfifo(root / "pipe")
        with pytest.raises(PathRefused, match="pipe is no regular file"):
            files.read_bytes(root, PurePosixPath("pipe"), LIMIT)

    def test_says_what_the_system_says(self, root: Path) -> None:
        with pytest.raises(WorkspaceError, match="No such file or directory"):
            files.read_bytes(root / "gone", PurePosixPath("a"), LIMIT)


class TestLinks:
    @pytest.fixture
    def links(self, root: Path, tmp_path: Path) -> Path:
        (root / "folder").symlink_to(tmp_path / "outside")
        (root / "file").symlink_to(tmp_path / "outside" / "secret.txt")
        (root / "dangling").symlink_to(tmp_path / "outside" / "new.txt")
        (root / "src" / "up").symlink_to("../..")
        return root

    @pytest.mark.parametrize("path", ["folder/secret.txt", "file", "dangling", "src/up/outside/secret.txt"])
    def test_are_followed_by_nothing(self, links: Path, tmp_path: Path, path: str) -> None:
        name = PurePosixPath(path)
        with pytest.raises(PathRefused, match="symlink"):
            files.read_bytes(links, name, LIMIT)
        with pytest.raises(PathRefused, match="symlink"):
            files.write_bytes(links, name, b"changed\n", executable=False)
        with pytest.raises(PathRefused, match="symlink"):
            files.remove(links, name)
        with pytest.raises(PathRefused, match="symlink"):
            files.exists(links, name)
        assert sorted(file.name for file in (tmp_path / "outside").iterdir()) == ["secret.txt"]
        assert (tmp_path / "outside" / "secret.txt").read_text() == "secret\n"

    def test_swapped_in_between_two_moments_are_not_followed(self, root: Path, tmp_path: Path) -> None:
        """A folder and a link to the outside change places all the time, while files are written and read."""
        (root / "link").symlink_to(tmp_path / "outside")
        (root / "real").mkdir()
        exchange = ctypes.CDLL(None, use_errno=True).renameat2
        places = (-100, os.fsencode(root / "real"), -100, os.fsencode(root / "link"), 2)  # RENAME_EXCHANGE
        stop = threading.Event()

        def swap() -> None:
            while not stop.is_set():
                exchange(*places)

        swapping = threading.Thread(target=swap)
        swapping.start()
        refused = 0
        try:
            for _ in range(2000):
                try:
                    files.write_bytes(root, PurePosixPath("real/new.txt"), b"new\n")
                    assert files.read_bytes(root, PurePosixPath("real/secret.txt"), LIMIT) is None
                except WorkspaceError:
                    refused += 1
        finally:
            stop.set()
            swapping.join()
        assert refused > 0
        assert [file.name for file in (tmp_path / "outside").iterdir()] == ["secret.txt"]


class TestWriting:
    def test_makes_the_folders(self, root: Path) -> None:
        files.write_bytes(root, PurePosixPath("a/b/c.txt"), b"c\n")
        assert (root / "a" / "b" / "c.txt").read_bytes() == b"c\n"

    def test_replaces_the_whole_file_and_leaves_no_other(self, root: Path) -> None:
        os.link(root / "src" / "a.py", root / "hard link")
        files.write_bytes(root, PurePosixPath("src/a.py"), b"")
        assert (root / "src" / "a.py").read_bytes() == b""
        assert (root / "hard link").read_bytes() == b"a\n"
        assert [path.name for path in (root / "src").iterdir()] == ["a.py"]

    @pytest.mark.parametrize(
        ("before", "asked", "after"),
        [
            (None, None, 0o644),
            (None, True, 0o755),
            (0o755, None, 0o755),
            (0o755, False, 0o644),
            (0o4711, None, 0o755),
            (0o600, None, 0o644),
        ],
    )
    def test_keeps_whether_it_can_be_run(self, root: Path, before: int | None, asked: bool | None, after: int) -> None:
        target = root / "run.sh"
        if before is not None:
            target.touch()
            target.chmod(before)
        files.write_bytes(root, PurePosixPath("run.sh"), b"#!/bin/sh\n", executable=asked)
        assert stat.S_IMODE(target.stat().st_mode) == after

    @pytest.mark.parametrize("path", ["src", "src/a.py/below"])
    def test_refuses_a_folder_and_a_file_as_a_folder(self, root: Path, path: str) -> None:
        with pytest.raises(PathRefused):
            files.write_bytes(root, PurePosixPath(path), b"x")
        assert (root / "src" / "a.py").read_bytes() == b"a\n"

    def test_that_fails_leaves_the_old_file_and_no_scrap(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("swarm.workspace.files.os.rename", full)
        with pytest.raises(WriteFailed, match=r"src/a\.py: No space left on device"):
            files.write_bytes(root, PurePosixPath("src/a.py"), b"new\n")
        assert (root / "src" / "a.py").read_bytes() == b"a\n"
        assert [path.name for path in (root / "src").iterdir()] == ["a.py"]


class TestRemoving:
    def test_takes_one_file(self, root: Path) -> None:
        assert files.exists(root, PurePosixPath("src/a.py"))
        assert files.remove(root, PurePosixPath("src/a.py"))
        assert [path.name for path in (root / "src").iterdir()] == []

    def test_refuses_a_folder(self, root: Path) -> None:
        with pytest.raises(PathRefused, match="src is a folder"):
            files.remove(root, PurePosixPath("src"))
