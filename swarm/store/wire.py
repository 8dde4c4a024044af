"""The local socket by which other processes hand commands to the one that writes a run.

One request and one reply a line, as many as one likes per connection; what they mean is the caller's business.
"""

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from swarm.errors import HistoryError, WriteFailed
from swarm.store.files import replace_file

LIMIT = 16 * 1024 * 1024
"""The most bytes that a request or a reply may have."""

_GRACE = 5.0  # seconds for commands in progress when the server closes

Handler = Callable[[bytes], Awaitable[bytes]]


class CommandServer:
    """Takes commands for one run from other processes of the same user.

    Args:
        handler: Called with one request, returns its reply; neither holds a newline. Requests of one connection come
            one after another, those of several connections at the same time. When it raises, the connection is
            closed without a reply and the error goes to the event loop's exception handler.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._address = self._note = Path()
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: set[asyncio.Task[None]] = set()

    async def start(self, run_dir: Path) -> None:
        """Open the socket and note its path in the run's folder, as the holder of the run's lock.

        Raises:
            WriteFailed: There is no place for the socket, or it cannot be noted.
        """
        self._note = _note(run_dir)
        self._address, listener = await asyncio.to_thread(_listen)
        self._server = await asyncio.start_unix_server(self._accept, sock=listener, limit=LIMIT)
        try:
            await asyncio.to_thread(replace_file, self._note, f"{self._address}\n".encode())
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Take no more commands, finish the ones in progress (for some seconds at most) and leave nothing behind."""
        if self._server is None:
            return
        with suppress(OSError):  # a note of a socket that nobody listens at does no harm
            await asyncio.to_thread(self._note.unlink)
        self._server.close()
        self._server = None
        for task in self._idle:
            task.cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await asyncio.to_thread(shutil.rmtree, self._address.parent, ignore_errors=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(0)  # drain() then waits until all is sent
        try:
            while self._server and (request := await self._next(reader)) is not None:
                writer.write(await self._handler(request) + b"\n")
                with suppress(ConnectionError):
                    await writer.drain()
        except Exception as error:
            asyncio.get_running_loop().call_exception_handler({"message": "a command failed", "exception": error})
        finally:
            writer.transport.abort()

    async def _next(self, reader: asyncio.StreamReader) -> bytes | None:
        """The next whole request; None when the client has gone, or has sent too much in one line."""
        task = asyncio.current_task()
        assert task is not None
        self._idle.add(task)
        try:
            line = await reader.readline()
        except (ValueError, ConnectionError):
            return None
        finally:
            self._idle.discard(task)
        return line[:-1] if line.endswith(b"\n") else None


async def send(run_dir: Path, request: bytes, timeout: float = 30.0) -> bytes | None:  # noqa: ASYNC109
    """Hand one request to the process that writes a run.

    Args:
        run_dir: The run's folder.
        request: One line without its newline, up to `LIMIT` bytes.
        timeout: Seconds to wait for the reply.

    Returns:
        The reply; None when no writer is there, so the request reached nobody.

    Raises:
        HistoryError: There is a writer, but no reply came: the request may or may not have been taken. Sending it again
            is safe when it carries an id.
        ValueError: The request is too long or has more than one line.
    """
    if len(request) >= LIMIT or b"\n" in request:
        raise ValueError(f"a request is one line of less than {LIMIT} bytes")
    writer = f"{run_dir.name}: the process that has it open"
    try:
        async with asyncio.timeout(timeout):
            connection = await _connect(run_dir)
            reply = await _exchange(*connection, request) if connection else None
    except TimeoutError as error:
        raise HistoryError(f"{writer} did not answer in {timeout:g} s; try again") from error
    except (OSError, ValueError) as error:
        raise HistoryError(f"{writer} cannot be reached ({error}); try again") from error
    if reply is not None and not reply.endswith(b"\n"):
        raise HistoryError(f"{writer} hung up without an answer; try again")
    return reply and reply[:-1]


async def _connect(run_dir: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    try:
        address = await asyncio.to_thread(_note(run_dir).read_text)
        return await asyncio.open_unix_connection(address.strip(), limit=LIMIT)
    except (FileNotFoundError, ConnectionRefusedError):
        return None


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    try:
        writer.write(request + b"\n")
        await writer.drain()
        return await reader.readline()
    finally:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()


def _note(run_dir: Path) -> Path:
    return run_dir / "socket"


def _listen() -> tuple[Path, socket.socket]:
    """Bind a socket in a new private folder, in the first place that has one short enough."""
    for place in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):
        if place:
            with suppress(OSError):
                return _bind(place)
    raise WriteFailed("no folder for the run's socket: set XDG_RUNTIME_DIR or TMPDIR to a short, writable path")


def _bind(place: str) -> tuple[Path, socket.socket]:
    address = Path(tempfile.mkdtemp(prefix="swarm-", dir=place)) / "s"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(address))  # refuses a path that is too long for the system
        address.chmod(0o600)
    except BaseException:
        listener.close()
        shutil.rmtree(address.parent)
        raise
    return address, listener
