"""A chat completion as it streams in: server-sent events to text, finish reason and usage."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from swarm.errors import ModelError
from swarm.models.faults import Broken, CutOff, Declined, Filtered, Garbled, NoChat, TooMuch, one_line, stated


@dataclass(frozen=True, slots=True)
class Caps:
    """How much may come.

    Attributes:
        whole: Bytes of one response.
        line: Bytes of one of its lines, or of a response that does not stream.
        text: Characters of the answer itself.
    """

    whole: int = 64 << 20
    line: int = 4 << 20
    text: int = 4 << 20


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer.

    Attributes:
        text: What the model wrote.
        finish: Why it ended.
        tokens: In and out; None where the endpoint does not say.
    """

    text: str
    finish: str
    tokens: tuple[int, int] | None


class _Said(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    index: int | None = 0
    delta: _Said | None = None
    message: _Said | None = None
    finish_reason: str | None = None


class _Chunk(BaseModel):
    choices: list[_Choice] | None = None
    usage: Any = None
    error: Any = None


class Lines:
    """Cuts a stream of bytes into the data of its events; every event of these servers is one line."""

    def __init__(self, where: str, caps: Caps) -> None:
        self._where, self._caps = where, caps
        self._rest = bytearray()
        self._taken = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data that is whole now.

        Raises:
            TooMuch: If a line, or all of it, is longer than any answer.
        """
        self._taken += len(chunk)
        self._rest += chunk
        if self._taken > self._caps.whole or len(self._rest) > self._caps.line + len(chunk):
            raise _too_much(self._where, self._taken)
        if b"\n" not in chunk:
            return []
        *lines, rest = self._rest.split(b"\n")
        self._rest = rest
        return _data(lines)


def _data(lines: list[bytearray]) -> list[bytes]:
    return [bytes(line[5:]).strip() for line in lines if line.startswith(b"data:")]


class Assembly:
    """Puts the chunks of one completion together.

    Args:
        where: The endpoint, as messages name it.
        on_text: Gets pieces of text as they come.
        caps: How long the text may be.
        hidden: The key, to be left out of what the server says.
    """

    def __init__(self, where: str, on_text: Callable[[str], None], caps: Caps, hidden: str = "") -> None:
        self._where, self._on_text, self._caps, self._hidden = where, on_text, caps, hidden
        self._texts: list[str] = []
        self._length = 0
        self._refusal = ""
        self._finish = ""
        self._chosen = False
        self._tokens: tuple[int, int] | None = None

    def add(self, data: bytes) -> None:
        """Takes in one chunk, or a whole completion where the endpoint does not stream.

        Raises:
            ModelError: If it is none, or states an error.
        """
        try:
            chunk = _Chunk.model_validate_json(data)
        except ValidationError as error:
            fault = one_line(str(error.errors(include_url=False, include_input=False)[0]["msg"]))
            raise Garbled(f"{self._where} sent something that is no part of a chat completion: {fault}") from None
        if chunk.error:
            raise self._stated(chunk.error)
        self._tokens = _tokens(chunk.usage) or self._tokens
        for choice in chunk.choices or ():
            if not choice.index:
                self._take(choice)

    def _take(self, choice: _Choice) -> None:
        said = choice.delta or choice.message or _Said()
        self._chosen = True
        self._refusal += said.refusal or ""
        self._finish = choice.finish_reason or self._finish
        self._length += len(said.refusal or "") + len(said.content or "")
        if self._length > self._caps.text:
            raise TooMuch(f"{self._where} writes more than any answer holds: cut off after {self._length:,} characters")
        if said.content:
            self._texts.append(said.content)
            self._on_text(said.content)

    def _stated(self, error: Any) -> ModelError:
        code = error.get("code") if isinstance(error, dict) else None
        status = code if isinstance(code, int) and 100 <= code < 600 else 0
        return stated(self._where, status, {"error": error}, {}, self._hidden)

    def completion(self) -> Completion:
        """The whole answer.

        Raises:
            BadReply: If it is not whole, or not there.
        """
        if self._refusal:
            raise Declined(f"{self._where}: the model refused: {one_line(self._refusal)}")
        if not self._chosen:
            raise Broken(f"{self._where} gave no answer: it sent no choices")
        if not self._finish:
            raise Broken(f"{self._where} ended its answer early, without a finish reason")
        if self._finish == "length":
            raise CutOff(f"{self._where}: the answer was cut off at the token limit: ask for less, or raise the limit")
        if self._finish == "content_filter":
            raise Filtered(f"{self._where}: the endpoint's content filter held the answer back")
        return Completion("".join(self._texts), self._finish, self._tokens)


def _tokens(usage: Any) -> tuple[int, int] | None:
    if not isinstance(usage, dict):
        return None
    counts = usage.get("prompt_tokens"), usage.get("completion_tokens")
    return counts if all(type(count) is int and count >= 0 for count in counts) else None  # type: ignore[return-value]


async def read(
    chunks: AsyncIterator[bytes],
    media_type: str,
    where: str,
    on_text: Callable[[str], None],
    caps: Caps,
    hidden: str = "",
) -> Completion:
    """Reads a completion to its end.

    Args:
        chunks: The body of the response.
        media_type: Of the response.
        where: The endpoint, as messages name it.
        on_text: Gets pieces of text as they come.
        caps: How much may come.
        hidden: The key, to be left out of what the server says.

    Raises:
        ModelError: If it is none, or not whole.
    """
    assembly = Assembly(where, on_text, caps, hidden)
    if media_type.endswith("json"):
        assembly.add(await _all(chunks, where, caps))
        return assembly.completion()
    empty = True
    async with aclosing(_events(chunks, where, caps)) as events:
        async for data in events:
            if data == b"[DONE]":
                break
            assembly.add(data)
            empty = False
    if empty:
        kind = one_line(media_type) or "nothing"
        raise NoChat(f"{where} answers with {kind} instead of a chat completion: check its URL")
    return assembly.completion()


async def _events(chunks: AsyncIterator[bytes], where: str, caps: Caps) -> AsyncGenerator[bytes]:
    lines = Lines(where, caps)
    async for chunk in chunks:
        for data in lines.feed(chunk):
            yield data
    for data in lines.feed(b"\n"):
        yield data


async def _all(chunks: AsyncIterator[bytes], where: str, caps: Caps) -> bytes:
    found = bytearray()
    async for chunk in chunks:
        found += chunk
        if len(found) > caps.line:
            raise _too_much(where, len(found))
    return bytes(found)


def _too_much(where: str, taken: int) -> TooMuch:
    return TooMuch(f"{where} sends more than any answer holds: cut off after {taken:,} bytes")
