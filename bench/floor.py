"""The floor under everything durable: the same bytes through `write` and `fdatasync`, and nothing else."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

_sync = getattr(os, "fdatasync", os.fsync)


def synced(folder: Path, size: int, times: int = 200) -> float:
    """Median seconds to append so many bytes to a file and have them safe."""
    data = b"x" * size
    taken = []
    fd = os.open(folder / "floor", os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        for _ in range(times):
            began = time.perf_counter()
            os.write(fd, data)
            _sync(fd)
            taken.append(time.perf_counter() - began)
    finally:
        os.close(fd)
    return statistics.median(taken)
