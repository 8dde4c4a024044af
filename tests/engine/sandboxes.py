"""What the tests of sandboxes share: a checkout with secrets around it, and a sign of life of what a command began."""

import os
import select
import time
from pathlib import Path

from swarm.workspace.sandbox import Command, Outcome, Place, Sandbox

PATIENCE = 20.0
"""Seconds after which a command that does not begin counts as hanging."""

HOLD = "exec 9>fifo; echo up >&9; "
"""The beginning of a script that holds the sign of life in its working directory, with all that it starts."""


def checkout(folder: Path) -> Place:
    """A checkout in a home with secrets, and the worktree of a run in it."""
    root = folder / "home" / "project"
    worktree = root / ".swarm" / "worktree"
    (worktree / "src").mkdir(parents=True)
    (root / ".git").mkdir()
    for secret in secrets(root):
        secret.write_text("secret\n")
    (worktree / ".git").write_text(f"gitdir: {root}/.git/worktrees/worktree\n")
    return Place(worktree=worktree, root=root)


def secrets(root: Path) -> list[Path]:
    """What a command has no business with: of the home, the git directory, the history, the checkout."""
    return [root.parent / "key", root / ".git" / "config", root / ".swarm" / "history.jsonl", root / "uncommitted.txt"]


async def sh(sandbox: Sandbox, place: Place, script: str, **more: object) -> Outcome:
    return await sandbox.run(Command.model_validate({"script": script, **more}), place)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class Lifesign:
    """A FIFO that ends when every process which holds its other end is dead."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._begun = False

    def begun(self) -> bool:
        """Whether somebody has written to it, waiting for that."""
        return bool(select.select([self._reader], [], [], PATIENCE)[0])

    def dead(self, patience: float = 0.0) -> bool:
        """Whether nobody holds it, waiting up to `patience` seconds for that."""
        end = time.monotonic() + patience
        while True:
            try:
                if os.read(self._reader, 4096) == b"":
                    return True
                self._begun = True
            except BlockingIOError:
                if not select.select([self._reader], [], [], max(0.0, end - time.monotonic()))[0]:
                    return False

    def over(self, patience: float = 0.0) -> bool:
        """Whether somebody held it, and nobody does any more."""
        return self.dead(patience) and self._begun

    def close(self) -> None:
        os.close(self._reader)
