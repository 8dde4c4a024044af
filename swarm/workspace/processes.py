"""One child process to its end: its output is drained, its time is limited, and it leaves nothing behind."""

import asyncio
import contextlib
import os
import time
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from swarm.workspace.output import Output
from swarm.workspace.sandbox import BRIEF, Command, Outcome, Tier

_PATIENCE = 2.0  # seconds for a child to die, and for its output to end after that
_CHUNK = 64 * 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Child:
    """How to start a child, and how to end it with everything below it.

    Attributes:
        argv: The program and its arguments.
        environment: All of its environment.
        descriptors: What it inherits besides its output.
        stop: Called when its time is over (True) or nobody wants it any more (False); afterwards it must die soon.
        unwanted: Set when nobody wants it any more.
        stdin: A descriptor that it has as standard input.
    """

    argv: Sequence[str]
    environment: Mapping[str, str]
    descriptors: Sequence[int]
    stop: Callable[[Process, bool], Awaitable[None]]
    unwanted: asyncio.Event
    stdin: int


async def to_its_end(doing: Callable[[asyncio.Event], Coroutine[Any, Any, T]]) -> T:
    """Do something that would leave a process or files behind if it were cancelled between two of its steps.

    Args:
        doing: Gets an event that is set when this is cancelled; it should then come to its end soon.

    Raises:
        CancelledError: This was cancelled, however often, and all has come to its end.
    """
    unwanted = asyncio.Event()
    task = asyncio.ensure_future(doing(unwanted))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        unwanted.set()
        while not task.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # nobody else will ask for it
        raise


async def run(child: Child, command: Command, tier: Tier) -> Outcome:
    """Start a child for a command and wait until it and its output have ended.

    The output pipe is ours, not asyncio's: there, waiting for a process would also wait for every stray that holds the
    pipe.

    Raises:
        OSError: It could not be started.
    """
    brief, full = Output(BRIEF), Output(command.output_limit)
    reader, writer = os.pipe()
    began = time.monotonic()
    try:
        process = await asyncio.create_subprocess_exec(
            *child.argv,
            stdin=child.stdin,
            stdout=writer,
            stderr=writer,
            env=child.environment,
            pass_fds=child.descriptors,
            start_new_session=True,
        )
    except BaseException:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    with _drained(reader, (brief, full)) as end:
        timed_out = await _ended(process, command.timeout, child)
        await asyncio.wait({end}, timeout=_PATIENCE)
    code = process.returncode or 0
    return Outcome(
        code=code if code >= 0 else 128 - code,
        output=brief.data().decode("utf-8", "replace"),
        seconds=time.monotonic() - began,
        timed_out=timed_out,
        tier=tier,
        full=full.data(),
    )


async def _ended(process: Process, seconds: float, child: Child) -> bool:
    """Wait for the process; whether it had to be stopped because its time was over."""
    ended, unwanted = asyncio.ensure_future(process.wait()), asyncio.ensure_future(child.unwanted.wait())
    timed_out = False
    try:
        await asyncio.wait((ended, unwanted), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        timed_out = not ended.done() and not unwanted.done()
    finally:
        unwanted.cancel()
        if process.returncode is None:
            await _stop(process, child.stop(process, timed_out))
        await ended
    return timed_out


async def _stop(process: Process, stopping: Awaitable[None]) -> None:
    """Stop a process gently, and if that fails, by force."""
    try:
        await stopping
        async with asyncio.timeout(_PATIENCE):
            await process.wait()
    except TimeoutError:
        pass
    finally:
        if process.returncode is None:
            process.kill()


@contextlib.contextmanager
def _drained(reader: int, outputs: Sequence[Output]) -> Iterator[asyncio.Future[None]]:
    """Feed the outputs from a pipe as it fills; gives a future that is done at its end."""
    loop = asyncio.get_running_loop()
    end: asyncio.Future[None] = loop.create_future()
    os.set_blocking(reader, False)

    def take() -> None:
        with contextlib.suppress(BlockingIOError):
            data = os.read(reader, _CHUNK)
            for output in outputs:
                output.feed(data)
            if not data and not end.done():
                loop.remove_reader(reader)
                end.set_result(None)

    loop.add_reader(reader, take)
    try:
        yield end
    finally:
        loop.remove_reader(reader)
        os.close(reader)
