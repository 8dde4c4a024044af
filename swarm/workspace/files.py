"""Reading and writing files under a root, proof against symlinks that are swapped in meanwhile.

Each folder on the way is opened relative to the one before and must be a real folder (`O_NOFOLLOW`), so there is no
moment between a check and its use. Only regular files are touched.
"""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from swarm.errors import PathRefused, WorkspaceError, WriteFailed
from swarm.store.files import DISK

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK, opening a FIFO would wait for a writer for ever.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


TEMPORARY = ".swarm-writing-"  # how the name of a file that is being written begins; never committed


def read_bytes(root: Path, path: PurePosixPath, limit: int) -> bytes | None:
    """The content of a file; None if there is none.

    Args:
        root: The trusted folder.
        path: As `paths.check` returned it.
        limit: The most bytes that it may have.

    Raises:
        PathRefused: A part of the path is a symlink, or it is no regular file.
        WorkspaceError: It is longer than `limit`, or cannot be read.
    """
    with _explained(path), _parent(root, path) as folder:
        if folder is None or not _is_file(folder, path):
            return None
        with os.fdopen(os.open(path.name, _READ, dir_fd=folder), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise PathRefused(f"{path} is no regular file: it is not read")
            content = file.read(limit + 1)
    if len(content) > limit:
        raise WorkspaceError(f"{path} is longer than {limit} bytes: it is not read")
    return content


def write_bytes(root: Path, path: PurePosixPath, content: bytes, *, executable: bool | None = None) -> None:
    """Put a file in place at once, whole or not at all, making its folders.

    Args:
        root: The trusted folder.
        path: As `paths.check` returned it.
        content: All of the file.
        executable: Whether it can be run; None keeps what it was, and makes a new file plain.

    Raises:
        PathRefused: A part of the path is a symlink or no folder, or something else than a file has its name.
        WriteFailed: The disk takes nothing more.
        WorkspaceError: It cannot be written for another reason.
    """
    with _explained(path), _parent(root, path, create=True) as folder:
        if folder is None:
            raise WorkspaceError(f"{path} cannot be written: its folder went away meanwhile")
        before = _mode(folder, path.name) if _is_file(folder, path) else 0
        if executable is None:
            executable = bool(before & stat.S_IXUSR)
        _replace(folder, path.name, content, 0o755 if executable else 0o644)


def remove(root: Path, path: PurePosixPath) -> bool:
    """Remove a regular file; False if there was none.

    Raises:
        PathRefused: A part of the path is a symlink, or it is no regular file.
        WorkspaceError: It cannot be removed.
    """
    with _explained(path), _parent(root, path) as folder:
        if folder is None or not _is_file(folder, path):
            return False
        os.unlink(path.name, dir_fd=folder)
        return True


def exists(root: Path, path: PurePosixPath) -> bool:
    """Whether there is a regular file.

    Raises:
        PathRefused: A part of the path is a symlink, or it is no regular file.
    """
    with _explained(path), _parent(root, path) as folder:
        return folder is not None and _is_file(folder, path)


@contextlib.contextmanager
def _parent(root: Path, path: PurePosixPath, *, create: bool = False) -> Iterator[int | None]:
    """A descriptor of the folder that holds `path`; None if it is not there."""
    with contextlib.ExitStack() as stack:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        stack.callback(os.close, folder)
        for part in path.parts[:-1]:
            if create:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, dir_fd=folder)
            try:
                folder = os.open(part, _FOLDER, dir_fd=folder)
            except FileNotFoundError:
                yield None
                return
            stack.callback(os.close, folder)
        yield folder


def _mode(folder: int, name: str) -> int:
    return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode


def _is_file(folder: int, path: PurePosixPath) -> bool:
    """Whether a regular file has this name; anything else under it is refused."""
    try:
        mode = _mode(folder, path.name)
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(mode):
        kind = "a symlink" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "no regular file"
        raise PathRefused(f"{path} is {kind}: only regular files are read and written")
    return True


def _replace(folder: int, name: str, content: bytes, mode: int) -> None:
    temporary = f"{TEMPORARY}{secrets.token_hex(8)}"
    try:
        with os.fdopen(os.open(temporary, _WRITE, 0o600, dir_fd=folder), "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise


@contextlib.contextmanager
def _explained(path: PurePosixPath) -> Iterator[None]:
    """Turn the system's errors into ours."""
    try:
        yield
    except (NotADirectoryError, IsADirectoryError):
        raise PathRefused(f"{path} leads through a symlink or a file, or is a folder: it is not touched") from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise PathRefused(f"{path} leads through a symlink: it is not touched") from None
        if error.errno in DISK:
            raise WriteFailed(f"{path}: {error.strerror}; make room or mend the disk") from None
        raise WorkspaceError(f"{path}: {error.strerror or error}") from None
