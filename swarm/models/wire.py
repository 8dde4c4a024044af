"""The way to one endpoint: a client whose key, headers and redirects are bound to its URL, and one call at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from swarm.errors import ModelError, ModelUnreachable
from swarm.models import stream
from swarm.models.endpoint import Profile
from swarm.models.faults import NoAnswer, NoChat, one_line, stated

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

_KEPT = {
    "accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "host", "user-agent",
}  # fmt: skip
_OPENAIS_OWN = {"openai-organization", "openai-project"}
_ERROR_BYTES = 64 << 10
_DRAIN = 0.1
"""Seconds to wait for the end of a response after the last event, so that its connection can be used again."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long and how often to wait.

    Attributes:
        connect: Seconds for a connection.
        idle: Seconds without a byte.
        total: Seconds for one answer, with all tries and repairs.
        pause: Longest wait between two tries, in seconds, that an endpoint may ask for.
        retries: Tries after the first, for faults that may pass.
        repairs: Tries after the first, for answers that do not fit.
    """

    connect: float = 10
    idle: float = 300
    total: float = 1200
    pause: float = 120
    retries: int = 4
    repairs: int = 2


class Wire:
    """Calls one endpoint; connects at the first call.

    Args:
        profile: Where to, with which key.
        bounds: How long to wait.
        caps: How much may come.
    """

    def __init__(self, profile: Profile, bounds: Bounds, caps: stream.Caps) -> None:
        self._profile, self._bounds, self._caps = profile, bounds, caps
        self._client: AsyncOpenAI | None = None
        self._connecting = asyncio.Lock()

    async def call(self, body: dict[str, Any], on_text: Callable[[str], None]) -> stream.Completion:
        """One chat completion, tried once. If cancelled, the connection is closed at once.

        Raises:
            ModelError: Named in `swarm.models.faults`.
        """
        client = await self._connected()
        import httpx2
        import openai

        where, key = self._profile.where, self._profile.secret
        try:
            async with await client.chat.completions.create(**body) as opened:
                chunks = opened.response.aiter_bytes()
                media_type = opened.response.headers.get("content-type", "").partition(";")[0].strip().lower()
                completion = await stream.read(chunks, media_type, where, on_text, self._caps, key)
                await _drain(chunks)
                return completion
        except (openai.APITimeoutError, httpx2.TimeoutException):
            raise NoAnswer(f"{where}: no answer in time: is the server running and reachable?") from None
        except (openai.APIConnectionError, httpx2.HTTPError) as error:
            reason = one_line(str(error.__cause__ or error), key)
            raise NoAnswer(f"{where}: the connection failed ({reason}): is the server running and reachable?") from None
        except openai.OpenAIError as error:
            raise NoChat(f"{where}: the call failed: {one_line(str(error), key)}") from None

    async def aclose(self) -> None:
        """Closes all connections."""
        if self._client:
            await self._client.close()
            self._client = None

    async def _connected(self) -> AsyncOpenAI:
        async with self._connecting:
            if self._client is None:
                self._client = await asyncio.to_thread(self._connect)
            return self._client

    def _connect(self) -> AsyncOpenAI:
        """A client for this endpoint alone; takes a third of a second, as it imports the package."""
        import httpx2
        from openai import AsyncOpenAI

        try:
            http = httpx2.AsyncClient(
                follow_redirects=False,
                trust_env=not self._profile.is_local,
                timeout=httpx2.Timeout(self._bounds.idle, connect=self._bounds.connect, pool=None),
                limits=httpx2.Limits(max_connections=None),
                headers={"accept-encoding": "identity"},
                event_hooks={"request": [self._bind], "response": [self._admit]},
            )
        except (OSError, ValueError, ImportError) as error:
            fault = f"the connection cannot be set up ({one_line(str(error), self._profile.secret)})"
            raise ModelUnreachable(f"{self._profile.where}: {fault}: check proxy and certificate variables") from None
        return AsyncOpenAI(base_url=self._profile.url, api_key=self._profile.secret, max_retries=0, http_client=http)

    async def _bind(self, request: httpx2.Request) -> None:
        """Leaves only headers that are meant for this endpoint: the client takes some from the environment."""
        kept = _KEPT | _OPENAIS_OWN if self._profile.is_openai else _KEPT
        for name in [name for name in request.headers if name not in kept]:
            del request.headers[name]
        request.headers["accept-encoding"] = "identity"
        request.headers["authorization"] = f"Bearer {self._profile.secret}"

    async def _admit(self, response: httpx2.Response) -> None:
        """Lets only answers through, with a body that cannot grow by unpacking."""
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise NoChat(f"{self._profile.where} sends a compressed answer, although it was asked not to")
        if response.status_code != 200:
            raise await self._stated(response)

    async def _stated(self, response: httpx2.Response) -> ModelError:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk[:_ERROR_BYTES]
            if len(body) >= _ERROR_BYTES:
                break
        text = body.decode("utf-8", "replace")
        return stated(self._profile.where, response.status_code, text, response.headers, self._profile.secret)


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    import httpx2

    with suppress(TimeoutError, httpx2.HTTPError):
        async with asyncio.timeout(_DRAIN):
            async for _ in chunks:
                pass
