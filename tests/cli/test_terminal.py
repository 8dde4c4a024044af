"""On a terminal: the app opens, asks before it makes a repository, and leaves three lines behind."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from app.cli import screen, workspace
from swarm.errors import NotARepository
from tests.cli.calls import PROGRAM, Swarm, environment

_PATIENCE = 60.0  # seconds


class Terminal:
    """The program on a terminal of 120 by 40."""

    def __init__(self, root: Path, *args: str) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        variables = {**environment(), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        self.process = subprocess.Popen(
            [*PROGRAM, *args], cwd=root, env=variables, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
        os.close(slave)
        self.seen = ""

    def until(self, words: str) -> None:
        """Reads until some words are on the screen."""
        while words not in self.seen:
            assert select.select([self._master], [], [], _PATIENCE)[0], f"{words!r} never came: {self.seen[-2000:]}"
            self.seen += os.read(self._master, 65536).decode(errors="replace")

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def end(self) -> int:
        """Reads to the end; the exit code."""
        try:
            while chunk := os.read(self._master, 65536):
                self.seen += chunk.decode(errors="replace")
        except OSError:  # a terminal without a process cannot be read
            pass
        os.close(self._master)
        return self.process.wait()


def test_a_run_opens_in_the_app_and_keeps_its_place(swarm: Swarm) -> None:
    terminal = Terminal(swarm.root, "run", "plan.md")
    terminal.until("Gate 1")
    terminal.type("q")

    assert terminal.end() == 0
    last = [line.strip() for line in terminal.seen.rsplit("\x1b", 1)[-1].splitlines()][-3:]
    assert "1 waiting for you" in last[0]
    assert last[2] == "go on with: swarm resume greet-reader-1"
    assert swarm("show", "--json").json["status"] == "waiting"


def test_without_a_verb_the_one_waiting_run_opens_else_the_list_else_the_welcome(
    swarm: Swarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str | None] = []
    monkeypatch.setattr(screen, "on_a_terminal", lambda: True)
    monkeypatch.setattr(workspace, "on_a_terminal", lambda: True)
    monkeypatch.setattr(screen, "show", lambda home, run: shown.append(run) or 0)

    assert swarm().code == 0
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1/v1")
    assert swarm().code == 0
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert swarm("stop", swarm.start()).code == 0
    assert swarm().code == 0
    waiting = swarm.start()
    assert swarm().code == 0
    assert swarm("decide", waiting, "1", "approve").code == 0
    taken_back = swarm("undo", waiting, "--json").json["run"]
    assert swarm().code == 0
    swarm.start()
    assert swarm().code == 0

    assert shown == [None, "", "", waiting, taken_back, ""]


@pytest.mark.parametrize(("answer", "becomes"), [("y\n", True), ("\n", False)], ids=["yes", "no"])
def test_a_folder_becomes_a_repository_only_if_the_person_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, becomes: bool
) -> None:
    monkeypatch.setattr(workspace, "on_a_terminal", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))

    if becomes:
        assert workspace.home_or_offer(tmp_path).root == tmp_path
    else:
        with pytest.raises(NotARepository):
            workspace.home_or_offer(tmp_path)

    assert (tmp_path / ".git").exists() is becomes


def test_a_repository_without_files_is_never_offered_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path)], check=True)
    monkeypatch.setattr(workspace, "on_a_terminal", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))

    with pytest.raises(NotARepository, match="bare"):
        workspace.home_or_offer(tmp_path)
