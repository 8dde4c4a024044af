"""What each run of a command needs around it: a private folder, the copy of its script, its exit file."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from swarm.errors import WorkspaceError, WriteFailed
from swarm.store.files import DISK
from swarm.workspace import exits
from swarm.workspace.sandbox import Command, Place, Tier

_SUFFIX = {"sh": ".sh", "bash": ".sh", "python": ".py"}
_READER = {"sh": ("sh", "-e"), "bash": ("bash", "-e"), "python": ("python3",)}


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a command.

    Attributes:
        folder: Private, gone afterwards.
        script: The engine's own copy of the command's script, if it has one.
        exit_file: Where proof of its end will be.
        exit_descriptor: Appends to it.
    """

    folder: Path
    script: Path | None
    exit_file: Path
    exit_descriptor: int


@contextlib.asynccontextmanager
async def prepared(command: Command, place: Place, tier: Tier, exit_file: Path | None) -> AsyncIterator[Job]:
    """Make the job's folder and files, and take the folder away at the end.

    Raises:
        WorkspaceError: The working directory does not exist, or a file cannot be written.
        WriteFailed: The disk takes nothing more.
    """
    try:
        job = await asyncio.to_thread(_prepare, command, place, tier, exit_file)
    except OSError as error:
        if error.errno in DISK:
            raise WriteFailed(f"a command cannot be prepared: {error}; make room or mend the disk") from None
        raise WorkspaceError(f"a command cannot be prepared: {error}") from None
    try:
        yield job
    finally:
        os.close(job.exit_descriptor)
        await asyncio.to_thread(shutil.rmtree, job.folder, ignore_errors=True)


def program(command: Command, script: Path | None, cwd: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """The command line to run, and the variables that it needs.

    Args:
        command: The command.
        script: Under which path it sees its script.
        cwd: Under which path it sees its working directory.
    """
    if script is None:
        return command.argv, {}
    # A script lies outside of the worktree: Python would look for its modules there.
    variables = {"PYTHONPATH": str(cwd)} if command.interpreter == "python" else {}
    return (*_READER[command.interpreter], str(script)), variables


def _prepare(command: Command, place: Place, tier: Tier, exit_file: Path | None) -> Job:
    if not (place.worktree / command.cwd).is_dir():
        raise WorkspaceError(f"there is no folder {command.cwd!a} in the workspace to run a command in")
    folder = Path(tempfile.mkdtemp(prefix="swarm-"))
    script = None
    if command.script is not None:
        script = folder / f"script{_SUFFIX[command.interpreter]}"
        script.write_text(command.script, encoding="utf-8", newline="")
    proof = exit_file or folder / "exit"
    return Job(folder, script, proof, exits.begin(proof, tier))
