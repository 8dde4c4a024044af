"""An HTTP server that answers chat completions as it is told to, however wrong that is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Self

Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


class EndpointServer:
    """Gives its answers in order, the last one again and again; keeps what it was asked.

    Attributes:
        requests: Headers (lower case) and body of each request.
        connections: How many were opened.
        hung_up: Set once a client closes a connection.
    """

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.connections = 0
        self.hung_up = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [body for _, body in self.requests]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            while not writer.is_closing():
                await self._one(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.hung_up.set()
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        raw = {name: line.split(": ", 1)[1] for line in head[1:] if line for name in [line.split(":")[0].lower()]}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.requests.append((raw, json.loads(body)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            await answer(writer)
        else:
            writer.write(answer)
        await writer.drain()
        if b"content-length" not in (answer if isinstance(answer, bytes) else b"")[:200]:
            writer.close()


def http(body: bytes | str | dict[str, Any], status: int = 200, **headers: str) -> bytes:
    """A whole response; JSON unless a `content_type` says otherwise."""
    data = json.dumps(body).encode() if isinstance(body, dict) else body.encode() if isinstance(body, str) else body
    fields = {"content_type": "application/json", "content_length": str(len(data)), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode() + data


def events(*data: dict[str, Any] | str) -> bytes:
    """A response that streams these events."""
    texts = (item if isinstance(item, str) else json.dumps(item) for item in data)
    return http("".join(f"data: {text}\n\n" for text in texts), content_type="text/event-stream")


def piece(text: str | None = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """A chunk of a completion."""
    delta = {} if text is None else {"content": text}
    return {"choices": [{"index": 0, "delta": {**delta, **more}, "finish_reason": finish}]}


def said(text: str, finish: str = "stop") -> bytes:
    """A good response with this text."""
    return events(piece(text), piece(finish=finish), "[DONE]")


STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
