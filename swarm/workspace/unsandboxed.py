"""Tier none: a command with the person's own rights, in a clean environment, killed as a tree.

Beside it runs `supervise`, which holds a pipe to the engine: when that closes, because the engine stops the command or
dies, it kills the command and what it left behind. A command that means harm can escape it.
"""

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import Process
from pathlib import Path

from swarm.errors import WorkspaceError
from swarm.workspace import exits, interpreter, jobs, processes
from swarm.workspace.jobs import Job
from swarm.workspace.processes import Child
from swarm.workspace.sandbox import Command, Limits, Outcome, Place, Tier

_SUPERVISE = Path(__file__).with_name("supervise.py")


class Unsandboxed:
    """The sandbox that is none. A project installed for editing in the person's `.venv` is found in their checkout.

    Args:
        limits: What each process may use.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.tier: Tier = "none"
        self._limits = limits or Limits()

    async def run(self, command: Command, place: Place, exit_file: Path | None = None) -> Outcome:
        """Run a command; see `Sandbox`. `readonly` is a promise of the command's that nothing holds it to."""
        return await processes.to_its_end(lambda unwanted: self._run(command, place, exit_file, unwanted))

    async def _run(self, command: Command, place: Place, exit_file: Path | None, unwanted: asyncio.Event) -> Outcome:
        async with jobs.prepared(command, place, self.tier, exit_file) as job:
            reader, writer = os.pipe()
            lifeline = [writer]

            async def stop(process: Process, timed_out: bool) -> None:
                if timed_out:
                    with contextlib.suppress(OSError):  # the proof may be lost, the command must end
                        await asyncio.to_thread(exits.note_timeout, job.exit_file)
                os.close(lifeline.pop())

            try:
                spec = await asyncio.to_thread(self._spec, command, place, job)
                argv = [sys.executable, "-I", "-S", str(_SUPERVISE), str(spec), str(job.exit_descriptor)]
                child = Child(argv, {"PATH": os.defpath}, (job.exit_descriptor,), stop, unwanted, stdin=reader)
                outcome = await processes.run(child, command, self.tier)
            except OSError as error:
                raise WorkspaceError(f"a command cannot be started: {error}") from None
            finally:
                for descriptor in (reader, *lifeline):
                    os.close(descriptor)
            if not outcome.timed_out and "exit-code" not in await asyncio.to_thread(exits.read, job.exit_file):
                raise WorkspaceError("what watched over the command ended before it: look whether it still runs")
            return outcome

    def _spec(self, command: Command, place: Place, job: Job) -> Path:
        """What `supervise` is to run, as a file."""
        cwd, home = place.worktree / command.cwd, job.folder / "home"
        home.mkdir()
        argv, variables = jobs.program(command, job.script, cwd)
        environment = {
            "PATH": os.pathsep.join(str(folder) for folder in _search_path(place)),
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "TMPDIR": str(home),
            "PYTHONDONTWRITEBYTECODE": "1",
            **variables,
            **command.env,
        }
        limits = {
            "RLIMIT_FSIZE": self._limits.file_bytes,
            "RLIMIT_DATA": self._limits.data_bytes,
            "RLIMIT_CPU": self._limits.cpu_seconds,
        }
        spec = job.folder / "spec.json"
        spec.write_text(json.dumps({"argv": argv, "env": environment, "cwd": str(cwd), "limits": limits}))
        return spec


def _search_path(place: Place) -> list[Path]:
    """The project's environment first, then the person's PATH without ours."""
    pythons = interpreter.of_project(place)
    venv = place.worktree / ".venv" if pythons.in_worktree else pythons.environment
    return [*([venv / "bin"] if venv else []), *interpreter.search_path()]
