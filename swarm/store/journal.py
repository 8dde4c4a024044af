"""The append-only history of one run, one frame a line, checked whenever it is read from disk."""

import os
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Self

from swarm.errors import Conflict, Damaged, HistoryError, UnknownName
from swarm.store import layout
from swarm.store.appender import Appender
from swarm.store.files import read_errors, replace_file, sync_folder, write_errors
from swarm.store.layout import Header, check_frame, frame_line, frame_of, header_line, is_torn, read_header, seal
from swarm.store.upgrade import keep_old

_BUFFER = 1 << 20
_BLOCK = 256


class Journal:
    """A history on disk: append to it as its only writer, or follow it read-only.

    Use `create` or `open`. One thread at a time; all methods block. Frames of older versions are read as they would be
    written today. A group of frames is one write, but it is not atomic: after a crash its first frames may be there
    without the others, whether acknowledged or not.

    Attributes:
        path: The file.
        version: The version that it is written in.
        header: What its first line says.
        damage: Why a file that was opened with `tolerate` ends early, if it does.
        torn: Where the end of a write that never finished was put, if opening cut one off.
    """

    version: int
    header: Header

    def __init__(self, path: Path, fd: int, write: bool, tolerate: bool) -> None:
        self.path = path
        self.damage: str | None = None
        self.torn: Path | None = None
        self._fd = fd
        self._tolerate = tolerate
        self._appender = Appender(path, fd) if write else None
        self._digest = b""
        self._starts = array("Q")  # offset of each frame's line, then the end of the last one

    @classmethod
    def create(cls, path: Path, header: Header) -> Self:
        """Begin a history and open it for writing; the caller holds the run's lock.

        Raises:
            Conflict: There is one already.
            WriteFailed: It cannot be made; nothing is left behind.
        """
        if path.exists():
            raise Conflict(f"{path}: there is a history already; choose another run id")
        line, _ = header_line(header)
        replace_file(path, line)
        return cls.open(path, write=True)

    @classmethod
    def open(cls, path: Path, write: bool, tolerate: bool = False) -> Self:
        """Open a history and check all of it.

        Args:
            path: The file.
            write: To append to it; the caller holds the run's lock. The end of a write that never finished is cut off
                and kept beside it as `history.torn-<n>`. A history of an older version is written anew, and the old
                file kept beside it as `history.v<version>.jsonl`. Read-only, all is left as it is.
            tolerate: Read what comes before any damage, and say what it is in `damage`; read-only, and the header must
                be whole.

        Raises:
            UnknownName: There is no such file.
            Damaged: A line does not fit; the text says which.
            NewerFormat, OlderFormat: It is of a version that cannot be read.
            WriteFailed: What was torn off cannot be put aside, or an older version not be written anew.
            HistoryError: It cannot be opened for another reason.
        """
        if write and tolerate:
            raise ValueError("a damaged history is never written to")
        try:
            fd = os.open(path, os.O_RDWR if write else os.O_RDONLY)
        except FileNotFoundError as error:
            raise UnknownName(f"{path}: there is no history here") from error
        except OSError as error:
            raise HistoryError(f"{path}: cannot be opened ({error.strerror}); check its permissions") from error
        journal = cls(path, fd, write, tolerate)
        try:
            journal._load()
            return journal._renewed() if write and journal.version < layout.VERSION else journal
        except BaseException:
            journal.close()
            raise

    @property
    def last(self) -> int:
        """The number of the last frame, -1 if there is none."""
        return len(self._starts) - 2

    def append(self, frames: Sequence[bytes]) -> int:
        """Write frames in one group, wait until they are safe, and return the number of the last one.

        Raises:
            WriteFailed: None of them is there. Nothing more can be appended until the history is opened again.
            Conflict: Somebody else wrote to the file; the same holds.
            ValueError: A frame is empty or is more than one line, or the journal is read-only.
        """
        if self._appender is None:
            raise ValueError(f"{self.path} is open read-only")
        digest, lines = self._digest, []
        for n, frame in enumerate(frames, self.last + 1):
            check_frame(frame)
            digest = seal(digest, n, frame)
            lines.append(frame_line(n, frame, digest))
        if lines:
            self._appender.put(b"".join(lines), self._starts[-1])
        for line in lines:
            self._starts.append(self._starts[-1] + len(line))
        self._digest = digest
        return self.last

    def read(self, after: int = -1, upto: int | None = None) -> Iterator[bytes]:
        """Yield the frames with `after < n <= upto`, as they were when the first is taken; None means the last one."""
        is_current = self.version == layout.VERSION
        stop = self.last + 1 if upto is None else min(upto, self.last) + 1
        for first in range(max(after, -1) + 1, stop, _BLOCK):
            start, end = self._starts[first], self._starts[min(first + _BLOCK, stop)]
            with read_errors(self.path):
                block = os.pread(self._fd, end - start, start)
            if len(block) != end - start:
                raise Damaged(f"{self.path}: the file became shorter while it was open; open the run again")
            for line in block.split(b"\n")[:-1]:
                yield frame_of(line) if is_current else layout.current(frame_of(line), self.version)

    def one(self, n: int) -> bytes:
        """Return frame n; raises `UnknownName` if there is none."""
        if not 0 <= n <= self.last:
            raise UnknownName(f"{self.path}: there is no frame {n}; the last one is {self.last}")
        return next(self.read(n - 1, n))

    def refresh(self) -> int:
        """Take in the lines that another process has appended meanwhile, and return the number of the last frame.

        Raises:
            Damaged: They do not fit, or frames that were read before have gone.
        """
        with read_errors(self.path):
            size = os.fstat(self._fd).st_size
        if self._appender or self.damage or size == self._starts[-1]:
            return self.last
        if size < self._starts[-1]:
            raise Damaged(f"{self.path}: frames that never became safe were taken back; open the run again")
        self._take_in()
        return self.last

    def is_replaced(self) -> bool:
        """Whether another file has taken this one's place, as when a process brought it to a newer version."""
        with read_errors(self.path), suppress(FileNotFoundError):
            return not os.path.samestat(os.fstat(self._fd), self.path.stat())
        return False

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def _load(self) -> None:
        with read_errors(self.path), open(self._fd, "rb", closefd=False) as file:
            line = file.readline(_BUFFER)
        self.version, self.header, self._digest = read_header(line, self.path)
        self._starts.append(len(line))
        tail = self._take_in()
        if self._appender and tail:
            self._put_aside(tail)

    def _take_in(self) -> bytes:
        try:
            return self._scan()
        except Damaged as error:
            if not self._tolerate:
                raise
            self.damage = str(error)
            return b""

    def _scan(self) -> bytes:
        """Check and index all whole lines after the last known one; return what follows them."""
        with read_errors(self.path), open(self._fd, "rb", buffering=_BUFFER, closefd=False) as file:
            start, digest = self._starts[-1], self._digest
            file.seek(start)
            for n, line in enumerate(file, self.last + 1):
                frame = frame_of(line)
                digest = seal(digest, n, frame)
                if line != frame_line(n, frame, digest):
                    if line.endswith(b"\n") or not is_torn(line):
                        raise Damaged(
                            f"{self.path}, line {n + 2}: damaged from frame {n} on; what comes before can still be "
                            "read and forked; for the rest, restore the file from a backup"
                        )
                    return line
                start += len(line)
                self._digest = digest
                self._starts.append(start)
        return b""

    def _put_aside(self, tail: bytes) -> None:
        names = (self.path.with_name(f"{self.path.stem}.torn-{n}") for n in count(1))
        self.torn = next(path for path in names if not path.exists())
        replace_file(self.torn, tail)
        with write_errors(self.path):
            os.ftruncate(self._fd, self._starts[-1])
            os.fsync(self._fd)

    def _renewed(self) -> Self:
        """Put a new file with the same frames in this one's place once it is whole and safe; this one keeps a name."""
        beside = self.path.with_suffix(".new")
        with write_errors(beside):
            beside.unlink(missing_ok=True)
        try:
            self._copy_to(beside)
            keep_old(self.path, self.version)
            with write_errors(self.path):
                beside.replace(self.path)
                sync_folder(self.path.parent)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
        self.close()
        journal = type(self).open(self.path, write=True)
        journal.torn = self.torn
        return journal

    def _copy_to(self, path: Path) -> None:
        new = type(self).create(path, self.header)
        try:
            for first in range(0, self.last + 1, _BLOCK):
                new.append(list(self.read(first - 1, first + _BLOCK - 1)))
        finally:
            new.close()
        check = type(self).open(path, write=False)
        check.close()
        if check.last != self.last:
            raise Damaged(f"{path}: frames are missing in what was just written; check the disk")
