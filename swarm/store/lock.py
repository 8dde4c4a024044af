"""One writer per run: a lock that dies with its process."""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from swarm.errors import Locked
from swarm.store.files import read_errors, write_errors

_ATTEMPTS = 10
_PAUSE = 0.01  # seconds


class RunLock:
    """The right to write one run, held by one process of this machine at a time.

    Args:
        run_dir: The run's folder, which must exist.
    """

    def __init__(self, run_dir: Path) -> None:
        self.path = run_dir / "lock"
        self._run = run_dir.name
        self._fd: int | None = None

    def acquire(self) -> None:
        """Take the lock, at once or not at all.

        Raises:
            Locked: Somebody holds it (another lock of this process counts too); the text names the process.
            WriteFailed: The lock file cannot be written.
        """
        for _ in range(_ATTEMPTS):
            if self._try():
                return
            if pid := self.holder():
                raise Locked(f"{self._run} is open in process {pid}: close it there, or wait")
            # Whoever stood in the way was only asking for the holder, or has not written its number yet.
            time.sleep(_PAUSE)
        raise Locked(f"{self._run} is open in another process: close it there, or wait")

    def release(self) -> None:
        """Give the lock back; nothing happens if it is not held."""
        if self._fd is not None:
            fd, self._fd = self._fd, None
            with suppress(OSError):  # the number of a process that holds nothing is not believed
                os.ftruncate(fd, 0)
            os.close(fd)

    def holder(self) -> int | None:
        """The process that holds the lock; None if there is none, 0 if it has not written its number yet.

        Raises:
            HistoryError: The lock file cannot be read.
        """
        with read_errors(self.path):
            try:
                fd = os.open(self.path, os.O_RDONLY)
            except FileNotFoundError:
                return None
            try:
                fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = os.read(fd, 20).strip()
                return int(text) if text.isdigit() else 0
            finally:
                os.close(fd)
        return None

    def _try(self) -> bool:
        with write_errors(self.path):
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.ftruncate(fd, 0)
                os.pwrite(fd, b"%d\n" % os.getpid(), 0)
            except BlockingIOError:
                os.close(fd)
                return False
            except BaseException:
                os.close(fd)
                raise
        self._fd = fd
        return True

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
