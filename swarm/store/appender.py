"""Durable writing at the end of a file, which stops for good at the first failure."""

import os
from contextlib import suppress
from pathlib import Path

from swarm.errors import Conflict, WriteFailed
from swarm.store.files import write_all, write_errors

_sync = getattr(os, "fdatasync", os.fsync)


class Appender:
    """The only writer of an open file.

    After a failed sync nobody knows what the disk holds, so whatever fails is final: every later `put` is refused.

    Args:
        path: Named in errors.
        fd: Open for writing; closing it is the caller's business.
    """

    def __init__(self, path: Path, fd: int) -> None:
        self._path = path
        self._fd = fd
        self._failure: str | None = None

    def put(self, data: bytes, end: int) -> None:
        """Write data at `end`, where the file must end, and wait until it is safe.

        Raises:
            WriteFailed: It failed, now or before; what was half-written is taken back, if the disk lets us.
            Conflict: The file does not end there: somebody else wrote to it.
        """
        if self._failure:
            raise WriteFailed(self._failure)
        self._failure = f"{self._path}: an earlier write did not finish; open the run again"
        self._check_alone(end)
        try:
            write_all(self._fd, data, end)
            _sync(self._fd)
        except OSError as error:
            reason = error.strerror or str(error)
            self._failure = f"{self._path}: cannot be written ({reason}); make room or mend the disk"
            with suppress(OSError):
                os.ftruncate(self._fd, end)
                _sync(self._fd)
            raise WriteFailed(self._failure) from error
        self._failure = None

    def _check_alone(self, end: int) -> None:
        with write_errors(self._path):
            status = os.fstat(self._fd)
        if status.st_size != end:
            raise Conflict(f"{self._path}: another program wrote to this file; open the run again")
        if not status.st_nlink:
            raise WriteFailed(f"{self._path}: the file was deleted while the run was open; restore it")
