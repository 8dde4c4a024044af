"""A disk that fails: every call to the operating system that changes or locks something in a folder can be counted, and
made to fail.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from swarm.store import appender

_CALLS = (
    *("open", "write", "pwrite", "pread", "fstat", "ftruncate", "fsync", "rename", "replace", "link"),
    *("mkdir", "unlink", "chmod", "fchmod"),
)
"""What is called by its name in `os`; the sync of a journal and locks have names of their own."""

_NO_ROOM = ("pread", "fstat", "flock", "ftruncate", "unlink")


class Disk:
    """Counts the calls that are about a folder, and has one of them fail, or all from that one on.

    Args:
        folder: On the disk.
        number: Of the call that fails, from 0; None for none.
        error: With which it fails.
        lasting: All calls after it that need room fail as well.

    Attributes:
        calls: What was called, in order.
        failed: Whether a call has failed.
    """

    def __init__(self, folder: Path, number: int | None = None, error: int = 0, *, lasting: bool = False) -> None:
        self._folder, self._number, self._error, self._lasting = str(folder), number, error, lasting
        self.calls: list[str] = []
        self.failed = False

    @contextmanager
    def mounted(self) -> Iterator[None]:
        """Stands between the program and the operating system; nothing waits for a real disk meanwhile."""
        with pytest.MonkeyPatch.context() as patch:
            for name in _CALLS:
                patch.setattr(os, name, self._between(name, getattr(os, name)))
            patch.setattr(os, "fsync", self._between("fsync", lambda fd: None))
            patch.setattr(appender, "_sync", self._between("fdatasync", lambda fd: None))
            patch.setattr(fcntl, "flock", self._between("flock", fcntl.flock))
            yield

    def _between(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            place = self._place(arguments[0], options.get("dir_fd", options.get("src_dir_fd")))
            if place.startswith(self._folder):
                self._maybe_fail(name, place)
            return real(*arguments, **options)

        return call

    def _place(self, first: Any, folder: int | None) -> str:
        """The path that a call is about: its first argument is one, perhaps within a folder, or an open file."""
        if isinstance(first, int):
            return _opened(first)
        within = Path.cwd() if folder is None else Path(_opened(folder))
        return str(within / os.fsdecode(first))

    def _maybe_fail(self, name: str, place: str) -> None:
        number = len(self.calls)
        self.calls.append(f"{name} {place.removeprefix(self._folder)}")
        takes_room = name not in _NO_ROOM
        if number == self._number or (self._lasting and self.failed and takes_room):
            self.failed = True
            raise OSError(self._error, os.strerror(self._error), place)


def _opened(fd: int) -> str:
    try:
        return str(Path(f"/proc/self/fd/{fd}").readlink())
    except OSError:
        return ""
