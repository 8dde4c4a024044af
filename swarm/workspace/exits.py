"""The exit file: proof that a command finished, kept where the command cannot write.

It is a list of JSON lines, appended by whoever knows: the engine (the tier, that time was over) and the process around
the command (its exit code). That process dies with the engine, so a line with an exit code is there if and only if the
command came to its end; but what is in a sandbox may be killed a moment before the process around it, which then says
so. A command that was killed, and not because its time was over, has therefore proved nothing.

Both hold a lock on the file. When the engine dies, the process around the command still has to take the command with
it: until then nobody else may say how it ended, or run it again.
"""

import fcntl
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from swarm.errors import WorkspaceError
from swarm.workspace.sandbox import Outcome, Tier

_KILLED = 128 + signal.SIGKILL
_PATIENCE = 10.0  # seconds for a command to die with its engine
_PAUSE = 0.01  # seconds
LOST = "[the output was lost with the program that ran the command]"


def begin(path: Path, tier: Tier) -> int:
    """Start an exit file anew; returns a descriptor that appends to it.

    Raises:
        WorkspaceError: The command whose exit file it was does not end.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        if not _is_alone(descriptor):
            raise WorkspaceError("the command was begun before and still runs: end it, then try again")
        os.ftruncate(descriptor, 0)
        _append(descriptor, {"tier": tier, "started": time.time()})
    except BaseException:
        os.close(descriptor)
        raise
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

    Its output is lost, and `output` says so. Returns when the command is no longer there.
    """
    if path.exists():
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _is_alone(descriptor)
        finally:
            os.close(descriptor)
    facts = read(path)
    killed = facts.get("exit-code") == _KILLED and not facts.get("timed-out")
    if "exit-code" not in facts or killed:
        return None
    return Outcome(
        code=facts["exit-code"],
        output=LOST,
        seconds=max(0.0, path.stat().st_mtime - facts["started"]),
        timed_out=facts.get("timed-out", False),
        tier=facts["tier"],
        full=LOST.encode(),
    )


def _is_alone(descriptor: int) -> bool:
    """Waits until nobody else holds the file; False if that takes too long. Takes the lock."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(_PAUSE)
        else:
            return True


def _append(descriptor: int, line: dict[str, Any]) -> None:
    os.write(descriptor, f"{json.dumps(line)}\n".encode())
