"""A model behind any OpenAI-compatible endpoint: asked strictly, trusted in nothing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from swarm.asks import ASKS, Thought
from swarm.errors import BadReply, ModelError
from swarm.models.answer import fitting
from swarm.models.base import Message, Reply, Request
from swarm.models.endpoint import Profile
from swarm.models.faults import Broken, Busy, Garbled, NoAnswer, RequestRefused, TooSlow, Unfit
from swarm.models.ladder import Rung, body, ladder
from swarm.models.stream import Caps, Completion
from swarm.models.wire import Bounds, Wire
from swarm.values import Usage

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0
_FORM = (400, 422, 500, 501)
"""Statuses with which servers refuse a way to ask for structured output."""


class OpenAIModel:
    """Answers through `chat.completions`, from the strictest structured output that the endpoint takes.

    Args:
        profile: Endpoint, key, model, prices.
        bounds: How long and how often to wait.
        caps: How much may come.
        sleep: Waits between tries.

    Belongs to one event loop; `aclose` closes its connections.
    """

    def __init__(
        self,
        profile: Profile,
        bounds: Bounds = Bounds(),
        caps: Caps = Caps(),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.profile = profile
        self.name = f"openai:{profile.name}"
        self._bounds, self._sleep = bounds, sleep
        self._wire = Wire(profile, bounds, caps)
        self._ladder = ladder(profile.url, profile.model)

    @property
    def rung(self) -> Rung:
        """How the endpoint is asked for structured output now."""
        return self._ladder.rung

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        """Answers a request; a line in brackets tells a watcher about each further try.

        Raises:
            ModelError: Named in `swarm.models.faults`.
        """
        try:
            async with asyncio.timeout(self._bounds.total):
                return await self._reply(request, on_text)
        except TimeoutError:
            raise TooSlow(f"{self.profile.where}: no whole answer within {self._bounds.total:g} s") from None

    def foresee(self, request: Request) -> Any:
        """Nothing: what it will answer is neither certain nor free."""

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._wire.aclose()

    async def _reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        """Asks, and asks to repair what does not fit."""
        kind = ASKS.get(request.schema_name)
        if kind is None:
            raise BadReply(f"{self.profile.where}: no schema {request.schema_name!r} to ask for")
        messages, usage, problem = list(request.messages), Usage(), ""
        for repair in range(self._bounds.repairs + 1):
            rung, completion = await self._complete(messages, kind, on_text, spelled=repair > 0)
            usage += self._usage(completion)
            try:
                thought = fitting(completion.text, kind)
            except ValueError as error:
                problem = str(error)
                self._ladder.unfit(rung)
                messages += _repair(completion.text, problem)
                on_text(f"\n[does not fit: {problem}]\n")
                continue
            self._ladder.fitted(rung)
            return Reply(value=thought.model_dump(mode="json"), usage=usage, finish=completion.finish)
        tries = f"after {self._bounds.repairs} repairs"
        raise Unfit(f"{self.profile.where}: the answer does not fit {kind.__name__} {tries}: {problem}")

    def _usage(self, completion: Completion) -> Usage:
        tokens_in, tokens_out = completion.tokens or (0, 0)
        cost = self.profile.cost(completion.tokens)
        return Usage(calls=1, input_tokens=tokens_in, output_tokens=tokens_out, cost=cost)

    async def _complete(
        self, messages: Sequence[Message], kind: type[Thought], on_text: Callable[[str], None], *, spelled: bool
    ) -> tuple[Rung, Completion]:
        """A completion from the highest rung that the endpoint takes."""
        rung, counts = self._ladder.rung, self._ladder.counts
        while True:
            asked = body(rung, self.profile.model, messages, kind, spelled=spelled, counts=counts)
            try:
                completion = await self._patiently(asked, rung, on_text)
            except RequestRefused as refused:
                below = rung.below
                if counts and "stream_options" in str(refused):
                    counts = False
                elif refused.status in _FORM and below is not None:
                    rung = below
                else:
                    raise
            else:
                self._ladder.rung, self._ladder.counts = rung, counts
                return rung, completion

    async def _patiently(self, asked: dict[str, Any], rung: Rung, on_text: Callable[[str], None]) -> Completion:
        """One call, tried again while its fault may pass."""
        tried = 0
        while True:
            try:
                return await self._wire.call(asked, on_text)
            except (Busy, NoAnswer, Broken, Garbled) as fault:
                pause = self._pause(fault, tried, rung)
                if pause is None:
                    raise
                on_text(f"\n[{fault}; again in {pause:.1f} s]\n")
                await self._sleep(pause)
                tried += 1

    def _pause(self, fault: ModelError, tried: int, rung: Rung) -> float | None:
        """Seconds to wait before the next try; None if there is none."""
        after = (fault.after if isinstance(fault, Busy) else None) or 0.0
        most = min(1, self._bounds.retries) if self._is_doubtful(fault, rung) else self._bounds.retries
        if tried >= most or after > self._bounds.pause:
            return None
        backoff: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**tried)
        return max(after, backoff * random.uniform(0.75, 1))

    def _is_doubtful(self, fault: ModelError, rung: Rung) -> bool:
        """Whether a fault may well be there to stay: a wrong address, or a server that fails over a schema."""
        if self._ladder.proven:
            return False
        refused = isinstance(fault, Busy) and fault.status in _FORM and rung.below is not None
        return refused or isinstance(fault, NoAnswer)


def _repair(text: str, problem: str) -> list[Message]:
    return [
        Message(role="assistant", content=text or "(nothing)"),
        Message(role="user", content=f"Your answer does not fit: {problem}. Give the whole answer again, mended."),
    ]
