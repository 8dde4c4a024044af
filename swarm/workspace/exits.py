"""The exit file: proof that a command finished, kept where the command cannot write.

It is a list of JSON lines, appended by whoever knows: the engine (the tier, that time was over) and the process around
the command (its exit code). That process dies with the engine, so a line with an exit code is there if and only if the
command came to its end.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

from swarm.workspace.sandbox import Outcome, Tier

LOST = "[the output was lost with the program that ran the command]"


def begin(path: Path, tier: Tier) -> int:
    """Start an exit file anew; returns a descriptor that appends to it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
    _append(descriptor, {"tier": tier, "started": time.time()})
    return descriptor


def note_timeout(path: Path) -> None:
    """Say that the engine is about to kill the command because its time is over."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    try:
        _append(descriptor, {"timed-out": True})
    finally:
        os.close(descriptor)


def read(path: Path) -> dict[str, Any]:
    """All that the file says so far; empty if it is not there."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return {}
    whole = text.rpartition("\n")[0]
    return {key: value for line in whole.splitlines() for key, value in json.loads(line).items()}


def recover(path: Path) -> Outcome | None:
    """The outcome of a command whose engine died before it could record it; None: nothing proves that it finished.

    Its output is lost, and `output` says so.
    """
    facts = read(path)
    if "exit-code" not in facts:
        return None
    return Outcome(
        code=facts["exit-code"],
        output=LOST,
        seconds=max(0.0, path.stat().st_mtime - facts["started"]),
        timed_out=facts.get("timed-out", False),
        tier=facts["tier"],
        full=LOST.encode(),
    )


def _append(descriptor: int, line: dict[str, Any]) -> None:
    os.write(descriptor, f"{json.dumps(line)}\n".encode())
