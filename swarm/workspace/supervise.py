"""Runs one unsandboxed command beside the engine, and takes everything that it started with it when either ends.

A script of its own, run as `python -I -S supervise.py SPEC EXIT_DESCRIPTOR` with the reading end of a pipe as standard
input, whose writing end only the engine has: when it closes, the engine is dead or wants the command to end. It imports
nothing of the project. SPEC is a JSON file with `argv`, `env`, `cwd` and `limits`.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36


def main() -> int:
    """Run the command of SPEC; returns its exit code as a shell has it."""
    spec = json.loads(Path(sys.argv[1]).read_text())
    exit_descriptor = int(sys.argv[2])
    _become_reaper()
    _limit(spec["limits"])
    try:
        child = subprocess.Popen(
            spec["argv"], env=spec["env"], cwd=spec["cwd"], stdin=subprocess.DEVNULL, start_new_session=True
        )
    except OSError as error:
        print(f"{spec['argv'][0]}: {error.strerror}", file=sys.stderr, flush=True)
        code = 127 if isinstance(error, FileNotFoundError) else 126
    else:
        threading.Thread(target=_watch_engine, args=(child.pid,), daemon=True).start()
        code = child.wait()
        _kill_group(child.pid)
        _kill_strays()
    if _engine_ended.is_set():
        return 128 + signal.SIGKILL
    code = code if code >= 0 else 128 - code
    os.write(exit_descriptor, f"{json.dumps({'exit-code': code})}\n".encode())
    return code


_engine_ended = threading.Event()


def _watch_engine(group: int) -> None:
    os.read(0, 1)
    _engine_ended.set()
    _kill_group(group)


def _become_reaper() -> None:
    """On Linux, inherit the children that the command leaves behind, so that they can be found."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _limit(limits: dict[str, int]) -> None:
    for name, value in {**limits, "RLIMIT_CORE": 0}.items():
        with contextlib.suppress(AttributeError, ValueError, OSError):
            kind = getattr(resource, name)
            hard = resource.getrlimit(kind)[1]
            most = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (most, most))


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _kill_strays() -> None:
    """Kill every child until there is none: the children of each come to us when it dies."""
    beyond_us: set[int] = set()
    while strays := _children() - beyond_us:
        for pid in strays:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except PermissionError:  # it has taken another user's rights, and would have to be waited for
                beyond_us.add(pid)
            except (ProcessLookupError, ChildProcessError):
                continue


def _children() -> set[int]:
    """The ids of our children; none where there is no /proc."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.add(int(stat.parent.name))
    return found


if __name__ == "__main__":
    sys.exit(main())
