"""Tier full: a command in namespaces of its own, made by bubblewrap.

It sees the system's programs, the worktree, and nothing else: no network, no home, no git directory, no keys.

bubblewrap is a child of the engine and dies with it (`--die-with-parent`). Inside, a shell is process 1 of its own PID
namespace: when the command ends, process 1 ends, the kernel kills what is left, and only then does bubblewrap write the
exit code to the exit file, through a descriptor which the command never has.

A sandbox whose engine dies before process 1 is there would survive it, as bubblewrap does not look back. So a process
beside the command reads from a pipe whose other end only the engine has, and at its end kills their process group.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import time
from asyncio.subprocess import Process
from collections.abc import Iterator
from pathlib import Path

from swarm.errors import WorkspaceError
from swarm.workspace import exits, interpreter, jobs, processes
from swarm.workspace.jobs import Job
from swarm.workspace.processes import Child
from swarm.workspace.sandbox import Command, Limits, Outcome, Place, Tier

_ISOLATED = (
    *("--unshare-all", "--die-with-parent", "--new-session", "--as-pid-1", "--cap-drop", "ALL", "--clearenv"),
    *("--hostname", "swarm", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),
)
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "nsswitch.conf", "mime.types")
# Run as root, a command is root for the files of the kernel as well, capabilities or not: `core_pattern` would be a way
# out.
_KERNEL = ("sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi", "mtrr", "pressure")
# The command without `exec`: it must not be process 1.
_FIRST = 'exec 3<&0 < /dev/null; (read -r _ <&3; kill -KILL 0) > /dev/null 2>&1 & exec 3<&-; "$@"; exit $?'
_PATIENCE = 2.0  # seconds for the processes of a sandbox to die
_TOOLS = ("/usr/local/bin", "/usr/bin", "/bin")


class Bubblewrap:
    """The sandbox of tier full.

    Args:
        limits: What each process may use.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.tier: Tier = "full"
        self._limits = limits or Limits()

    async def run(self, command: Command, place: Place, exit_file: Path | None = None) -> Outcome:
        """Run a command; see `Sandbox`."""
        return await processes.to_its_end(lambda unwanted: self._run(command, place, exit_file, unwanted))

    async def _run(self, command: Command, place: Place, exit_file: Path | None, unwanted: asyncio.Event) -> Outcome:
        async with jobs.prepared(command, place, self.tier, exit_file) as job:

            async def stop(process: Process, timed_out: bool) -> None:
                await asyncio.to_thread(_stop, process.pid, job.exit_file, timed_out)

            reader, writer = os.pipe()
            try:
                argv = await asyncio.to_thread(self._argv, command, place, job)
                child = Child(argv, {"PATH": os.defpath}, (job.exit_descriptor,), stop, unwanted, stdin=reader)
                outcome = await processes.run(child, command, self.tier)
            except OSError as error:
                raise WorkspaceError(f"bubblewrap cannot be started: {error}") from None
            finally:
                os.close(reader)
                os.close(writer)
            if not outcome.timed_out and "exit-code" not in await asyncio.to_thread(exits.read, job.exit_file):
                raise WorkspaceError(f"bubblewrap could not make the sandbox: {' '.join(outcome.output.split())[:300]}")
            return outcome

    def _argv(self, command: Command, place: Place, job: Job) -> list[str]:
        """The whole command line: isolation, mounts, environment, limits, the command."""
        script = Path("/run") / job.script.name if job.script else None
        cwd = place.root / command.cwd
        argv, variables = jobs.program(command, script, cwd)
        pythons = interpreter.of_project(place)
        prefixes = [python.prefix for python in pythons.installations if not python.in_system]
        venv = pythons.environment
        shown_venv = venv if venv and _is_mount_point(place.worktree / ".venv") else None
        tools = [place.root / ".venv"] if pythons.in_worktree or shown_venv else []
        environment = {
            "PATH": ":".join([f"{prefix}/bin" for prefix in (*tools, *prefixes)] + list(_TOOLS)),
            "LANG": "C.UTF-8",
            "HOME": "/tmp",
            "TMPDIR": "/tmp",
            "PYTHONDONTWRITEBYTECODE": "1",
            **variables,
            **command.env,
        }
        return [
            *(find() or "bwrap", *_ISOLATED, *_system_mounts()),
            *(word for prefix in prefixes for word in _shown(prefix)),
            *("--ro-bind" if command.readonly else "--bind", str(place.worktree), str(place.root)),
            *("--ro-bind", "/dev/null", str(place.root / ".git")),
            *(_shown(shown_venv) if shown_venv else ()),
            *(("--ro-bind", str(job.script), str(script)) if script else ()),
            *("--remount-ro", "/", "--chdir", str(cwd), "--json-status-fd", str(job.exit_descriptor)),
            *(word for name, value in environment.items() for word in ("--setenv", name, value)),
            *("--", "sh", "-c", _FIRST, "sh", "prlimit", *_limited(self._limits), "--", *argv),
        ]


def find() -> str | None:
    """The path of bubblewrap; None if it is not installed."""
    return shutil.which("bwrap", path=os.pathsep.join(str(folder) for folder in interpreter.search_path()))


def _system_mounts() -> Iterator[str]:
    for folder in interpreter.SYSTEM:
        if folder.is_symlink():
            yield from ("--symlink", str(folder.readlink()), str(folder))
        elif folder.is_dir():
            yield from _shown(folder)
    for name in (*(f"/etc/{name}" for name in _ETC), *(f"/proc/{name}" for name in _KERNEL)):
        yield from ("--ro-bind-try", name, name)


def _shown(folder: Path) -> tuple[str, str, str]:
    return ("--ro-bind", str(folder), str(folder))


def _is_mount_point(folder: Path) -> bool:
    """Whether a folder can be mounted here, making it if nothing has its name; a link could lead the mount astray."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
    return folder.is_dir() and not folder.is_symlink()


def _limited(limits: Limits) -> Iterator[str]:
    yield f"--fsize={limits.file_bytes}"
    yield f"--data={limits.data_bytes}"
    yield f"--cpu={limits.cpu_seconds}"
    yield f"--nproc={limits.processes}"
    yield "--core=0"


def _stop(bubblewrap: int, exit_file: Path, timed_out: bool) -> None:
    """Kill what is in the sandbox. Bubblewrap goes on to write how that ended only if its time was over.

    It stands still meanwhile, so that it begins nothing any more.
    """
    if timed_out:
        with contextlib.suppress(OSError):  # the proof may be lost, the command must end
            exits.note_timeout(exit_file)
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(bubblewrap, signal.SIGSTOP)
        os.waitid(os.P_PID, bubblewrap, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        begun = _children(bubblewrap)
        for first in begun:
            _kill(first)
        os.kill(bubblewrap, signal.SIGCONT if timed_out and begun else signal.SIGKILL)


def _kill(first: int) -> None:
    """Kill process 1 of a sandbox, and wait until the kernel has killed the others: only then is it a zombie."""
    end = time.monotonic() + _PATIENCE
    with contextlib.suppress(ProcessLookupError):
        os.kill(first, signal.SIGKILL)
        while _stat(first)[:1] not in ([], ["Z"]) and time.monotonic() < end:
            time.sleep(0.001)


def _children(parent: int) -> list[int]:
    """The children of a process."""
    pids = (int(folder.name) for folder in Path("/proc").glob("[0-9]*"))
    return [pid for pid in pids if _stat(pid)[1:2] == [str(parent)]]


def _stat(pid: int) -> list[str]:
    """What the kernel says of a process, from its state and its parent on; empty if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return stat.rpartition(")")[2].split()
