"""A run that changes files in every way, and a record of them that is made beside it and knows nothing of git."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from swarm import frames as f
from swarm.state import Swarm
from swarm.store.blobs import digest_of

IGNORED = "ignored/\n*.ignored\n"
_PER_PHASE = 24
_NAMES = (
    *("plain.txt", "with space.txt", "größe.txt", "日本語", "quote'\".txt", "-dash", "#hash", "*star?", "$(id)", "a;b"),
    *("new\nline", "tab\there", "back\\slash", ".hidden", "UPPER", "upper", "trailing.", "~tilde", "%41", "&amp;"),
)

Files = dict[str, tuple[str, bool, str]]
"""By path: `file` or `link`, whether it can be run, and its digest or where it leads."""


def files_of(folder: Path) -> Files:
    """All files and links of a worktree but those that are ignored, as the operating system shows them."""
    return {path: found for path, found in _walked(folder) if not is_ignored(path)}


def ignored_of(folder: Path) -> Files:
    """Those that are ignored."""
    return {path: found for path, found in _walked(folder) if is_ignored(path)}


def is_ignored(path: str) -> bool:
    return path.startswith("ignored/") or path.endswith(".ignored")


def _walked(folder: Path) -> list[tuple[str, tuple[str, bool, str]]]:
    found = []
    for above, _, _ in os.walk(folder):
        for entry in os.scandir(above):
            path = os.path.relpath(entry.path, folder)
            if entry.is_symlink():
                found.append((path, ("link", False, str(Path(entry.path).readlink()))))
            elif entry.is_file() and path != ".git":
                runs = bool(entry.stat().st_mode & stat.S_IXUSR)
                found.append((path, ("file", runs, digest_of(Path(entry.path).read_bytes()))))
    return found


class Record:
    """The files of a worktree at each frame, noted while the run goes on.

    Args:
        folder: The worktree.
        edit: Changes files as a human would, now and then.

    Attributes:
        at: By frame.
        changes: How many files were created, changed or deleted from one record to the next.
    """

    def __init__(self, folder: Path, edit: Callable[[int], None]) -> None:
        self._folder, self._edit = folder, edit
        self.at: dict[int, Files] = {}
        self.changes = 0
        self._now = files_of(folder)

    def note(self, frames: Sequence[f.Frame], _: Swarm) -> None:
        """Notes the files at frames that have just become safe; nothing else happens meanwhile."""
        for frame in frames:
            if getattr(frame, "commit", ""):
                now = files_of(self._folder)
                self.changes += sum(self._now.get(path) != now.get(path) for path in {*self._now, *now})
                self._now = now
            self.at[frame.frame] = self._now
        if any(isinstance(frame, f.StepEnded) and frame.commit for frame in frames):
            self._edit(len(self.at))


class Script:
    """Makes a plan whose steps, one after another, change files in every way.

    Args:
        dice: Chooses.
    """

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._paths: list[str] = []
        self._number = 0

    def plan(self, changes: int) -> str:
        """A plan of at least so many changes, although some find nothing to change."""
        changes += changes // 2
        steps: list[str] = []
        while changes > 0:
            step, count = self._step()
            steps.append(step)
            changes -= count
        phases = [steps[first : first + _PER_PHASE] for first in range(0, len(steps), _PER_PHASE)]
        return "# Files\n" + "".join(f"\n## Phase {n}\n\n" + "\n".join(phase) for n, phase in enumerate(phases, 1))

    def _step(self) -> tuple[str, int]:
        self._number += 1
        if self._dice.random() < 0.4:
            path = self._dice.choice([f"src/{self._number}.py", f"deep/{self._number % 5}/er/file.txt", "again.txt"])
            return f"```text {path}\ntext {self._number}\n```\n", 1
        count = self._dice.randint(1, 5)
        lines = [self._command() for _ in range(count)]
        return "```sh run\n" + "\n".join(lines) + "\n```\n", count

    def _command(self) -> str:
        make = self._dice.choice(
            [self._create, self._create, self._create, self._change, self._delete, self._move, self._mode, self._turn]
        )
        self._number += 1
        return make()

    def _new(self) -> str:
        name = self._dice.choice(_NAMES)
        folder = self._dice.choice(["", "made/", "made/deeper/", "odd dir/"])
        return f"{folder}{self._number}{name}" if self._dice.random() < 0.7 else f"{folder}{name}"

    def _create(self) -> str:
        path = self._new()
        quoted = shlex.quote(f"./{path}")
        how = self._dice.choice(
            [
                f"printf 'text {self._number}\\n' > {quoted}",
                f"printf 'crlf {self._number}\\r\\n\\r' > {quoted}",
                f"head -c 3000 /dev/zero > {quoted}",
                f"printf '\\000\\377\\001{self._number}' > {quoted}",
                f": > {quoted}",
                f"ln -s {shlex.quote(self._dice.choice(['../x', 'no such file', '/etc/passwd', '.']))} {quoted}",
                f"printf '#!/bin/sh\\n' > {quoted}; chmod +x {quoted}",
                f"printf odd > \"$(printf 'not utf-8 \\377 {self._number}')\"; : > {quoted}",
                f"mkdir -p ignored; echo {self._number} | tee ignored/{self._number} > {self._number}.ignored",
            ]
        )
        if "ignored" not in how:
            self._paths.append(path)
        return f'mkdir -p "$(dirname {quoted})"; rm -rf {quoted}; {how}'

    def _old(self) -> str:
        return shlex.quote("./" + (self._dice.choice(self._paths) if self._paths else "nothing"))

    def _change(self) -> str:
        return f'path={self._old()}; if [ -f "$path" ] && [ ! -L "$path" ]; then echo {self._number} >> "$path"; fi'

    def _delete(self) -> str:
        return self._dice.choice([f"rm -rf {self._old()}", f"rm -rf {self._old()}", "rm -rf made/deeper"])

    def _move(self) -> str:
        path = self._new()
        self._paths.append(path)
        new = shlex.quote(f"./{path}")
        return (
            f'path={self._old()}; mkdir -p "$(dirname {new})"; '
            f'if [ -e "$path" ] && [ ! -e {new} ]; then mv "$path" {new}; fi'
        )

    def _mode(self) -> str:
        way = self._dice.choice("+-")
        return f'path={self._old()}; if [ -f "$path" ] && [ ! -L "$path" ]; then chmod u{way}x "$path"; fi'

    def _turn(self) -> str:
        """A file becomes a folder, a folder a file, either of them a link."""
        path = self._old()
        return f'path={path}; rm -rf "$path"; ' + self._dice.choice(
            [
                f'mkdir -p "$path" && echo {self._number} > "$path/inside"',
                f'mkdir -p "$(dirname "$path")" && ln -s {self._number} "$path"',
                f'mkdir -p "$(dirname "$path")" && echo {self._number} > "$path"',
            ]
        )
