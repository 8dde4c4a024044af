"""Files that appear whole or not at all, and stay after a power cut."""

import errno
import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from swarm.errors import HistoryError, WriteFailed

DISK = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO))
"""With these errors a disk says that it takes nothing more, whoever writes."""


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Turn every `OSError` of the block into a `WriteFailed` that names the path."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise WriteFailed(f"{path}: cannot be written ({reason}); check free space and permissions") from error


@contextmanager
def read_errors(path: Path) -> Iterator[None]:
    """Turn every `OSError` of the block into a `HistoryError` that names the path."""
    try:
        yield
    except OSError as error:
        raise HistoryError(f"{path}: cannot be read ({error.strerror}); check the disk and its permissions") from error


def replace_file(path: Path, data: bytes) -> None:
    """Write a file (mode 0600) so that a reader or a crash sees the old content or the new one, never a mixture.

    Raises:
        WriteFailed: The old content, if any, is untouched.
    """
    with write_errors(path):
        fd, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        temporary = Path(name)
        try:
            try:
                write_all(fd, data)
                os.fsync(fd)
            finally:
                os.close(fd)
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        sync_folder(path.parent)


def write_all(fd: int, data: bytes, at: int = 0) -> None:
    """Write all of the data to a file, from an offset on."""
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, at)
        view = view[written:]
        at += written


def make_folder(path: Path) -> None:
    """Make a folder and its missing parents (mode 0700), each entry synced.

    Raises:
        WriteFailed: A folder cannot be made.
    """
    with write_errors(path):
        if path.is_dir():
            return
        make_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder survive a power cut."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Wait until this thread alone, of all processes, holds the lock file; made if missing, never removed.

    Raises:
        WriteFailed: The lock file cannot be opened.
    """
    with write_errors(path):
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with write_errors(path):
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
