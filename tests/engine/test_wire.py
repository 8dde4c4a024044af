import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from blockbuster import blockbuster_ctx

from swarm.errors import HistoryError, WriteFailed
from swarm.store import wire
from swarm.store.wire import LIMIT, CommandServer, send

SERVES = """
import asyncio, sys
from pathlib import Path
from swarm.store.wire import CommandServer

async def main():
    async def double(request):
        return request * 2

    await CommandServer(double).start(Path(sys.argv[1]))
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def echo(request: bytes) -> bytes:
    return b"<" + request + b">"


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where sockets are made, so that a test can see that nothing is left."""
    place = tmp_path_factory.mktemp("s")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(place))
    return place


@pytest.fixture
async def server(tmp_path: Path, place: Path) -> AsyncIterator[CommandServer]:
    server = CommandServer(echo)
    with blockbuster_ctx("swarm"):
        await server.start(tmp_path)
        yield server
        await server.close()


async def connect(run_dir: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_unix_connection(await asyncio.to_thread(address_of, run_dir), limit=LIMIT)


def address_of(run_dir: Path) -> str:
    return (run_dir / "socket").read_text().strip()


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def flood(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x" * (1 << 20))
        await writer.drain()


async def test_a_request_gets_its_reply(tmp_path: Path, server: CommandServer) -> None:
    assert await send(tmp_path, b'{"a":1}') == b'<{"a":1}>'
    assert await send(tmp_path, b"") == b"<>"


async def test_one_connection_carries_many_requests(tmp_path: Path, server: CommandServer) -> None:
    reader, writer = await connect(tmp_path)
    writer.write(b"1\n2\n3\n")
    assert [await reader.readline() for _ in range(3)] == [b"<1>\n", b"<2>\n", b"<3>\n"]
    writer.close()


async def test_many_clients_are_served_at_once(tmp_path: Path, place: Path) -> None:
    everybody = asyncio.Barrier(20)

    async def wait_for_all(request: bytes) -> bytes:
        await everybody.wait()
        return request

    server = CommandServer(wait_for_all)
    await server.start(tmp_path)
    replies = await asyncio.gather(*(send(tmp_path, b"%d" % n) for n in range(20)))
    assert replies == [b"%d" % n for n in range(20)]
    await server.close()


async def test_the_socket_is_private_and_its_path_short(tmp_path: Path, server: CommandServer, place: Path) -> None:
    address = Path(address_of(tmp_path))
    assert address.is_relative_to(place)
    assert (mode_of(address), mode_of(address.parent)) == (0o600, 0o700)
    assert len(os.fsencode(address)) <= 100


async def test_a_runtime_folder_that_cannot_be_used_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    too_long = tmp_path / ("x" * 120)
    too_long.mkdir()
    for unusable in (tmp_path / "missing", too_long):
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(unusable))
        server = CommandServer(echo)
        await server.start(tmp_path)
        assert await send(tmp_path, b"1") == b"<1>"
        await server.close()
    assert names_in(too_long) == []


async def test_closing_leaves_nothing_behind(tmp_path: Path, place: Path) -> None:
    server = CommandServer(echo)
    await server.start(tmp_path)
    assert len(names_in(place)) == 1
    await server.close()
    await server.close()
    assert names_in(place) == []
    assert names_in(tmp_path) == []
    assert await send(tmp_path, b"1") is None


async def test_a_run_folder_that_is_gone_is_one_error_and_leaves_no_socket(tmp_path: Path, place: Path) -> None:
    with pytest.raises(WriteFailed, match="socket"):
        await CommandServer(echo).start(tmp_path / "missing")
    assert names_in(place) == []


# No writer


async def test_without_a_note_no_writer_is_there(tmp_path: Path) -> None:
    assert await send(tmp_path, b"1") is None


def test_the_note_of_a_killed_writer_is_stale(tmp_path: Path, place: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(wire.__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, "-c", SERVES, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        assert asyncio.run(send(tmp_path, b"12")) == b"1212"
        os.kill(process.pid, signal.SIGKILL)
    assert Path(address_of(tmp_path)).exists()
    assert asyncio.run(send(tmp_path, b"1")) is None
    Path(address_of(tmp_path)).unlink()
    assert asyncio.run(send(tmp_path, b"1")) is None


async def test_a_new_writer_replaces_a_stale_note(tmp_path: Path, place: Path) -> None:
    (tmp_path / "socket").write_text("/nowhere/s\n")
    server = CommandServer(echo)
    await server.start(tmp_path)
    assert await send(tmp_path, b"1") == b"<1>"
    await server.close()


# Broken clients and handlers


async def test_broken_clients_do_not_hurt_the_server(tmp_path: Path, server: CommandServer) -> None:
    for sent in (b"", b"half a requ", b"\xff\x00\n\n\n", b"x" * 100_000):
        _, writer = await connect(tmp_path)
        writer.write(sent)
        writer.transport.abort()
    assert await send(tmp_path, b"1") == b"<1>"


async def test_half_a_request_is_never_handled(tmp_path: Path, place: Path) -> None:
    handled: list[bytes] = []

    async def note(request: bytes) -> bytes:
        handled.append(request)
        return b""

    server = CommandServer(note)
    await server.start(tmp_path)
    reader, writer = await connect(tmp_path)
    writer.write(b"whole\nhalf")
    writer.write_eof()
    assert await reader.read() == b"\n"
    assert handled == [b"whole"]
    writer.close()
    await server.close()


async def test_a_request_over_the_limit_is_refused_by_both_sides(tmp_path: Path, server: CommandServer) -> None:
    with pytest.raises(ValueError, match="less than"):
        await send(tmp_path, b"x" * LIMIT)
    _, writer = await connect(tmp_path)
    with pytest.raises(ConnectionError):
        await flood(writer)
    writer.close()
    assert await send(tmp_path, b"1") == b"<1>"


async def test_a_request_just_below_the_limit_arrives(tmp_path: Path, place: Path) -> None:
    async def length(request: bytes) -> bytes:
        return b"%d" % len(request)

    server = CommandServer(length)
    await server.start(tmp_path)
    assert await send(tmp_path, b"x" * (LIMIT - 1)) == b"%d" % (LIMIT - 1)
    await server.close()


async def test_a_request_of_two_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one line"):
        await send(tmp_path, b"1\n2")


async def test_a_handler_that_raises_is_reported_and_only_costs_its_client_the_reply(
    tmp_path: Path, place: Path
) -> None:
    async def picky(request: bytes) -> bytes:
        return b"%d" % int(request)

    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    server = CommandServer(picky)
    await server.start(tmp_path)
    with pytest.raises(HistoryError, match="hung up"):
        await send(tmp_path, b"one")
    assert isinstance(reported[0]["exception"], ValueError)
    assert await send(tmp_path, b"1") == b"1"
    await server.close()


async def test_a_writer_that_does_not_answer_is_not_taken_for_an_absent_one(tmp_path: Path, place: Path) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def slow(request: bytes) -> bytes:
        asked.set()
        await answer.wait()
        return request

    server = CommandServer(slow)
    await server.start(tmp_path)
    with pytest.raises(HistoryError, match="did not answer"):
        await send(tmp_path, b"1", timeout=0.05)
    assert asked.is_set()
    answer.set()
    await server.close()


async def test_closing_finishes_the_command_in_progress_and_drops_the_idle(tmp_path: Path, place: Path) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def slow(request: bytes) -> bytes:
        asked.set()
        await answer.wait()
        return b"done"

    server = CommandServer(slow)
    await server.start(tmp_path)
    idle, idle_writer = await connect(tmp_path)
    sending = asyncio.ensure_future(send(tmp_path, b"1"))
    await asked.wait()
    closing = asyncio.ensure_future(server.close())
    assert await idle.read() == b""
    answer.set()
    assert await sending == b"done"
    await closing
    idle_writer.close()


async def test_closing_does_not_wait_for_ever(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asyncio.Event()

    async def stuck(request: bytes) -> bytes:
        asked.set()
        await asyncio.Event().wait()
        return b""

    monkeypatch.setattr(wire, "_GRACE", 0.01)
    server = CommandServer(stuck)
    await server.start(tmp_path)
    sending = asyncio.ensure_future(send(tmp_path, b"1"))
    await asked.wait()
    await server.close()
    with pytest.raises(HistoryError, match="hung up"):
        await sending
