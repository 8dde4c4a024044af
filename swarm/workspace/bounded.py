"""A child process that only looks: its answer is limited in bytes, its work in seconds."""

import asyncio
import contextlib
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from swarm.errors import WorkspaceError

BYTES = 128 * 1024
"""The most of an answer."""

SECONDS = 10.0
"""The most that one look may take."""

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Said:
    """What a child wrote to standard output.

    Attributes:
        out: At most `BYTES` of it; up to its last whole line, if it was cut and has one.
        cut: Why it was killed, in one line; empty if it ended by itself.
    """

    out: bytes
    cut: str = ""

    @property
    def lines(self) -> list[bytes]:
        """The lines that are there whole."""
        return self.out.split(b"\n")[:-1]


async def run(argv: Sequence[str], cwd: Path, stdin: bytes = b"") -> Said:
    """Starts a child without any environment and reads its output to the end; kills it at a limit or if cancelled.

    Args:
        argv: The program, which must start no further ones, and its arguments.
        cwd: Where it runs.
        stdin: All that it reads, before it writes anything.

    Raises:
        WorkspaceError: It could not be started, or ended with another code than 0.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *argv, cwd=cwd, env={}, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True
        )
    except OSError as error:
        raise WorkspaceError(f"{argv[0]} cannot be started in {cwd}: {error.strerror}") from None
    out = bytearray()
    late = False
    try:
        async with asyncio.timeout(SECONDS):
            await _feed(process, stdin)
            await _take(process, out)
    except TimeoutError:
        late = True
    finally:
        await _end(process)
    if late:
        return _short(out, f"stopped after {SECONDS:g} seconds: only what was found until then is here, ask for less")
    if len(out) > BYTES:
        return _short(out[:BYTES], f"only the first {BYTES // 1024} KiB are here: ask for less")
    if process.returncode:
        raise WorkspaceError(f"a look into {cwd} ended with code {process.returncode}: ask for less at once")
    return Said(bytes(out))


def _short(out: bytearray, cut: str) -> Said:
    return Said(bytes(out[: out.rfind(b"\n") + 1] or out), cut)


async def _feed(process: Process, data: bytes) -> None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its exit code says why
        process.stdin.write(data)
        await process.stdin.drain()
    process.stdin.close()


async def _take(process: Process, out: bytearray) -> None:
    assert process.stdout is not None
    while len(out) <= BYTES and (chunk := await process.stdout.read(_CHUNK)):
        out += chunk
    if len(out) <= BYTES:
        await process.wait()


async def _end(process: Process) -> None:
    """Kills it if it runs; what is left in the pipe is read, as asyncio waits for the end of that as well."""
    assert process.stdout is not None
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    await process.stdout.read()
    await process.wait()
