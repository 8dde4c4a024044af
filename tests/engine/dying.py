"""A disk that fails, or a process that dies, at one chosen call of the operating system."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import pytest

from swarm.store import appender

_CALLS = ("open", "pwrite", "pread", "fsync", "ftruncate", "link", "replace", "unlink")


class Died(BaseException):
    """The process is dead: nothing that it does from here on reaches the disk."""


class Fault:
    """What happens at a call.

    Args:
        at: Number of the call, from 1.
        kind: `error`: this call fails for want of room; `death`: it is half done, and it and all later ones do nothing.

    Attributes:
        happened: Whether there was such a call.
    """

    def __init__(self, at: int, kind: Literal["error", "death"]) -> None:
        self.happened = False
        self._at, self._kind = at, kind
        self._calls = 0

    def wrapped(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            self._calls += 1
            if self._calls == self._at:
                self.happened = True
                if self._kind == "error":
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                if real is _pwrite:
                    _pwrite(args[0], args[1][: len(args[1]) // 2], args[2])
            if self.happened and self._kind == "death":
                raise Died
            return real(*args, **named)

        return call


_pwrite = os.pwrite


@contextmanager
def failing(fault: Fault) -> Iterator[None]:
    """Lets a fault happen within the block."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _CALLS:
            patch.setattr(os, name, fault.wrapped(getattr(os, name)))
        patch.setattr(appender, "_sync", fault.wrapped(os.fdatasync))
        yield
