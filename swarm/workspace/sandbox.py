"""What a command is, what came of it, and the protocol that runs the one and returns the other."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, Self

from pydantic import Field, model_validator

from swarm.values import Value
from swarm.workspace import paths

Tier = Literal["full", "none"]
BRIEF = 64 * 1024  # bytes of output that a frame keeps

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Command(Value):
    """A command to run: either `argv` or `script`.

    Attributes:
        argv: A program, found on the PATH of the place where it runs, and its arguments.
        script: A text for `interpreter`; what runs is a copy of exactly these bytes. A shell stops at the first line
            that fails; Python finds the modules of `cwd`.
        interpreter: What reads the script.
        cwd: Where it runs, relative to the top of the worktree; empty for the top.
        env: Variables added to the clean environment.
        readonly: Whether it sees the worktree read-only, with a scratch folder in `TMPDIR`.
        timeout: Seconds until it is killed.
        output_limit: Bytes of output that are kept; more is read and dropped.
    """

    argv: tuple[str, ...] = ()
    script: str | None = None
    interpreter: Literal["sh", "bash", "python"] = "sh"
    cwd: str = ""
    env: Mapping[str, str] = Field(default_factory=dict)
    readonly: bool = False
    timeout: float = Field(default=600.0, gt=0)
    output_limit: int = Field(default=8 * 1024 * 1024, ge=0)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if bool(self.argv) == (self.script is not None):
            raise ValueError("a command has either a program with arguments or a script")
        if any("\0" in text for text in (*self.argv, *self.env.values())):
            raise ValueError("an argument or a variable holds a NUL")
        if any(_SURROGATE.search(text) for text in (*self.argv, *self.env.values(), self.script or "")):
            raise ValueError("an argument, a variable or the script holds a character that is no Unicode")
        for name in self.env:
            if not _VARIABLE.fullmatch(name):
                raise ValueError(f"{ascii(name)[:80]} is no name for a variable: use letters, digits and _")
        if self.cwd not in ("", "."):
            paths.check(self.cwd)
        return self


class Limits(Value):
    """What each process of a command may use at most; the defaults stop accidents, not large builds.

    Attributes:
        file_bytes: The size of a file that it writes.
        data_bytes: Its private writable memory.
        cpu_seconds: Its processor time.
        processes: How many processes and threads there may be.
    """

    file_bytes: int = 1024**3
    data_bytes: int = 4 * 1024**3
    cpu_seconds: int = 3600
    processes: int = 4096


@dataclass(frozen=True, slots=True)
class Place:
    """Where commands run.

    Attributes:
        worktree: The folder that they work in.
        root: The person's checkout. A sandbox shows the worktree under this path, so that an environment in `.venv`
            with this project installed for editing finds the run's files, not the person's.
    """

    worktree: Path
    root: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a command.

    Attributes:
        code: The exit code; 128 + n if signal n killed it, as a shell has it.
        output: Standard output and standard error in the order of writing; of more than 64 KiB the beginning and the
            end, with a line between them that says how much was left out. Untrusted.
        seconds: How long it ran.
        timed_out: Whether it was killed at its timeout.
        tier: The tier that it ran in.
        full: The same output, up to the command's own limit.
    """

    code: int
    output: str
    seconds: float
    timed_out: bool
    tier: Tier
    full: bytes = b""


class Sandbox(Protocol):
    """Runs commands in one tier."""

    @property
    def tier(self) -> Tier:
        """`full`: no network, home, git directory, secrets, and writes only in the worktree; `none`: as the person."""
        ...

    async def run(self, command: Command, place: Place, exit_file: Path | None = None) -> Outcome:
        """Run a command to its end, and all that it started with it. Call it from the main thread's event loop.

        Cancelling kills them, and returns when they are dead; then nothing proves that the command finished.

        Args:
            command: What to run.
            place: Where.
            exit_file: Where to leave proof that the command finished, for `exits.recover`; its folder exists and is out
                of the command's reach. It is begun anew.

        Raises:
            WorkspaceError: The command could not be started.
        """
        ...
